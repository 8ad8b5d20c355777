import type { Options } from 'tsup';
import { sharedBuild } from '../../tsup.shared.ts';

const config: Options = sharedBuild({ entry: ['src/main.ts'], dts: false });
export default config;
