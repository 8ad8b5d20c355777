/** Starting a hypervisor as a child process, and telling how it ended. */
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { guardChild } from './child-guard.ts';
import type { ExitStatus } from './machine.ts';
import type { ByteSink } from './paced-writer.ts';
import { findCommand } from './program.ts';

/** What is kept of a hypervisor's own messages, in characters. */
const MESSAGES_LIMIT = 16_384;

export interface StartedChild {
  readonly child: ChildProcess;
  /** Resolves when the process has ended and its pipes are drained. */
  readonly ended: Promise<ExitStatus>;
}

export interface StartOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly stdio: StdioOptions;
  readonly folder?: string;
  /** Runs once the process is gone, also when this process is being ended. Synchronous. */
  readonly afterwards?: () => void;
}

/** Starts the program; rejects only where the system does not let it. */
export async function startChild(options: StartOptions): Promise<StartedChild> {
  const [program = options.program, ...args] = [...(await tether()), options.program, ...options.args];
  const child = spawn(program, args, { stdio: options.stdio, cwd: options.folder });
  guardChild(child, options.afterwards ?? (() => {}));
  let messages = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    messages = (messages + text).slice(-MESSAGES_LIMIT);
  });
  const ended = new Promise<ExitStatus>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, messages: error.message }));
    child.once('close', (code, signal) => resolve({ code, signal, messages }));
  });
  return { child, ended };
}

/**
 * What stands before a command so that the program ends when this process is gone, even by SIGKILL: on Linux util-linux's setpriv asks
 * the kernel for it (prctl PR_SET_PDEATHSIG) and becomes the program. Elsewhere nothing.
 */
async function tether(): Promise<string[]> {
  const setpriv = process.platform === 'linux' ? await findCommand('setpriv') : undefined;
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL'];
}

/** Writes to a stream and resolves when the bytes are handed to the system; what is written after the end is dropped. */
export function sinkTo(stream: NodeJS.WritableStream | null): ByteSink {
  stream?.on('error', () => {});
  return (bytes) =>
    new Promise((resolve) => {
      if (stream === null || !stream.writable) resolve();
      else stream.write(bytes, () => resolve());
    });
}
