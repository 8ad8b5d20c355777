/** What goes wrong in an assembly program, apart from single instructions (those throw x86-core's EncodeError). */

export type AssemblerErrorCode =
  | 'DUPLICATE_LABEL'
  /** `global` of a name, or a distance to one, that the program does not define. */
  | 'UNDEFINED_LABEL'
  /** A place is too narrow for its value: a short jump too far, an address that needs more bits. */
  | 'OUT_OF_RANGE'
  /** `org` to an offset that is behind already. */
  | 'ORG_BEHIND'
  | 'BAD_ALIGNMENT';

export class AssemblerError extends Error {
  override readonly name = 'AssemblerError';
  readonly code: AssemblerErrorCode;

  constructor(code: AssemblerErrorCode, program: string, problem: string) {
    super(`${program}: ${problem}`);
    this.code = code;
  }
}
