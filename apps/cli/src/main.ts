#!/usr/bin/env node
/** The `drift` command: finds the command, runs it, and turns errors into sentences and exit codes. */
import './compile-cache.ts';
import { EXIT_OK, EXIT_USAGE, exitCodeOf, UsageError } from './exit-codes.ts';
import { COMMAND_HELP, PROGRAM_HELP } from './help.ts';
import { print } from './output.ts';
import { version } from './version.ts';

type Command = (args: readonly string[]) => Promise<number>;

/** Loaded when called: the compiler and its tables take half a second. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  asm: async () => (await import('./asm-command.ts')).asmCommand,
  bench: async () => (await import('./bench-command.ts')).benchCommand,
  build: async () => (await import('./build-command.ts')).buildCommand,
  compile: async () => (await import('./compile-command.ts')).compileCommand,
  disasm: async () => (await import('./disasm-command.ts')).disasmCommand,
  run: async () => (await import('./run-command.ts')).runCommand,
};

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-V') {
    await print(`${await version()}\n`);
    return EXIT_OK;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    await print(COMMAND_HELP[rest[0] ?? ''] ?? PROGRAM_HELP);
    return name === undefined ? EXIT_USAGE : EXIT_OK;
  }
  const command = commands[name];
  if (command === undefined) throw new UsageError(`There is no command '${name}'.`);
  if (rest.includes('--help') || rest.includes('-h')) {
    await print(COMMAND_HELP[name] ?? PROGRAM_HELP);
    return EXIT_OK;
  }
  return (await command())(rest);
}

/** What a user can cause has a code and a sentence; anything else is a defect, and its stack is what helps. */
function complain(error: unknown): void {
  if (!(error instanceof Error)) process.stderr.write(`${String(error)}\n`);
  else if ('code' in error) process.stderr.write(`${error.message}\n`);
  else process.stderr.write(`${error.stack ?? error.message}\n`);
  if (error instanceof UsageError) process.stderr.write(`See: drift ${[error.command, '--help'].join(' ').trim()}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  complain(error);
  process.exitCode = exitCodeOf(error);
}
