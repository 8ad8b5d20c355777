/** What can go wrong in a way that the user of a machine can do something about. */

export type MachineErrorCode =
  /** A window lies outside of its address space. */
  | 'BAD_ADDRESS'
  /** Two windows want the same place. */
  | 'ADDRESS_CONFLICT'
  /** An option is out of range, or contradicts another. */
  | 'BAD_OPTION'
  /** A file is not what it is given as: no disk, no kernel. */
  | 'BAD_IMAGE'
  /** A saved state was made by another machine or another version. */
  | 'STATE_MISMATCH'
  /** Not possible with a thread for each core. */
  | 'NOT_IN_PARALLEL'
  /** What was waited for did not come in time. */
  | 'TIMEOUT'
  /** The machine ended before what was waited for came. */
  | 'MACHINE_ENDED';

export class MachineError extends Error {
  override readonly name = 'MachineError';
  readonly code: MachineErrorCode;

  constructor(code: MachineErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
