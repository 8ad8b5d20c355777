/** The kernels of the benchmark guest: what they print, which bit of the image's mask runs them, what they stand for. */

export type Bits = 32 | 64;

export type Group = 'integer' | 'memory' | 'float' | 'other';

export interface Kernel {
  /** As the guest prints it. */
  readonly name: string;
  /** Bit of the mask; several kernels may share one, and run together then. */
  readonly bit: number;
  readonly group: Group;
  /** In images of 64 bits only. */
  readonly only64?: true;
  /** Natively something else is measured than in a guest: a system call. No ratio to native is taken. */
  readonly notNative?: true;
  /** Needs two cores. Depends on where the host runs their threads: the least of all rounds counts, not the median. */
  readonly twoCores?: true;
}

export const kernels: readonly Kernel[] = [
  { name: 'coremix', bit: 0, group: 'integer' },
  { name: 'sha256', bit: 1, group: 'integer' },
  { name: 'sieve', bit: 3, group: 'integer' },
  { name: 'fib', bit: 4, group: 'integer' },
  { name: 'qsort', bit: 5, group: 'integer' },
  { name: 'interp', bit: 9, group: 'integer' },
  { name: 'memset_rep', bit: 2, group: 'memory' },
  { name: 'memcpy_rep', bit: 2, group: 'memory' },
  { name: 'memcpy_sse', bit: 2, group: 'memory' },
  { name: 'read_u32', bit: 2, group: 'memory' },
  { name: 'nbody', bit: 6, group: 'float' },
  { name: 'mandel', bit: 7, group: 'float' },
  { name: 'saxpy', bit: 8, group: 'float' },
  { name: 'fib_pages', bit: 4, group: 'other' },
  { name: 'memcpy_alias', bit: 2, group: 'other' },
  { name: 'tlb_fill', bit: 10, group: 'other' },
  { name: 'tlb_rand', bit: 10, group: 'other' },
  { name: 'smp_ping', bit: 11, group: 'other', only64: true, twoCores: true },
  { name: 'smp_stream', bit: 13, group: 'other', only64: true, twoCores: true },
  { name: 'trap', bit: 12, group: 'other', notNative: true },
];

export interface Measurement {
  readonly bits: Bits;
  readonly bit: number;
  /** Those of the bit that were asked for. */
  readonly kernels: readonly Kernel[];
}

/** Each is a boot of its own: code is compiled anew, and a busy minute of the host hits one kernel on all engines. */
export function measurementsOf(selected: readonly Kernel[], bits: readonly Bits[]): Measurement[] {
  return bits.flatMap((width) => {
    const fitting = selected.filter(({ only64 }) => width === 64 || only64 !== true);
    return [...Map.groupBy(fitting, ({ bit }) => bit)].map(([bit, members]) => ({
      bits: width,
      bit,
      kernels: members,
    }));
  });
}
