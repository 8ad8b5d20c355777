/** A disk that cannot be used: what is wrong with it, and what to do. */

export type DiskErrorCode =
  /** The file cannot be opened, or the server does not answer with it. */
  | 'DISK_UNREADABLE'
  /** It is not a whole number of sectors of 512 bytes, or none. */
  | 'DISK_SIZE'
  /** The server does not give parts of a file. */
  | 'DISK_NO_RANGES';

export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;

  constructor(code: DiskErrorCode, problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.code = code;
  }
}

/** @returns the number of sectors. @throws DiskError DISK_SIZE */
export function checkDiskSize(name: string, bytes: number): number {
  if (bytes > 0 && bytes % 512 === 0) return bytes / 512;
  const problem = `${name} has ${bytes} bytes, which is no whole number of sectors of 512; give a raw disk image`;
  throw new DiskError('DISK_SIZE', problem);
}
