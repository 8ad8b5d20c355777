/** What the exit code of `drift` says, and which error gives which. */
import { HypervisorError } from '@drift-os/hypervisor';

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

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT_USAGE;
  if (!(error instanceof HypervisorError)) return EXIT_GUEST_FAILED;
  switch (error.code) {
    case 'OPTION_INVALID':
      return EXIT_USAGE;
    case 'PROGRAM_MISSING':
    case 'UNSUPPORTED':
      return EXIT_MISSING;
    case 'TIMEOUT':
      return EXIT_TIMEOUT;
    case 'START_FAILED':
    case 'MACHINE_ENDED':
      return EXIT_GUEST_FAILED;
  }
}
