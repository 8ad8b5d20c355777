/** What the compiler of a memory has done, and why guest code was left. */
import { Reason } from '../semantics/reason.ts';

/**
 * Why guest code returned to TypeScript, be it a region or the interpreter's handlers.
 *
 * budget: its turn was over. transfer: nothing is known yet of the code to go on with. fault: an exception. yield: a core waits for another one by PAUSE.
 * assist: an instruction that TypeScript carries out, HLT among them. events: something waited, such as an interrupt, or code or the mode has changed.
 * hot: a branch of the interpreter's was taken often. extend: a region was left often at one of its exits.
 */
export type ExitCause = keyof typeof Reason;

/** A plain value. */
export interface JitCounters {
  /** Regions that were asked for. */
  readonly requested: number;
  /** That were put to use. */
  readonly installed: number;
  /** Of those: that took the place of a smaller one. */
  readonly extended: number;
  /** That were given up because code on one of their pages was written to, or all code was forgotten. */
  readonly dropped: number;
  /** Whose code had changed when they were ready, or that were nothing worth compiling. */
  readonly refused: number;
  /** That were given up to make room. */
  readonly evicted: number;
  /** WebAssembly modules, each of one region or more. Cores with a thread each count what they share each for itself. */
  readonly modules: number;
  /** Guest instructions in all regions put to use. */
  readonly instructions: number;
  /** Of WebAssembly in all modules. */
  readonly bytes: number;
  /** Milliseconds that making these modules took the thread that did, the host's WebAssembly compiler included, as far as it works at once. What another core's was made for took none. */
  readonly compileTime: number;
  /** How often regions were left, at exits that count, for code outside of them: for other regions, the interpreter or TypeScript. */
  readonly handedOver: number;
  readonly exits: Readonly<Record<ExitCause, number>>;
}

export const exitCauses = Object.keys(Reason) as readonly ExitCause[];

/** Counts of exits by Reason. */
export function exitsOf(counts: Readonly<Float64Array>): JitCounters['exits'] {
  const pairs = exitCauses.map((cause) => [cause, counts[Reason[cause]] ?? 0]);
  return Object.fromEntries(pairs) as Record<ExitCause, number>;
}

/** Of machines whose cores have a compiler each. */
export function sumOfCounters(a: JitCounters, b: JitCounters): JitCounters {
  const sum = <T extends string>(one: Readonly<Record<T, number>>, other: Readonly<Record<T, number>>) =>
    Object.fromEntries((Object.keys(one) as T[]).map((key) => [key, one[key] + other[key]])) as Record<T, number>;
  const { exits, ...counts } = a;
  const { exits: otherExits, ...otherCounts } = b;
  return { ...sum(counts, otherCounts), exits: sum(exits, otherExits) };
}
