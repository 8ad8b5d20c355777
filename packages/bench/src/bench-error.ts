/** The errors that this package throws. */

export type BenchErrorCode =
  /** A program that the measurement needs is not installed; the message says how to install it. */
  | 'PROGRAM_MISSING'
  /** This host cannot run the measurement. */
  | 'UNSUPPORTED'
  /** The measurement went wrong. */
  | 'FAILED';

export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly code: BenchErrorCode;

  constructor(code: BenchErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
