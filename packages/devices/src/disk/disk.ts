/** What a disk device stands on: sectors somewhere on the host. */

export const SECTOR_BYTES = 512;

/**
 * Operations that can be done at once return nothing; others return a promise. A failure is thrown or rejected with, and becomes a
 * media error for the guest. Several operations may be under way; the order of overlapping ones is up to the caller.
 */
export interface Disk {
  /** Size in sectors of 512 bytes. */
  readonly sectors: number;
  readonly readOnly: boolean;
  /** Fills `target`, a whole number of sectors, from `sector` on. */
  read(sector: number, target: Uint8Array): void | Promise<void>;
  write(sector: number, source: Uint8Array): void | Promise<void>;
  /** Everything written is on stable storage when this is done. */
  flush(): void | Promise<void>;
}

/** Calls `done` when the operation is, at once where it needs no waiting; with the error where it failed. */
export function whenDone(operation: () => void | Promise<void>, done: (error?: unknown) => void): void {
  let result: void | Promise<void>;
  try {
    result = operation();
  } catch (error) {
    done(error ?? new Error('disk error'));
    return;
  }
  if (result === undefined) done();
  else
    result.then(
      () => done(),
      (error: unknown) => done(error ?? new Error('disk error')),
    );
}
