/** Errors on their way between threads: a MachineError keeps its code. */
import { MachineError } from '../machine-error.ts';
import type { FromCore } from './messages.ts';

export type Refusal = FromCore & { kind: 'refused' };

export function refusalOf(error: unknown): Refusal {
  const code = error instanceof MachineError ? error.code : undefined;
  const message =
    error instanceof Error ? (code === undefined ? (error.stack ?? error.message) : error.message) : String(error);
  return { kind: 'refused', code, message };
}

/** What another thread failed with. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

export function errorOf({ code, message }: Refusal): Error {
  return code === undefined ? new Error(message) : new MachineError(code, message);
}

export function endedError(): MachineError {
  return new MachineError('MACHINE_ENDED', 'The machine has ended.');
}

export function notInParallel(what: string, why: string): MachineError {
  return new MachineError('NOT_IN_PARALLEL', `${what}: ${why}. Create the machine with execution: 'turns' for it.`);
}
