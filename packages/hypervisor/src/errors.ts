/** The errors that this package throws; each says what was wrong and what to do. */

export type HypervisorErrorCode =
  /** The hypervisor is not installed; the message says how to install it. */
  | 'PROGRAM_MISSING'
  /** An option has a value that cannot be used. */
  | 'OPTION_INVALID'
  /** The program ended before the machine ran. */
  | 'START_FAILED'
  /** The machine ended while something was still expected of it. */
  | 'MACHINE_ENDED'
  /** Something expected did not come in time. */
  | 'TIMEOUT'
  /** The hypervisor at hand cannot do this. */
  | 'UNSUPPORTED';

export class HypervisorError extends Error {
  override readonly name = 'HypervisorError';
  readonly code: HypervisorErrorCode;

  constructor(code: HypervisorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
