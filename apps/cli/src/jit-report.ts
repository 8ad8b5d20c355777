/** What `drift run --profile` and `--times` tell of the machine's compiler at their end. */
import type { JitCounters } from '@drift-os/machine';
import { formatBytes } from './output.ts';

/** A few lines; undefined: the machine has no compiler. */
export function jitReport(counters: JitCounters | undefined): string {
  if (counters === undefined) return 'Compiled: nothing, all was interpreted.\n';
  const { requested, installed, extended, refused, dropped, evicted } = counters;
  const { modules, bytes, instructions, compileTime, handedOver, exits } = counters;
  const causes = Object.entries(exits)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([cause, count]) => `${cause} ${number(count)}`);
  return [
    `Compiled: ${number(installed)} of ${number(requested)} regions asked for (${number(extended)} in place of smaller ones, ${number(refused)} refused);`,
    `  ${number(dropped)} dropped with their code, ${number(evicted)} to make room.`,
    `  ${number(modules)} modules, ${formatBytes(bytes)}, for ${number(instructions)} instructions, made in ${compileTime.toFixed(0)} ms.`,
    `  Regions went on elsewhere ${number(handedOver)} times. Left to TypeScript: ${causes.join(', ') || 'never'}.`,
    '',
  ].join('\n');
}

const number = (value: number): string => value.toLocaleString('en-US');
