/** A machine as text, for the message of a test that failed. */
import { instructionAddress } from '../debug/linear-memory.ts';
import type { Machine } from '../machine.ts';

const LOG_LINES = 20;

/** The end of what COM1 and COM2 sent, the text screen, and the registers of every core. */
export function describeMachine(machine: Machine): string {
  const logs = machine.serial.flatMap(({ output }, line) => {
    if (output === '' && line > 0) return [];
    return section(`End of COM${line + 1}`, output.trimEnd().split('\n').slice(-LOG_LINES).join('\n'));
  });
  const cores = machine.cores.flatMap((core, number) =>
    section(
      `Core ${number}, ${core.system.activity}, next instruction at ${instructionAddress(core).toString(16)}h`,
      core.registers.toString(),
    ),
  );
  return [...logs, ...section('Screen', machine.screenText().trimEnd()), ...cores].join('\n');
}

function section(title: string, text: string): string[] {
  return [`--- ${title}`, text === '' ? '(nothing)' : text.replaceAll('\r', '')];
}
