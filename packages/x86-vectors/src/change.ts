/**
 * Changes of a state, as bytes: the number of runs, and for each the gap from the end of the previous one, its length, its bytes.
 * Numbers are little endian base 128, seven bits to a byte, the top bit set on all but the last.
 */
export interface Change {
  /** In the state. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

export function readNumber(cursor: Cursor): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new RangeError('The vectors end inside a number: the file is damaged');
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
}

export function readChanges(cursor: Cursor): Change[] {
  const changes: Change[] = [];
  let offset = 0;
  for (let runs = readNumber(cursor); runs > 0; runs--) {
    offset += readNumber(cursor);
    const length = readNumber(cursor);
    changes.push({ offset, bytes: cursor.bytes.subarray(cursor.at, cursor.at + length) });
    cursor.at += length;
    offset += length;
  }
  return changes;
}

/** Writes the changes into a state. */
export function applyChanges(state: Uint8Array, changes: readonly Change[]): void {
  for (const { offset, bytes } of changes) state.set(bytes, offset);
}
