/** What every package's vitest.config.ts starts from: workspace packages resolve to their sources. */
import { fileURLToPath } from 'node:url';
import type { ViteUserConfig } from 'vitest/config';

const conditions: string[] = ['@drift-os/source'];

/** Fast tests are `*.test.ts`, slow ones (`pnpm test:slow`) are `*.slow.ts`. */
export function sharedConfig(overrides: ViteUserConfig = {}): ViteUserConfig {
  const slow = process.env['DRIFT_SLOW'] === '1';
  return {
    ...overrides,
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      include: slow ? ['**/*.slow.ts'] : ['**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      testTimeout: slow ? 1_200_000 : 30_000,
      passWithNoTests: true,
      setupFiles: [fileURLToPath(new URL('tools/workspace/src/test-watchdog.ts', import.meta.url))],
      // What `pnpm test` sums over all packages.
      reporters: ['default', ['json', { outputFile: slow ? '.vitest/results-slow.json' : '.vitest/results.json' }]],
      ...overrides.test,
    },
  };
}
