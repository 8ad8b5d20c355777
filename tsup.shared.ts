/** What every package's tsup.config.ts starts from: ESM, declarations, source maps, one file per entry. */
import type { Options } from 'tsup';

export function sharedBuild(overrides: Options = {}): Options {
  return {
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'es2024',
    dts: true,
    sourcemap: true,
    clean: true,
    ...overrides,
  };
}
