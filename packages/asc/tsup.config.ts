import type { Options } from 'tsup';
import { sharedBuild } from '../../tsup.shared.ts';

const config: Options = sharedBuild({ entry: { index: 'src/index.ts', eslint: 'src/eslint/index.ts' } });
export default config;
