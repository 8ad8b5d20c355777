/** What was measured, and what is made of it. */

export type Implementation = 'drift' | 'c';
export type Workload = 'roundTrip' | 'words' | 'batches' | 'records';

export const workloads: readonly Workload[] = ['roundTrip', 'words', 'batches', 'records'];

/** One measurement: `count` operations took so many nanoseconds. */
export interface Measurement {
  readonly implementation: Implementation;
  readonly workload: Workload;
  readonly count: number;
  readonly nanoseconds: number;
}

/** Nanoseconds for one operation, over all rounds. */
export interface Summary {
  readonly rounds: number;
  readonly minimum: number;
  readonly median: number;
}

export interface Comparison {
  readonly workload: Workload;
  readonly drift: Summary | undefined;
  readonly c: Summary | undefined;
  /** Drift's time divided by C's: below 1, Drift is ahead. */
  readonly ratio: { readonly minimum: number; readonly median: number } | undefined;
}

const LINE = /\b(drift|c) (roundTrip|words|batches|records) ([0-9]+) ([0-9]+)\b/;

/** Reads a line that a harness printed; undefined for any other. */
export function readMeasurement(line: string): Measurement | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  return {
    implementation: match[1] as Implementation,
    workload: match[2] as Workload,
    count: Number(match[3]),
    nanoseconds: Number(match[4]),
  };
}

export function compare(measurements: readonly Measurement[]): Comparison[] {
  return workloads.map((workload) => {
    const [drift, c] = (['drift', 'c'] as const).map((implementation) =>
      summarize(measurements.filter((one) => one.workload === workload && one.implementation === implementation)),
    );
    const ratio =
      drift === undefined || c === undefined
        ? undefined
        : { minimum: drift.minimum / c.minimum, median: drift.median / c.median };
    return { workload, drift, c, ratio };
  });
}

function summarize(measurements: readonly Measurement[]): Summary | undefined {
  const each = measurements.map(({ count, nanoseconds }) => nanoseconds / count).sort((a, b) => a - b);
  const [minimum] = each;
  if (minimum === undefined) return undefined;
  const middle = each.length / 2;
  const upper = each[Math.floor(middle)] ?? minimum;
  const median = Number.isInteger(middle) ? ((each[middle - 1] ?? upper) + upper) / 2 : upper;
  return { rounds: each.length, minimum, median };
}
