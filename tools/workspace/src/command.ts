/** Running programs of the workspace: quietly, or with their output on the terminal. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

export interface Finished {
  readonly code: number;
  /** stdout and stderr, as they came; empty when they went to the terminal. */
  readonly output: string;
}

export interface CommandOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** True: the child has this process's terminal. Default: its output is kept for the result. */
  readonly terminal?: boolean;
}

/** Runs `program`, found in the workspace's node_modules or on the PATH. Resolves also when it fails. */
export function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  const child = spawn(program, args, {
    cwd: options.folder ?? root,
    env: { ...process.env, ...options.environment },
    stdio: options.terminal === true ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (text: string): void => void (output += text);
  child.stdout?.setEncoding('utf8').on('data', collect);
  child.stderr?.setEncoding('utf8').on('data', collect);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code, signal) => resolve({ code: code ?? (signal === null ? 1 : 130), output }));
  });
}

/** Runs tasks of turbo.json in every package that has them, or in some. */
export function turbo(
  tasks: readonly string[],
  args: readonly string[] = [],
  options?: CommandOptions,
): Promise<Finished> {
  const environment = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...options?.environment };
  return run('turbo', ['run', ...tasks, '--concurrency=2', ...args], { ...options, environment });
}
