/** Whether a hypervisor outlives the process that started it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** SIGKILL leaves the process no time; on Linux the kernel sees to its child. */
export const killers: readonly NodeJS.Signals[] =
  process.platform === 'linux' ? ['SIGINT', 'SIGTERM', 'SIGKILL'] : ['SIGINT', 'SIGTERM'];

/** Starts a process that runs a guest, ends it by `signal`, and looks for its hypervisor within a second. */
export async function survives(hypervisor: 'qemu' | 'bochs', signal: NodeJS.Signals): Promise<boolean> {
  const program = fileURLToPath(new URL('run-until-killed.ts', import.meta.url));
  const runner = spawn(process.execPath, ['--conditions=@drift-os/source', program, hypervisor], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => runner.stdout.once('data', (data) => resolve(String(data))));
  const pid = Number(line);
  if (!alive(pid)) throw new Error(`There was no process ${line}.`);
  const exited = new Promise((resolve) => runner.once('exit', (_code, by) => resolve(by)));
  runner.kill(signal);
  if ((await exited) !== signal) throw new Error(`The process did not end by ${signal}.`);
  for (let tries = 0; tries < 50 && alive(pid); tries++) await sleep(20);
  if (!alive(pid)) return false;
  process.kill(pid, 'SIGKILL');
  return true;
}

/** A process that has ended but that nobody has waited for (state Z) is not alive. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync('/proc/self');
  }
}
