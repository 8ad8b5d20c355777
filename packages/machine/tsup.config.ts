import type { Options } from 'tsup';
import { sharedBuild } from '../../tsup.shared.ts';

const config: Options = sharedBuild({
  entry: {
    index: 'src/index.ts',
    'node/index': 'src/node/index.ts',
    'vitest/index': 'src/vitest/index.ts',
    // Beside what starts it: threads.ts.
    'core-worker': 'src/parallel/core-worker.ts',
    'compile-worker': 'src/parallel/compile-worker.ts',
  },
});
export default config;
