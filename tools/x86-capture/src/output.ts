/** Cuts the output of execute.c into the changes of each vector. */

/** @returns for each vector its changes, undefined where it was lost. */
export function splitOutput(bytes: Uint8Array, count: number): (Uint8Array | undefined)[] {
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('The output of execute.c ends early');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  return Array.from({ length: count }, () => {
    if (bytes[at++] === 0) return undefined;
    const start = at;
    for (let runs = number(); runs > 0; runs--) {
      number();
      const length = number();
      at += length;
    }
    return bytes.subarray(start, at);
  });
}
