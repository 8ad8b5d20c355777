/** How fast the machine is meant to be, and whether it is. */
import type { EngineName } from './engines.ts';
import { type Kernel, kernels } from './kernels.ts';
import { quotient, type Results } from './results.ts';

export interface Target {
  readonly what: string;
  /** Undefined where something that it takes was not measured. */
  readonly measured: number | undefined;
  readonly bound: number;
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

/** @param ours the tier that is judged */
export function targetsOf(results: Results, ours: EngineName): Target[] {
  const over = (what: EngineName, name: string): number | undefined => results.ratio(ours, what, 64, named(name));
  const group = (of: 'integer' | 'float' | 'memory'): number | undefined => results.groupRatio(ours, 'native', 64, of);
  const kernels32 = kernels.filter(({ only64, group: of }) => !only64 && of !== 'other');
  const v86 = kernels32.flatMap((kernel) => results.ratio('v86', ours, 32, kernel) ?? []);
  const allOfV86 = v86.length === kernels32.length;
  const copies = [over('native', 'memcpy_rep'), over('native', 'memcpy_sse')].filter((ratio) => ratio !== undefined);
  const drift = results.boot(ours, 'drift');
  const debian = quotient(results.boot(ours, 'debian').there, results.boot('tcg', 'debian').there);
  const atMost = (what: string, measured: number | undefined, bound: number, aim?: number): Target => {
    return { what, measured, bound, atMost: true, unit: '×', ...(aim === undefined ? {} : { aim }) };
  };
  const atLeast = (what: string, measured: number | undefined, bound: number): Target => {
    return { what, measured, bound, atMost: false, unit: '×' };
  };
  return [
    atMost('integer, 64 bits, over native', group('integer'), 3, 2.5),
    atLeast(
      'integer, 64 bits, interpreter over JIT',
      results.groupRatio('ours-interpreter', 'ours-jit', 64, 'integer'),
      5,
    ),
    atMost('floating point, 64 bits, over native', group('float'), 5, 2.5),
    atMost('memory, 64 bits, over native', group('memory'), 3),
    atMost(
      'two streams a power of two apart, over the worse of the other copies',
      copies.length === 2 ? quotient(over('native', 'memcpy_alias'), Math.max(...copies)) : undefined,
      1,
    ),
    atMost('calls across a page edge, over native', over('native', 'fib_pages'), 6),
    atLeast('v86 over ours, 32 bits, geometric mean', results.meanRatio('v86', ours, 32, kernels32), 2.5),
    atLeast('v86 over ours, 32 bits, the worst', allOfV86 ? Math.min(...v86) : undefined, 1),
    atMost('random access to 65,536 pages, over TCG', over('tcg', 'tlb_rand'), 1),
    atMost('two cores, ping-pong, over TCG', over('tcg', 'smp_ping'), 1),
    atMost('two cores, streaming, over TCG', over('tcg', 'smp_stream'), 1),
    { what: 'Drift to its prompt', measured: drift.there, bound: 0.5, atMost: true, unit: 's' },
    { what: 'Drift to its first serial byte', measured: drift.firstByte, bound: 0.15, atMost: true, unit: 's' },
    atMost("Debian's kernel to a shell, over TCG", debian, 1),
  ];
}

export function isMet({ measured, bound, atMost }: Target): boolean | undefined {
  if (measured === undefined) return undefined;
  return atMost ? measured <= bound : measured >= bound;
}
