/** A machine's first serial line on this process's terminal, with keys of its own behind Ctrl-A, as QEMU has them. */
import type { ReadStream, WriteStream } from 'node:tty';
import type { Machine } from '../machine.ts';

const CTRL_A = '\x01';

export const TERMINAL_HELP: string = [
  'Ctrl-A x  end the machine',
  'Ctrl-A r  press its reset button',
  'Ctrl-A p  stop its clock, or let it go on',
  'Ctrl-A s  show its text screen here',
  'Ctrl-A a  type Ctrl-A',
  'Ctrl-A h  this list',
].join('\r\n');

export interface TerminalStreams {
  readonly input: ReadStream;
  readonly output: Pick<WriteStream, 'write'>;
}

/**
 * Joins terminal and machine until the machine ends; then, and also when this process is ended by a signal, the terminal is as it was.
 */
export async function attachTerminal(
  machine: Machine,
  { input, output }: TerminalStreams = { input: process.stdin, output: process.stdout },
): Promise<void> {
  const restore = (): void => {
    input.setRawMode(false);
    input.pause();
  };
  const endBySignal = (signal: NodeJS.Signals): void => {
    restore();
    process.kill(process.pid, signal);
  };
  const signals = ['SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, endBySignal);
  input.setRawMode(true);
  input.setEncoding('utf8');
  let escaped = false;
  const typed = (text: string): void => {
    let plain = '';
    for (const character of text) {
      if (escaped) {
        escaped = false;
        if (character === 'a' || character === CTRL_A) plain += CTRL_A;
        else command(machine, character, output);
      } else if (character === CTRL_A) escaped = true;
      else plain += character;
    }
    if (plain !== '') machine.send(plain);
  };
  input.on('data', typed);
  input.resume();
  try {
    for await (const chunk of machine.serial[0]) output.write(chunk);
  } finally {
    input.off('data', typed);
    for (const signal of signals) process.off(signal, endBySignal);
    restore();
  }
}

function command(machine: Machine, key: string, output: TerminalStreams['output']): void {
  switch (key) {
    case 'x':
      void machine.stop();
      return;
    case 'r':
      machine.reset();
      return;
    case 'p':
      if (machine.running) void machine.pause().then(() => output.write('\r\n[stopped; Ctrl-A p goes on]\r\n'));
      else machine.run();
      return;
    case 's':
      output.write(`\r\n[screen]\r\n${machine.screenText().replaceAll('\n', '\r\n')}\r\n[end of screen]\r\n`);
      return;
    default:
      output.write(`\r\n${TERMINAL_HELP}\r\n`);
  }
}
