import { describe, expect, it } from 'vitest';
import { KernelClock } from './guest-run.ts';
import { kernels, maskOf } from './kernels.ts';
import { readOptions } from './options.ts';
import { kernelTable } from './report.ts';
import { Results } from './results.ts';
import { isMet, targetsOf } from './targets.ts';

const run = (seconds: Readonly<Record<string, number>>, sum = '1') => ({
  times: Object.entries(seconds).map(([kernel, time]) => ({ kernel, seconds: time, sum })),
  defect: undefined,
});

describe('a run of the guest', () => {
  it('takes a time from the end of the line BEGIN to the first character of the line END', () => {
    const clock = new KernelClock();
    expect(clock.receive('@\nBENCH bits=64\nBEGIN fi', 1)).toBe(false);
    clock.receive('b\n', 2);
    clock.receive('E', 4.5);
    clock.receive('ND fib sum=0213d050 tsc=00000004fdee4cda\n', 9);
    expect(clock.receive('DONE\n', 10)).toBe(true);
    expect(clock.times).toEqual([{ kernel: 'fib', seconds: 2.5, sum: '0213d050' }]);
  });
});

describe('the results', () => {
  it('are medians over the rounds, but the least where the host places threads', () => {
    const results = new Results(kernels);
    for (const time of [5, 1, 2]) results.addRun('tcg', 64, run({ fib: time, smp_ping: time }));
    const [fib, ping] = ['fib', 'smp_ping'].map((name) => kernels.find((kernel) => kernel.name === name));
    expect(fib && results.seconds('tcg', 64, fib)).toBe(2);
    expect(ping && results.seconds('tcg', 64, ping)).toBe(1);
    expect(fib && results.seconds('tcg', 32, fib)).toBeUndefined();
  });

  it('name a sum that the processor of the host does not come to', () => {
    const results = new Results(kernels);
    results.addRun('native', 64, run({ fib: 1 }, 'aa'));
    results.addRun('tcg', 64, run({ fib: 1 }, 'aa'));
    results.addRun('ours-jit', 64, run({ fib: 1 }, 'bb'));
    expect(results.wrongSums).toEqual(['ours-jit, 64 bits, fib: bb']);
    const table = kernelTable(results, 64, ['native', 'tcg', 'ours-jit'], kernels);
    expect(table).toMatch(/^fib +1\.000 +1\.000 +1\.00× +1\.000 +1\.00× WRONG SUM$/m);
  });

  it('give geometric means, and judge by them', () => {
    const results = new Results(kernels);
    const floats = (nbody: number, mandel: number, saxpy: number) => run({ nbody, mandel, saxpy });
    results.addRun('native', 64, floats(1, 1, 1));
    results.addRun('ours-jit', 64, floats(2, 4, 8));
    expect(results.groupRatio('ours-jit', 'native', 64, 'float')).toBeCloseTo(4);
    const judged = Object.fromEntries(targetsOf(results, 'ours-jit').map((target) => [target.what, isMet(target)]));
    expect(judged['floating point, 64 bits, over native']).toBe(true);
    expect(judged['integer, 64 bits, over native']).toBeUndefined();
    results.addRun('ours-jit', 64, floats(20, 40, 80));
    results.addRun('ours-jit', 64, floats(20, 40, 80));
    const [float] = targetsOf(results, 'ours-jit').filter(({ what }) => what.startsWith('floating'));
    expect(float && isMet(float)).toBe(false);
  });

  it('leave out kernels that ran along but were not asked for', () => {
    const results = new Results(kernels.filter(({ name }) => name === 'fib_pages'));
    results.addRun('tcg', 64, run({ fib: 1, fib_pages: 2 }));
    expect(results.samples.map(({ kernel }) => kernel)).toEqual(['fib_pages']);
  });
});

describe('the options', () => {
  it('select kernels by the bits of the mask', () => {
    const options = readOptions(['--kernels', 'fib_pages,trap', '--tier', 'jit', '--engines', 'ours,tcg']);
    expect(maskOf(options.kernels)).toBe((1 << 4) | (1 << 12));
    expect(options).toMatchObject({ engines: ['ours-jit', 'tcg'], bits: [64, 32], boots: false, rounds: 3 });
    expect(readOptions([]).boots).toBe(true);
  });

  it('say what there is', () => {
    expect(() => readOptions(['--kernels', 'fob'])).toThrow(/--kernels has 'fob'; there is coremix, sha256/);
    expect(() => readOptions(['--rounds', '0'])).toThrow(/must be 1 or more/);
    expect(() => readOptions(['--fast'])).toThrow(/Usage: pnpm bench:machine/);
  });
});
