/** The results as text: times and sizes over those of `clang -O2`, with geometric means. */
import { type ImplementationName, implementations } from './implementations.ts';
import type { KernelResult } from './measure.ts';

const REFERENCE: ImplementationName = 'clang -O2';
const sized: readonly ImplementationName[] = ['clang -O2', 'clang -O1', 'drift', 'drift simd'];

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function least(result: KernelResult, name: ImplementationName): number {
  return Math.min(...(result.times.get(name) ?? []));
}

/** A Markdown table of least times over the reference's. */
export function timeTable(results: readonly KernelResult[]): string {
  const names = implementations.map(({ name }) => name).filter((name) => name !== REFERENCE);
  const ratio = (result: KernelResult, name: ImplementationName): number =>
    least(result, name) / least(result, REFERENCE);
  const rows = results.map((result) => [result.kernel.name, ...names.map((name) => ratio(result, name).toFixed(2))]);
  rows.push([
    'geometric mean',
    ...names.map((name) => geometricMean(results.map((result) => ratio(result, name))).toFixed(2)),
  ]);
  return table(['time / clang -O2', ...names], rows);
}

/** A Markdown table of bytes of machine code; the means are over the reference's. */
export function sizeTable(results: readonly KernelResult[]): string {
  const bytes = (result: KernelResult, name: ImplementationName): number => result.kernel.codeBytes.get(name) ?? 0;
  const rows = results.map((result) => [result.kernel.name, ...sized.map((name) => String(bytes(result, name)))]);
  const mean = (name: ImplementationName): number =>
    geometricMean(results.map((result) => bytes(result, name) / bytes(result, REFERENCE)));
  rows.push(['geometric mean of ratios', ...sized.map((name) => mean(name).toFixed(2))]);
  const total = (name: ImplementationName): number => results.reduce((sum, result) => sum + bytes(result, name), 0);
  rows.push(['ratio of sums', ...sized.map((name) => (total(name) / total(REFERENCE)).toFixed(2))]);
  return table(['bytes of code', ...sized], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
