/** A running machine as its user sees it, whichever hypervisor runs it. */
import type { ChildProcess } from 'node:child_process';
import type { PacedWriter } from './paced-writer.ts';
import type { SerialMatch, SerialText, WaitOptions } from '@drift-os/console';

export interface ExitStatus {
  /** The hypervisor's exit code; 0 after the guest powered off. Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What the hypervisor itself complained of. */
  readonly messages: string;
}

/** How long a hypervisor may take to end by itself once asked, in milliseconds. */
const GRACE = 2000;

export interface MachineParts {
  readonly commandLine: readonly string[];
  readonly child: ChildProcess;
  readonly serial: SerialText;
  readonly writer: PacedWriter;
  readonly exitStatus: Promise<ExitStatus>;
}

/** `await using machine = await runOnQemu(...)` ends the machine at the end of the block. */
export abstract class Machine implements AsyncDisposable {
  /** Program and arguments, as started. */
  readonly commandLine: readonly string[];
  /** Resolves when the machine has ended and everything of it is cleaned up; never rejects. */
  readonly exitStatus: Promise<ExitStatus>;
  readonly #child: ChildProcess;
  readonly #serial: SerialText;
  readonly #writer: PacedWriter;

  constructor(parts: MachineParts) {
    this.commandLine = parts.commandLine;
    this.exitStatus = parts.exitStatus;
    this.#child = parts.child;
    this.#serial = parts.serial;
    this.#writer = parts.writer;
  }

  /** Process id of the hypervisor. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first serial line's output in chunks, from the start, until the machine ends. */
  get serial(): AsyncIterable<string> {
    return this.#serial;
  }

  /** All output of the first serial line so far. */
  get output(): string {
    return this.#serial.text;
  }

  /**
   * Resolves when `pattern` appears on the serial line, behind the last match.
   *
   * @throws HypervisorError TIMEOUT or MACHINE_ENDED, with the last lines of output.
   */
  waitFor(pattern: string | RegExp, options?: WaitOptions): Promise<SerialMatch> {
    return this.#serial.waitFor(pattern, options);
  }

  /** Types on the serial line, slowly enough for a guest that polls a 16-byte FIFO. End a line with '\r', as a terminal does. */
  send(text: string): Promise<void> {
    return this.#writer.send(new TextEncoder().encode(text));
  }

  /** What the VGA text screen shows: up to 25 lines. @throws HypervisorError UNSUPPORTED or MACHINE_ENDED. */
  abstract screenText(): Promise<string>;

  /** Ends the machine, without asking the guest. */
  async stop(): Promise<ExitStatus> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE);
    const status = await this.exitStatus;
    clearTimeout(timer);
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
