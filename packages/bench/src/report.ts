/** A report for people: one table for each place, times of one operation, Drift beside C. */
import type { Comparison, Summary, Workload } from './measurement.ts';

const TITLES: Readonly<Record<Workload, string>> = {
  roundTrip: 'round trip of a word',
  words: 'words, one by one',
  batches: 'words, batches of 64',
  records: 'records of 32 bytes',
};

/** @param heading where it was measured, and how. */
export function reportText(heading: string, comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ workload, drift, c, ratio }) => [
    TITLES[workload],
    ...cells(drift, workload),
    ...cells(c, workload),
    ratio === undefined ? '-' : `${ratio.minimum.toFixed(2)} / ${ratio.median.toFixed(2)}`,
  ]);
  const titles = ['', 'Drift min', 'median', 'rate', 'C min', 'median', 'rate', 'Drift : C, min / median'];
  const table = [titles, ...rows];
  const widths = titles.map((_title, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return `${heading}\n${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Least and median time, and the rate that the median gives. */
function cells(summary: Summary | undefined, workload: Workload): [string, string, string] {
  if (summary === undefined) return ['-', '-', '-'];
  const rate = workload === 'roundTrip' ? '' : `${(1000 / summary.median).toFixed(1)} M/s`;
  return [nanoseconds(summary.minimum), nanoseconds(summary.median), rate];
}

function nanoseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ns`;
}
