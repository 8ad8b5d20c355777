import type { Options } from 'tsup';
import { sharedBuild } from '../../tsup.shared.ts';

const config: Options = sharedBuild({ entry: { index: 'src/index.ts', 'layout/ring': 'layout/ring.ts' } });
export default config;
