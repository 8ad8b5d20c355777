/** What was measured in all rounds, and the numbers that are made of it. */
import type { BootTime } from './boots.ts';
import type { EngineName } from './engines.ts';
import type { GuestRun } from './guest-run.ts';
import { type Bits, type Group, type Kernel, kernels } from './kernels.ts';

interface Sample {
  readonly engine: EngineName;
  readonly bits: Bits;
  readonly kernel: string;
  readonly seconds: number;
  readonly sum: string;
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

  /** @param selected kernels that were asked for: others may run along with them */
  constructor(selected: readonly Kernel[]) {
    this.#selected = new Set(selected.map(({ name }) => name));
  }

  addRun(engine: EngineName, bits: Bits, run: GuestRun): void {
    const wanted = run.times.filter(({ kernel }) => this.#selected.has(kernel));
    this.samples.push(...wanted.map((time) => ({ engine, bits, ...time })));
    if (run.defect !== undefined) this.defects.push(`${engine}, ${bits} bits: ${run.defect}`);
  }

  addBoot(engine: EngineName, boot: string, time: BootTime): void {
    this.boots.push({ engine, boot, ...time });
    if (time.there === undefined) this.defects.push(`${engine}: ${boot} did not come up`);
  }

  /** Seconds of a kernel: the median of all rounds, or the least where that is what counts. */
  seconds(engine: EngineName, bits: Bits, kernel: Kernel): number | undefined {
    const all = this.#of(engine, bits, kernel.name).map(({ seconds }) => seconds);
    return kernel.least ? leastOf(all) : medianOf(all);
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
    const expected = this.#expectedSum(kernel);
    return this.#of(engine, bits, kernel).some(({ sum }) => sum !== expected);
  }

  /** Every kernel with a sum of its own on some engine, in words. */
  get wrongSums(): string[] {
    const wrong = this.samples.filter(({ kernel, sum }) => sum !== this.#expectedSum(kernel));
    return [...new Set(wrong.map(({ engine, bits, kernel, sum }) => `${engine}, ${bits} bits, ${kernel}: ${sum}`))];
  }

  #expectedSum(kernel: string): string | undefined {
    const all = this.samples.filter((sample) => sample.kernel === kernel);
    const native = all.find(({ engine }) => engine === 'native');
    if (native !== undefined) return native.sum;
    const votes = Map.groupBy(all, ({ sum }) => sum);
    return [...votes].sort(([, a], [, b]) => b.length - a.length)[0]?.[0];
  }

  #of(engine: EngineName, bits: Bits, kernel: string): Sample[] {
    return this.samples.filter(
      (sample) => sample.engine === engine && sample.bits === bits && sample.kernel === kernel,
    );
  }

  /** Medians of a boot. */
  boot(engine: EngineName, boot: string): BootTime {
    const all = this.boots.filter((sample) => sample.engine === engine && sample.boot === boot);
    const median = (field: keyof BootTime): number | undefined =>
      medianOf(all.flatMap((sample) => sample[field] ?? []));
    return { firstByte: median('firstByte'), there: median('there') };
  }
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
  return a === undefined || b === undefined ? undefined : a / b;
}
