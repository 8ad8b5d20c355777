/** What the exit code of `drift` says, and which error gives which. */

export const EXIT_OK = 0;
/** The guest failed: it ended badly, or before it printed what was expected; or a program for it does not compile. */
export const EXIT_GUEST_FAILED = 1;
export const EXIT_USAGE = 2;
/** A program that Drift needs is not installed on the host. */
export const EXIT_MISSING = 3;
export const EXIT_TIMEOUT = 42;

/** A command line that cannot be carried out. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
  /** The command whose help tells more, if any. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.command = command;
  }
}

/** By code: the classes belong to packages that most commands do not load. Anything without a known code is a failure. */
const BY_CODE: Readonly<Record<string, number>> = {
  USAGE: EXIT_USAGE,
  OPTION_INVALID: EXIT_USAGE,
  BAD_OPTION: EXIT_USAGE,
  BAD_IMAGE: EXIT_USAGE,
  PROGRAM_MISSING: EXIT_MISSING,
  UNSUPPORTED: EXIT_MISSING,
  TIMEOUT: EXIT_TIMEOUT,
};

export function exitCodeOf(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return BY_CODE[code] ?? EXIT_GUEST_FAILED;
}
