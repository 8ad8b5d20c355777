/**
 * The compiler's work grows with the size of a function, not with its square. What is counted is how often each piece of the
 * compiler's code runs, which V8 counts for coverage: the same every time, whatever else the machine does.
 */
import { Session } from 'node:inspector/promises';
import { expect, it } from 'vitest';
import { longFunction } from './long-function.ts';
import { compileText } from './samples.ts';

/** How often pieces of code of this package have run since the last call. */
async function takeSteps(session: Session): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let steps = 0;
  for (const { url, functions } of result) {
    if (!/\/(compile|ir|wasm)\/[^/]*$/.test(url)) continue;
    for (const { ranges } of functions) for (const { count } of ranges) steps += count;
  }
  return steps;
}

it('is linear up to functions of 100,000 instructions', async () => {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const steps: number[] = [];
  // The first time, modules are initialised as well.
  for (const count of [1000, 12_500, 100_000]) {
    compileText(longFunction(count));
    steps.push(await takeSteps(session));
  }
  session.disconnect();
  const [, small, large] = steps as [number, number, number];
  expect(small).toBeGreaterThan(1_000_000);
  expect(large / small).toBeLessThan(8 * 1.2);
});
