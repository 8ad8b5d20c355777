/** How fast the machine is meant to be, and whether it is. */
import { LINUX, driftBoots } from './boots.ts';
import type { EngineName } from './engines.ts';
import { type Kernel, kernels } from './kernels.ts';
import { quotient, type Results } from './results.ts';

export interface Target {
  readonly what: string;
  /** Undefined where something that it takes was not measured. */
  readonly measured: number | undefined;
  /** Undefined: it is only shown. */
  readonly bound: number | undefined;
  /** Whether less is better. */
  readonly atMost: boolean;
  /** What would be better still. */
  readonly aim?: number;
  readonly unit: '×' | 's';
}

const named = (name: string): Kernel => {
  const kernel = kernels.find((one) => one.name === name);
  if (kernel === undefined) throw new Error(`no kernel ${name}`);
  return kernel;
};

const atMost = (what: string, measured: number | undefined, bound: number | undefined, aim?: number): Target => {
  return { what, measured, bound, atMost: true, unit: '×', ...(aim === undefined ? {} : { aim }) };
};
const atLeast = (what: string, measured: number | undefined, bound: number): Target => {
  return { what, measured, bound, atMost: false, unit: '×' };
};

/** @param ours the tier that is judged */
export function targetsOf(results: Results, ours: EngineName): Target[] {
  return [...kernelTargets(results, ours), ...twoCoreTargets(results, ours), ...bootTargets(results, ours)];
}

function kernelTargets(results: Results, ours: EngineName): Target[] {
  const over = (what: EngineName, name: string): number | undefined => results.ratio(ours, what, 64, named(name));
  const group = (of: 'integer' | 'float' | 'memory'): number | undefined => results.groupRatio(ours, 'native', 64, of);
  const kernels32 = kernels.filter(({ only64 }) => !only64);
  const v86 = kernels32.map((kernel) => ({ name: kernel.name, ratio: results.ratio('v86', ours, 32, kernel) }));
  const worst = v86.toSorted((a, b) => (a.ratio ?? 0) - (b.ratio ?? 0))[0];
  const copies = [over('native', 'memcpy_rep'), over('native', 'memcpy_sse')].filter((ratio) => ratio !== undefined);
  const interpreter = results.groupRatio('ours-interpreter', ours, 64, 'integer');
  return [
    atMost('integer, 64 bits, over native', group('integer'), 3, 2.5),
    atMost('memory, 64 bits, over native', group('memory'), 3),
    atMost('floating point, 64 bits, over native', group('float'), 5, 2.5),
    atMost(
      'two streams a power of two apart, over the worse of the other copies',
      copies.length === 2 ? quotient(over('native', 'memcpy_alias'), Math.max(...copies)) : undefined,
      1,
    ),
    atMost('calls across a page edge (fib_pages), over native', over('native', 'fib_pages'), 6),
    atMost('random access to 65,536 pages (tlb_rand), over TCG', over('tcg', 'tlb_rand'), 1),
    atLeast(
      'v86 over ours, 32 bits, geometric mean of all kernels',
      results.meanRatio('v86', ours, 32, kernels32),
      2.5,
    ),
    atLeast(
      `v86 over ours, 32 bits, the worst${worst?.ratio === undefined ? '' : ` (${worst.name})`}`,
      worst?.ratio,
      1,
    ),
    atLeast('interpreter over compiler, integer, 64 bits', ours === 'ours-jit' ? interpreter : undefined, 5),
    atMost('exception and return (trap), over TCG', over('tcg', 'trap'), undefined),
  ];
}

function twoCoreTargets(results: Results, ours: EngineName): Target[] {
  const engines = [
    [ours, 'in turns'],
    ['ours-parallel', 'in parallel'],
  ] as const;
  const measured = [
    ['smp_ping', 'ping-pong'],
    ['smp_stream', 'streaming'],
  ] as const;
  return measured.flatMap(([kernel, title]) =>
    engines.map(([engine, mode]) =>
      atMost(`two cores ${mode}, ${title}, over TCG`, results.ratio(engine, 'tcg', 64, named(kernel)), 1),
    ),
  );
}

function bootTargets(results: Results, ours: EngineName): Target[] {
  const seconds = (what: string, measured: number | undefined, bound: number): Target => {
    return { what, measured, bound, atMost: true, unit: 's' };
  };
  const linux = quotient(results.boot(ours, LINUX).there, results.boot('tcg', LINUX).there);
  return [
    ...driftBoots.flatMap(({ name }) => {
      const { firstByte, there } = results.boot(ours, name);
      return [seconds(`${name}, first serial byte`, firstByte, 0.15), seconds(`${name}, prompt`, there, 0.5)];
    }),
    atMost('Linux to a shell, over TCG', linux, 1),
  ];
}

/** Undefined where it was not measured, or there is no bound. */
export function isMet({ measured, bound, atMost: less }: Target): boolean | undefined {
  if (measured === undefined || bound === undefined) return undefined;
  return less ? measured <= bound : measured >= bound;
}
