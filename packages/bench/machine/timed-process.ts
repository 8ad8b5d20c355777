/** Runs a program and takes the time, from outside, of what it writes. */
import { spawn } from 'node:child_process';
import type { Command } from './engines.ts';

export interface TimedProcess {
  readonly command: Command;
  /** Seconds after which it is ended. */
  readonly limit: number;
  /** Text as it arrives, and the seconds since the start of the process. @returns whether all is there */
  readonly receive: (text: string, seconds: number) => boolean;
}

/** For a program that is to end, in milliseconds, before it is made to. */
const PATIENCE = 2000;

/** Resolves when `receive` has everything, the program has ended, or its time is up. @returns what it wrote on standard error */
export function runTimed({ command, limit, receive }: TimedProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const [program, ...args] = command;
    const begun = performance.now();
    // A group of its own: what it starts ends with it.
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(-child.pid, name);
      } catch {
        // It ended by itself.
      }
    };
    let kill: NodeJS.Timeout | undefined;
    const end = (): void => {
      if (kill !== undefined) return;
      signal('SIGTERM');
      kill = setTimeout(() => signal('SIGKILL'), PATIENCE);
    };
    const atExit = (): void => signal('SIGKILL');
    const timer = setTimeout(end, limit * 1000);
    process.once('exit', atExit);
    let complaints = '';
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      complaints += text;
    });
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      if (receive(text, (performance.now() - begun) / 1000)) end();
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      clearTimeout(kill);
      process.off('exit', atExit);
      resolve(complaints);
    });
  });
}
