/** `await expect(machine).toPrintOnSerial(/.../)`. */
import type { Machine } from '../machine.ts';
import { MachineError } from '../machine-error.ts';
import { describeMachine } from './describe-machine.ts';

export interface PrintOptions {
  /** Milliseconds. Default 30,000. */
  readonly timeout?: number;
  /** 0: COM1, the default. 1: COM2. */
  readonly line?: 0 | 1;
}

export interface Verdict {
  readonly pass: boolean;
  message(): string;
}

export async function toPrintOnSerial(
  machine: Machine,
  pattern: string | RegExp,
  { line = 0, ...options }: PrintOptions = {},
): Promise<Verdict> {
  const wanted = `${typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern)} on COM${line + 1}`;
  try {
    await machine.serial[line].waitFor(pattern, options);
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    const [reason = ''] = error.message.split('\n');
    const now = describeMachine(machine);
    return { pass: false, message: () => `Expected the machine to print ${wanted}. ${reason}\n\n${now}` };
  }
  const now = describeMachine(machine);
  return { pass: true, message: () => `Expected the machine not to print ${wanted}, but it did.\n\n${now}` };
}
