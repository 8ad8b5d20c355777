/** The report for people: kernels and their groups by engine, boots, targets. */
import type { EngineName } from './engines.ts';
import { type Bits, type Group, type Kernel, kernels } from './kernels.ts';
import type { Results } from './results.ts';
import { isMet, type Target } from './targets.ts';

const GROUPS: Readonly<Record<Exclude<Group, 'other'>, string>> = {
  integer: 'integer',
  memory: 'memory',
  float: 'floating point',
};

type Row = readonly string[];

/** Seconds and, in parentheses, times native. */
export function kernelTable(
  results: Results,
  bits: Bits,
  engines: readonly EngineName[],
  selected: readonly Kernel[],
): string {
  const cell = (engine: EngineName, kernel: Kernel): string => {
    const seconds = results.seconds(engine, bits, kernel);
    if (seconds === undefined) return '-';
    const wrong = results.isWrong(engine, bits, kernel.name) ? ' WRONG SUM' : '';
    const ratio = engine === 'native' ? '' : times(results.ratio(engine, 'native', bits, kernel));
    return `${seconds.toFixed(3)}${ratio.padStart(9)}${wrong}`;
  };
  const mean = (engine: EngineName, group: Group): string =>
    engine === 'native' ? '' : times(results.groupRatio(engine, 'native', bits, group)).padStart(9);
  const rows: Row[] = [[`${bits} bits`, ...engines.map((engine) => `${engine}, s`)]];
  for (const group of ['integer', 'memory', 'float', 'other'] as const) {
    const members = selected.filter((kernel) => kernel.group === group && !(kernel.only64 && bits === 32));
    rows.push(...members.map((kernel) => [kernel.name, ...engines.map((engine) => cell(engine, kernel))]));
    const whole = kernels.every((kernel) => kernel.group !== group || members.includes(kernel));
    if (group === 'other' || !whole) continue;
    rows.push([`= ${GROUPS[group]}`, ...engines.map((engine) => mean(engine, group))]);
  }
  return tableText(rows);
}

const times = (ratio: number | undefined): string => (ratio === undefined ? '' : `${ratio.toFixed(2)}×`);

export function bootTable(results: Results, engines: readonly EngineName[], boots: readonly string[]): string {
  const rows: Row[] = [['boots', ...engines.map((engine) => `${engine}, s`)]];
  const cell = (seconds: number | undefined): string => seconds?.toFixed(2) ?? '-';
  for (const boot of boots) {
    const all = engines.map((engine) => results.boot(engine, boot));
    rows.push([`${boot}, first byte`, ...all.map(({ firstByte }) => cell(firstByte))]);
    rows.push([`${boot}, there`, ...all.map(({ there }) => cell(there))]);
  }
  return tableText(rows);
}

export function targetTable(targets: readonly Target[]): string {
  const rows = targets.map((target): Row => {
    const { what, measured, bound, atMost, aim, unit } = target;
    const met = isMet(target);
    return [
      what,
      measured === undefined ? '-' : `${measured.toFixed(2)} ${unit}`,
      bound === undefined
        ? ''
        : `${atMost ? 'at most' : 'at least'} ${bound} ${unit}${aim === undefined ? '' : `, aim ${aim}`}`,
      met === undefined ? (measured === undefined ? 'not measured' : '') : met ? 'met' : 'MISSED',
    ];
  });
  return tableText([['targets', 'measured', 'wanted', 'is it met?'], ...rows]);
}

function tableText(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: Row): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
