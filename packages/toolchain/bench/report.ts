/** The results as text: times and sizes over those of `clang -O2`, with geometric means. */
import { type ImplementationName, implementations } from './implementations.ts';
import type { KernelResult } from './measure.ts';

const REFERENCE: ImplementationName = 'clang -O2';
const sized: readonly ImplementationName[] = ['clang -O2', 'clang -O1', 'drift', 'drift simd', 'drift as'];

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function least(result: KernelResult, name: ImplementationName): number {
  return Math.min(...(result.times.get(name) ?? []));
}

/** Over the reference's; undefined for kernels that the implementation does not have. */
type Ratio = (result: KernelResult, name: ImplementationName) => number | undefined;

const timeRatio: Ratio = (result, name) => {
  const time = least(result, name);
  return Number.isFinite(time) ? time / least(result, REFERENCE) : undefined;
};

const sizeRatio: Ratio = ({ kernel: { codeBytes } }, name) => {
  const bytes = codeBytes.get(name);
  return bytes === undefined ? undefined : bytes / (codeBytes.get(REFERENCE) ?? 0);
};

function means(results: readonly KernelResult[], names: readonly ImplementationName[], ratio: Ratio): string[] {
  return names.map((name) => {
    const ratios = results.map((result) => ratio(result, name)).filter((each) => each !== undefined);
    return ratios.length === 0 ? '-' : geometricMean(ratios).toFixed(2);
  });
}

/** A Markdown table of least times over the reference's. */
export function timeTable(results: readonly KernelResult[]): string {
  const names = implementations.map(({ name }) => name).filter((name) => name !== REFERENCE);
  const rows = results.map((result) => [
    result.kernel.name,
    ...names.map((name) => timeRatio(result, name)?.toFixed(2) ?? '-'),
  ]);
  rows.push(['geometric mean', ...means(results, names, timeRatio)]);
  return table(['time / clang -O2', ...names], rows);
}

/** A Markdown table of bytes of machine code; the means are over the reference's. */
export function sizeTable(results: readonly KernelResult[]): string {
  const rows = results.map(({ kernel }) => [
    kernel.name,
    ...sized.map((name) => String(kernel.codeBytes.get(name) ?? '-')),
  ]);
  rows.push(['geometric mean of ratios', ...means(results, sized, sizeRatio)]);
  return table(['bytes of code', ...sized], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
