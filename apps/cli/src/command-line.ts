/** Reading a command's arguments: node:util's parseArgs, with errors that name the option and the way to help. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { UsageError } from './exit-codes.ts';

/** One occurrence of an option, in the order of the command line. */
export interface OptionUse {
  readonly name: string;
  readonly value: string | undefined;
}

export interface Arguments {
  readonly positionals: readonly string[];
  /** Every option that was given, in order. */
  readonly uses: readonly OptionUse[];
  /** The last value of a string option. */
  value(name: string): string | undefined;
  /** Whether a boolean option was given. */
  flag(name: string): boolean;
}

/** @throws UsageError for an option that `options` does not know, or one without its value. */
export function readArguments(command: string, args: readonly string[], options: ParseArgsOptionsConfig): Arguments {
  try {
    const config = { args: [...args], options, allowPositionals: true, strict: true, tokens: true } as const;
    const { positionals, tokens } = parseArgs(config);
    const uses = tokens.flatMap((token) => (token.kind === 'option' ? [{ name: token.name, value: token.value }] : []));
    return {
      positionals,
      uses,
      value: (name) => uses.findLast((use) => use.name === name)?.value,
      flag: (name) => uses.some((use) => use.name === name),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message, command);
  }
}

/** A positive number given as text. @throws UsageError */
export function readNumber(command: string, option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`--${option} is '${text}'; it must be a positive number.`, command);
}

/** One of a few words. @throws UsageError */
export function readChoice<T extends string>(
  command: string,
  option: string,
  text: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} is '${text}'; it must be one of ${choices.join(', ')}.`, command);
}
