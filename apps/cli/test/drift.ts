/** Runs the `drift` command as a child process, the way a shell does. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface DriftResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DriftOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Working folder. */
  readonly folder?: string;
}

export function drift(args: readonly string[], options: DriftOptions = {}): Promise<DriftResult> {
  const child = spawn(process.execPath, ['--conditions=@drift-os/source', program, ...args], {
    env: { ...process.env, ...options.environment },
    cwd: options.folder,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(options.input ?? '');
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}
