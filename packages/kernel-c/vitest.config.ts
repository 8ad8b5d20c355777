import type { ViteUserConfig } from 'vitest/config';
import { sharedConfig } from '../../vitest.shared.ts';

/** Not isolated: the guest's modules are compiled once for a worker, not once for a file. */
const config: ViteUserConfig = sharedConfig({ test: { isolate: false } });
export default config;
