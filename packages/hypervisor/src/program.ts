/** Finding a hypervisor on this host, and saying how to install it. */
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { HypervisorError } from './errors.ts';

export interface Program {
  readonly command: string;
  /** What a user calls it. */
  readonly title: string;
  /** System to the command that installs it there. */
  readonly install: Readonly<Record<string, string>>;
}

export const qemuProgram: Program = {
  command: 'qemu-system-x86_64',
  title: 'QEMU',
  install: {
    'Debian, Ubuntu': 'sudo apt-get install qemu-system-x86',
    Fedora: 'sudo dnf install qemu-system-x86',
    macOS: 'brew install qemu',
  },
};

export const bochsProgram: Program = {
  command: 'bochs',
  title: 'Bochs',
  install: {
    'Debian, Ubuntu': 'sudo apt-get install bochs bochsbios vgabios',
    Fedora: 'sudo dnf install bochs',
    macOS: 'brew install bochs',
  },
};

/** Absolute path of `command` on the PATH, or undefined. A command with a slash in it is taken as a path. */
export async function findCommand(command: string): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates =
    isAbsolute(command) || command.includes('/') ? [resolve(command)] : folders.map((folder) => join(folder, command));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * Path of a hypervisor.
 *
 * @param path Where the caller says it is; default: looked up on the PATH.
 * @throws HypervisorError PROGRAM_MISSING with installation commands.
 */
export async function findProgram(program: Program, path: string = program.command): Promise<string> {
  const found = await findCommand(path);
  if (found !== undefined) return found;
  throw new HypervisorError('PROGRAM_MISSING', missingMessage(program, path));
}

function missingMessage(program: Program, path: string): string {
  const width = Math.max(...Object.keys(program.install).map((system) => system.length)) + 1;
  const lines = Object.entries(program.install).map(([system, line]) => `  ${`${system}:`.padEnd(width)} ${line}`);
  return `${program.title} is not installed (no ${path} on the PATH). To install it:\n${lines.join('\n')}`;
}
