import type { Options } from 'tsup';
import { sharedBuild } from '../../tsup.shared.ts';

const config: Options = sharedBuild({ entry: ['src/index.ts', 'src/node/index.ts', 'src/vitest/index.ts'] });
export default config;
