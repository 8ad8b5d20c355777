import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimers } from '../src/timers.ts';
import { hostWasm } from './host-wasm.ts';

describe('timers', () => {
  it('run in order of deadline, each once, and not before', async () => {
    const timers = await createTimers(hostWasm);
    const ran: string[] = [];
    timers.start(30n, () => ran.push('c'));
    timers.start(10n, () => ran.push('a'));
    const cancelled = timers.start(20n, () => ran.push('b'));
    expect(timers.next).toBe(10n);
    expect(timers.run(9n)).toBe(0);
    expect(timers.cancel(cancelled)).toBe(true);
    expect(timers.cancel(cancelled)).toBe(false);
    expect(timers.run(100n)).toBe(2);
    expect(ran).toEqual(['a', 'c']);
    expect(timers.next).toBeUndefined();
  });

  it('may start others while they run', async () => {
    const timers = await createTimers(hostWasm);
    const ran: number[] = [];
    timers.start(1n, () => {
      ran.push(1);
      timers.start(2n, () => ran.push(2));
      timers.start(9n, () => ran.push(9));
    });
    timers.run(5n);
    expect(ran).toEqual([1, 2]);
    expect(timers.next).toBe(9n);
  });

  it('refuse more than 256', async () => {
    const timers = await createTimers(hostWasm);
    const numbers = Array.from({ length: 257 }, (_, index) => timers.start(BigInt(1000 - index), () => {}));
    expect(numbers.filter((number) => number === 0).length).toBe(1);
    expect(timers.run(1000n)).toBe(256);
  });

  it('run as a sorted list does, equal deadlines in order of starting', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 40 }), fc.nat(60), async (deadlines, now) => {
        const timers = await createTimers(hostWasm);
        const ran: number[] = [];
        deadlines.forEach((deadline, index) => timers.start(BigInt(deadline), () => ran.push(index)));
        timers.run(BigInt(now));
        const due = deadlines.map((deadline, index) => ({ deadline, index })).filter(({ deadline }) => deadline <= now);
        expect(ran).toEqual(due.sort((a, b) => a.deadline - b.deadline).map(({ index }) => index));
      }),
      { numRuns: 50 },
    );
  });
});
