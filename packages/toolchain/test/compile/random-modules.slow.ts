/** Random modules, natively, in binaryen's interpreter and in the engine of this process. DRIFT_MODULES says how many (default 10000), DRIFT_SEED where to begin. */
import { describe, expect, it } from 'vitest';
import { nativeReason } from './native.ts';
import { checkBatch } from './random-check.ts';

const count = Number(process.env['DRIFT_MODULES'] ?? 10_000);
const firstSeed = Number(process.env['DRIFT_SEED'] ?? 1);
const BATCH = 250;

describe.skipIf(nativeReason !== undefined)(
  `random modules run natively${nativeReason === undefined ? '' : ` (skipped: ${nativeReason})`}`,
  () => {
    for (let start = firstSeed; start < firstSeed + count; start += BATCH) {
      const size = Math.min(BATCH, firstSeed + count - start);
      it(`seeds ${start} to ${start + size - 1}`, async () => {
        const { compared, differences } = await checkBatch(start, size);
        expect(differences).toEqual([]);
        expect(compared).toBeGreaterThan(size / 2);
      }, 300_000);
    }
  },
);
