import { describe, expect, it } from 'vitest';
import { MachineClock } from './machine-clock.ts';

describe('MachineClock', () => {
  it('makes calls in the order of their times, equal ones in the order of scheduling, each at its time', () => {
    const clock = new MachineClock();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
    for (const [at, name] of [
      [30n, 'c'],
      [10n, 'a'],
      [30n, 'd'],
      [20n, 'b'],
    ] as const)
      clock.schedule(at, note(name));
    clock.advanceTo(25n);
    expect(seen).toEqual(['a@10', 'b@20']);
    expect(clock.now()).toBe(25n);
    clock.advanceTo(100n);
    expect(seen).toEqual(['a@10', 'b@20', 'c@30', 'd@30']);
  });

  it('makes calls that are scheduled from calls, also for times that have passed, and none that was cancelled', () => {
    const clock = new MachineClock();
    const seen: bigint[] = [];
    const cancelled = clock.schedule(15n, () => seen.push(-1n));
    clock.schedule(10n, () => {
      cancelled.cancel();
      clock.schedule(5n, () => seen.push(clock.now()));
      clock.schedule(12n, () => seen.push(clock.now()));
    });
    clock.advanceTo(20n);
    expect(seen).toEqual([10n, 12n]);
    expect(clock.next).toBeUndefined();
  });

  it("waits for calls where time is the host's, and goes on to its time with them", () => {
    let host = 0n;
    let held = 0;
    const clock = new MachineClock(
      () => host,
      () => held++,
    );
    const seen: bigint[] = [];
    const tick = (): void => {
      seen.push(clock.now());
      clock.schedule(clock.now() + 10n, tick);
    };
    clock.schedule(10n, tick);
    host = 7n;
    expect([clock.now(), held]).toEqual([7n, 0]);
    host = 35n;
    expect([clock.now(), held, clock.behind]).toEqual([10n, 1, 25n]);
    clock.advanceTo(clock.now());
    expect([clock.now(), seen]).toEqual([20n, [10n]]);
    clock.advanceTo(clock.now());
    clock.advanceTo(clock.now());
    expect([clock.now(), clock.behind, seen]).toEqual([35n, 0n, [10n, 20n, 30n]]);
    // What is scheduled for a time that was seen already does not turn it back.
    clock.schedule(33n, () => seen.push(clock.now()));
    expect(clock.now()).toBe(35n);
    host = 36n;
    clock.advanceTo(clock.now());
    expect([clock.now(), seen.at(-1)]).toEqual([36n, 35n]);
  });

  it("says what of the host's time is too much to catch up with", () => {
    let host = 5_000_000_000n;
    const clock = new MachineClock(
      () => host,
      () => {},
    );
    expect(clock.lost).toBe(0n);
    clock.schedule(5_000_000_100n, () => {});
    host = 5_800_000_000n;
    expect(clock.lost).toBe(0n);
    host = 7_000_000_000n;
    expect(clock.lost).toBe(7_000_000_000n - 5_000_000_100n - 1_000_000_000n);
  });

  it('keeps a thousand random times in order', () => {
    const clock = new MachineClock();
    const times: bigint[] = [];
    let random = 1;
    for (let i = 0; i < 1000; i++) {
      random = (random * 48271) % 2147483647;
      clock.schedule(BigInt(random % 5000), () => times.push(clock.now()));
    }
    clock.advanceTo(5000n);
    expect(times).toHaveLength(1000);
    expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
  });
});
