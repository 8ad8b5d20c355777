/** What was measured in all rounds, and the numbers that are made of it. */
import type { BootTime } from './boots.ts';
import type { EngineName } from './engines.ts';
import type { GuestRun, KernelTime } from './guest-run.ts';
import { type Bits, type Group, type Kernel, kernels } from './kernels.ts';

interface Sample extends KernelTime {
  readonly engine: EngineName;
  readonly bits: Bits;
}

interface BootSample extends BootTime {
  readonly engine: EngineName;
  readonly boot: string;
}

export class Results {
  readonly samples: Sample[] = [];
  readonly boots: BootSample[] = [];
  /** Runs that went wrong, in words. */
  readonly defects: string[] = [];
  readonly #selected: ReadonlySet<string>;
  /** What the host's processor comes to, by kernel and repetitions. */
  readonly #sums = new Map<string, string>();

  /** @param selected kernels that were asked for: others may run along with them */
  constructor(selected: readonly Kernel[]) {
    this.#selected = new Set(selected.map(({ name }) => name));
  }

  addRun(engine: EngineName, bits: Bits, run: GuestRun): void {
    const wanted = run.times.filter(({ kernel }) => this.#selected.has(kernel));
    this.samples.push(...wanted.map((time) => ({ engine, bits, ...time })));
    if (run.defect !== undefined) this.defects.push(`${engine}, ${bits} bits: ${run.defect}`);
    if (engine === 'native') this.addReference(run);
  }

  /** A native run whose sums count, not its times: there were as many repetitions as some engine is given. */
  addReference({ times }: GuestRun): void {
    for (const time of times) this.#sums.set(sumKey(time), time.sum);
  }

  addBoot(engine: EngineName, boot: string, time: BootTime): void {
    this.boots.push({ engine, boot, ...time });
    if (time.there === undefined) this.defects.push(`${engine}: ${boot} did not come up`);
  }

  /** Seconds for all repetitions of a kernel: the median of all rounds, or the least where two cores are busy. */
  seconds(engine: EngineName, bits: Bits, kernel: Kernel): number | undefined {
    const all = this.#of(engine, bits, kernel.name).map(({ seconds, repetitions }) => seconds / repetitions);
    const each = kernel.twoCores ? leastOf(all) : medianOf(all);
    if (each === undefined) return undefined;
    const counts = this.samples.filter((sample) => sample.kernel === kernel.name && sample.bits === bits);
    return each * Math.max(...counts.map(({ repetitions }) => repetitions));
  }

  /** Time of one engine over that of another. */
  ratio(engine: EngineName, over: EngineName, bits: Bits, kernel: Kernel): number | undefined {
    if (kernel.notNative && over === 'native') return undefined;
    return quotient(this.seconds(engine, bits, kernel), this.seconds(over, bits, kernel));
  }

  /** Geometric mean of the ratios of a group; undefined unless all its kernels were measured. */
  groupRatio(engine: EngineName, over: EngineName, bits: Bits, group: Group): number | undefined {
    return this.meanRatio(
      engine,
      over,
      bits,
      kernels.filter((kernel) => kernel.group === group),
    );
  }

  meanRatio(engine: EngineName, over: EngineName, bits: Bits, of: readonly Kernel[]): number | undefined {
    const ratios = of.map((kernel) => this.ratio(engine, over, bits, kernel));
    return ratios.every((ratio) => ratio !== undefined) ? geometricMean(ratios) : undefined;
  }

  /** Whether the kernel came to another sum than the reference: the host's processor, or where that did not run, most engines. */
  isWrong(engine: EngineName, bits: Bits, kernel: string): boolean {
    return this.#of(engine, bits, kernel).some((sample) => sample.sum !== this.#expectedSum(sample));
  }

  /** Every kernel with a sum of its own on some engine, in words. */
  get wrongSums(): string[] {
    const wrong = this.samples.filter((sample) => sample.sum !== this.#expectedSum(sample));
    return [...new Set(wrong.map(({ engine, bits, kernel, sum }) => `${engine}, ${bits} bits, ${kernel}: ${sum}`))];
  }

  #expectedSum(time: KernelTime): string | undefined {
    const key = sumKey(time);
    const known = this.#sums.get(key);
    if (known !== undefined) return known;
    const alike = this.samples.filter((sample) => sumKey(sample) === key);
    const votes = Map.groupBy(alike, ({ sum }) => sum);
    return [...votes].sort(([, a], [, b]) => b.length - a.length)[0]?.[0];
  }

  #of(engine: EngineName, bits: Bits, kernel: string): Sample[] {
    return this.samples.filter(
      (sample) => sample.engine === engine && sample.bits === bits && sample.kernel === kernel,
    );
  }

  /** The best of all times of a boot. */
  boot(engine: EngineName, boot: string): BootTime {
    const all = this.boots.filter((sample) => sample.engine === engine && sample.boot === boot);
    const best = (field: keyof BootTime): number | undefined => leastOf(all.flatMap((sample) => sample[field] ?? []));
    return { firstByte: best('firstByte'), there: best('there') };
  }
}

function sumKey({ kernel, repetitions }: Pick<KernelTime, 'kernel' | 'repetitions'>): string {
  return `${kernel} ${repetitions}`;
}

export function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

function leastOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}

export function geometricMean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export function quotient(a: number | undefined, b: number | undefined): number | undefined {
  // What was too short to be seen has no ratio.
  return a === undefined || b === undefined || b === 0 ? undefined : a / b;
}
