/** A running guest as `drift run` needs it, whatever it runs on. */
import type { ExitStatus, Machine as HypervisorMachine } from '@drift-os/hypervisor';
import type { Ending, Machine } from '@drift-os/machine';
import { EXIT_GUEST_FAILED, EXIT_OK } from './exit-codes.ts';

export interface Outcome {
  readonly ok: boolean;
  readonly exitCode: number;
  /** One sentence. */
  readonly reason: string;
}

export interface Guest extends AsyncDisposable {
  /** How it was started. */
  readonly commandLine: readonly string[];
  readonly serial: AsyncIterable<string>;
  readonly output: string;
  waitFor(text: string, options: { readonly timeout: number }): Promise<unknown>;
  send(text: string): unknown;
  /** What is left to do before it is ended. */
  finish?(): Promise<void>;
  /** Resolves when it has ended by itself. */
  readonly outcome: Promise<Outcome>;
}

export function guestOnHypervisor(machine: HypervisorMachine): Guest {
  return {
    commandLine: machine.commandLine,
    serial: machine.serial,
    get output() {
      return machine.output;
    },
    waitFor: (text, options) => machine.waitFor(text, options),
    send: (text) => machine.send(text),
    outcome: machine.exitStatus.then(outcomeOfStatus),
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  };
}

export function guestOnMachine(machine: Machine): Guest {
  return {
    commandLine: [],
    serial: machine.serial[0],
    get output() {
      return machine.output;
    },
    waitFor: (text, options) => machine.waitFor(text, options),
    send: (text) => machine.send(text),
    outcome: machine.ended.then(outcomeOfEnding),
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  };
}

function outcomeOfStatus(status: ExitStatus): Outcome {
  if (status.code === 0) return { ok: true, exitCode: EXIT_OK, reason: 'the guest powered off' };
  const how = status.signal ?? `exit code ${status.code}`;
  const reason = `The machine failed (${how}). ${status.messages}`.trim();
  return { ok: false, exitCode: EXIT_GUEST_FAILED, reason };
}

/** The exit code of a guest that wrote to the exit port is the one that QEMU's isa-debug-exit gives. */
function outcomeOfEnding(ending: Ending): Outcome {
  switch (ending.reason) {
    case 'exit':
      return { ok: false, exitCode: ending.status, reason: `The guest ended with status ${ending.status}.` };
    case 'reset':
      return { ok: true, exitCode: EXIT_OK, reason: 'the guest reset itself' };
    case 'failed': {
      const { error } = ending;
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return {
        ok: false,
        exitCode: EXIT_GUEST_FAILED,
        reason: `The machine itself failed, which is a defect: ${what}`,
      };
    }
    case 'stopped':
      return { ok: true, exitCode: EXIT_OK, reason: 'it was stopped' };
    default:
      return { ok: true, exitCode: EXIT_OK, reason: 'the guest powered off' };
  }
}
