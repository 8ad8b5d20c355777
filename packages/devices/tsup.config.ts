import type { Options } from 'tsup';
import { sharedBuild } from '../../tsup.shared.ts';

const config: Options = sharedBuild({ entry: { index: 'src/index.ts', node: 'src/node/index.ts' } });
export default config;
