/** Fifty thousand mutations of random modules end in code or in an error of ours. */
import { expect, it } from 'vitest';
import { compileMutations } from './mutate.ts';
import { randomModule } from './random-module.ts';
import { mixedModule, pressureModule } from './samples.ts';
import { assembleText } from './wat.ts';

const MUTATIONS = 50_000;
const BATCH = 2_500;

it('mutated modules', async () => {
  const modules = [assembleText(mixedModule), assembleText(pressureModule(8, 'i64'))];
  for (let seed = 0; seed < 30; seed++) {
    const { wasm } = await randomModule(seed, { bytes: 300 + 40 * seed, inBounds: false, forEngine: seed % 3 === 0 });
    modules.push(wasm);
  }
  let compiled = 0;
  let refused = 0;
  for (let first = 0; first < MUTATIONS; first += BATCH) {
    const result = compileMutations(modules, first, BATCH);
    compiled += result.compiled;
    for (const count of Object.values(result.refused)) refused += count;
    // Lets the test runner breathe.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(compiled + refused).toBe(MUTATIONS);
  expect(compiled).toBeGreaterThan(MUTATIONS / 50);
  expect(refused).toBeGreaterThan(MUTATIONS / 2);
}, 1_200_000);
