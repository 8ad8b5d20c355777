/** Random modules, natively and in the engine of this process. DRIFT_MODULES says how many (default 200), DRIFT_SEED where to begin. */
import { describe, expect, it } from 'vitest';
import { type NativeRun, nativeReason, runNatively } from './native.ts';
import { randomModule } from './random-module.ts';
import { runInEngine } from './reference.ts';

const count = Number(process.env['DRIFT_MODULES'] ?? 200);
const firstSeed = Number(process.env['DRIFT_SEED'] ?? 1);
const BATCH = 20;

describe.skipIf(nativeReason !== undefined)(
  `random modules run natively${nativeReason === undefined ? '' : ` (skipped: ${nativeReason})`}`,
  () => {
    for (let start = 0; start < count; start += BATCH) {
      it(`seeds ${firstSeed + start} to ${firstSeed + Math.min(start + BATCH, count) - 1}`, () => {
        const runs: NativeRun[] = [];
        const expected: { seed: number; lines: string[] }[] = [];
        for (let seed = firstSeed + start; seed < firstSeed + Math.min(start + BATCH, count); seed++) {
          const { wasm, calls } = randomModule(seed, 3000 + 500 * (seed % 20), seed % 4 !== 0);
          let lines: string[];
          try {
            lines = runInEngine(wasm, calls);
          } catch {
            // The start function traps: there is nothing to compare.
            continue;
          }
          expected.push({ seed, lines });
          runs.push({ wasm, calls, options: { bounds: seed % 2 === 0 ? 'checked' : 'guard' } });
        }
        const actual = runNatively(runs);
        expected.forEach(({ seed, lines }, i) => expect({ seed, lines: actual[i] }).toEqual({ seed, lines }));
      });
    }
  },
);
