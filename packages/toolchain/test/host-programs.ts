/** Tests against programs of the host are skipped, by name, where a program is missing. */
import { spawnSync } from 'node:child_process';

/** True when one of the programs cannot be started; says which, and where it comes from. */
export function missing(...programs: readonly string[]): boolean {
  const absent = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined);
  for (const program of absent)
    process.stderr.write(`skipped: ${program} is missing (apt-get install gcc binutils gdb)\n`);
  return absent.length > 0;
}
