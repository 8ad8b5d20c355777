import { describe, expect, it } from 'vitest';
import { KernelClock } from './guest-run.ts';
import { driftBoots } from './boots.ts';
import { kernels, measurementsOf } from './kernels.ts';
import { readOptions } from './options.ts';
import { kernelTable, targetTable } from './report.ts';
import { Results } from './results.ts';
import { isMet, targetsOf } from './targets.ts';

const run = (seconds: Readonly<Record<string, number>>, sum = '1', repetitions = 1) => ({
  times: Object.entries(seconds).map(([kernel, time]) => ({ kernel, seconds: time, repetitions, sum })),
  defect: undefined,
});

describe('a run of the guest', () => {
  it('takes a time from the end of the line BEGIN to the first character of the line END', () => {
    const clock = new KernelClock();
    expect(clock.receive('@\nBENCH bits=64\nBEGIN fi', 1)).toBe(false);
    clock.receive('b\n', 2);
    clock.receive('E', 4.5);
    clock.receive('ND fib sum=0213d050 n=00000010 tsc=00000004fdee4cda\n', 9);
    expect(clock.receive('DONE\n', 10)).toBe(true);
    expect(clock.times).toEqual([{ kernel: 'fib', seconds: 2.5, repetitions: 16, sum: '0213d050' }]);
  });
});

describe('the results', () => {
  it('are medians over the rounds, but the least where two cores are busy', () => {
    const results = new Results(kernels);
    for (const time of [5, 1, 2]) results.addRun('tcg', 64, run({ fib: time, smp_ping: time }));
    const [fib, ping] = ['fib', 'smp_ping'].map((name) => kernels.find((kernel) => kernel.name === name));
    expect(fib && results.seconds('tcg', 64, fib)).toBe(2);
    expect(ping && results.seconds('tcg', 64, ping)).toBe(1);
    expect(fib && results.seconds('tcg', 32, fib)).toBeUndefined();
  });

  it('compare by repetition where an engine was given less to do', () => {
    const results = new Results(kernels);
    results.addRun('native', 64, run({ fib: 1 }, 'aa', 16));
    results.addReference(run({ fib: 0.4 }, 'bb', 2));
    results.addRun('ours-interpreter', 64, run({ fib: 3 }, 'bb', 2));
    const [fib] = kernels.filter(({ name }) => name === 'fib');
    expect(fib && results.seconds('ours-interpreter', 64, fib)).toBe(24);
    expect(fib && results.seconds('native', 64, fib)).toBe(1);
    expect(fib && results.ratio('ours-interpreter', 'native', 64, fib)).toBe(24);
    expect(results.wrongSums).toEqual([]);
    results.addRun('bochs', 64, run({ fib: 3 }, 'aa', 2));
    expect(results.wrongSums).toEqual(['bochs, 64 bits, fib: aa']);
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

  it('judge two cores in both modes, and every boot', () => {
    const results = new Results(kernels);
    results.addRun('tcg', 64, run({ smp_ping: 2, smp_stream: 2, trap: 1 }));
    results.addRun('ours-jit', 64, run({ smp_ping: 3, smp_stream: 1, trap: 4 }));
    results.addRun('ours-parallel', 64, run({ smp_ping: 2, smp_stream: 5 }));
    for (const time of [0.9, 0.4]) results.addBoot('ours-jit', driftBoots[0].name, { firstByte: 0.2, there: time });
    const judged = Object.fromEntries(targetsOf(results, 'ours-jit').map((target) => [target.what, target]));
    const met = Object.fromEntries(Object.entries(judged).map(([what, target]) => [what, isMet(target)]));
    expect(met).toMatchObject({
      'two cores in turns, ping-pong, over TCG': false,
      'two cores in parallel, ping-pong, over TCG': true,
      'two cores in turns, streaming, over TCG': true,
      'two cores in parallel, streaming, over TCG': false,
      'drift, 1 core, first serial byte': false,
      'drift, 1 core, prompt': true,
      'drift, 4 cores, prompt': undefined,
      'exception and return (trap), over TCG': undefined,
    });
    expect(judged['exception and return (trap), over TCG']?.measured).toBe(4);
    expect(targetTable(Object.values(judged))).toMatch(/^drift, 1 core, prompt +0\.40 s +at most 0\.5 s +met$/m);
  });

  it('find the worst of the kernels of 32 bits beside v86, all of them', () => {
    const results = new Results(kernels);
    const all = Object.fromEntries(kernels.filter(({ only64 }) => !only64).map(({ name }) => [name, 1]));
    results.addRun('ours-jit', 32, run(all));
    results.addRun('v86', 32, run({ ...all, trap: 0.5 }));
    const worst = targetsOf(results, 'ours-jit').find(
      ({ what }) => what === 'v86 over ours, 32 bits, the worst (trap)',
    );
    expect(worst).toMatchObject({ measured: 0.5, bound: 1, atMost: false });
  });

  it('leave out kernels that ran along but were not asked for', () => {
    const results = new Results(kernels.filter(({ name }) => name === 'fib_pages'));
    results.addRun('tcg', 64, run({ fib: 1, fib_pages: 2 }));
    expect(results.samples.map(({ kernel }) => kernel)).toEqual(['fib_pages']);
  });
});

describe('the options', () => {
  it('select kernels, each bit of the mask for itself, and peers', () => {
    const options = readOptions(['--only', 'fib_pages,smp_ping,fib', '--skip', 'v86,bochs,ours-interpreter']);
    const measurements = measurementsOf(options?.kernels ?? [], [64, 32]);
    expect(measurements.map(({ bits, bit }) => [bits, bit])).toEqual([
      [64, 4],
      [64, 11],
      [32, 4],
    ]);
    expect(options).toMatchObject({
      engines: ['ours-jit', 'ours-parallel', 'tcg', 'native'],
      bits: [64, 32],
      boots: false,
      rounds: 3,
      extraScale: 0,
    });
    expect(readOptions([])?.boots).toBe(true);
    expect(readOptions(['--only', 'none'])).toMatchObject({ kernels: [], boots: true });
    expect(readOptions(['--quick'])).toMatchObject({ rounds: 1, bootRounds: 1 });
    expect(readOptions(['--help'])).toBeUndefined();
  });

  it('take a Linux with its shell', () => {
    const [kernel, initrd] = [import.meta.filename, import.meta.filename];
    expect(readOptions(['--linux', kernel, initrd])?.linux).toEqual({ kernel, initrd, until: '# ' });
    expect(readOptions(['--linux', kernel, initrd, 'ready'])?.linux?.until).toBe('ready');
    expect(() => readOptions(['--linux', kernel])).toThrow(/takes KERNEL INITRD/);
    expect(() => readOptions(['--linux', kernel, '/nowhere'])).toThrow(/no file \/nowhere/);
  });

  it('say what there is', () => {
    expect(() => readOptions(['--only', 'fob'])).toThrow(/--only has 'fob'; there is coremix, sha256/);
    expect(() => readOptions(['--skip', 'vbox'])).toThrow(/--skip has 'vbox'; there is ours-jit, ours-parallel/);
    expect(() => readOptions(['--rounds', '0'])).toThrow(/must be a whole number, 1 or more/);
    expect(() => readOptions(['--fast'])).toThrow(/Usage: pnpm bench:machine/);
  });
});
