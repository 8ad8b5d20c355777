/** Small changes to the bytes of a module, so that what a test compares is the same everywhere. */

/** Exports memory 0 as `memory!` and makes its maximum its minimum, so that it grows nowhere. */
export function fixMemory(wasm: Uint8Array): Uint8Array {
  const sections: { id: number; body: number[] }[] = [];
  let at = 8;
  const u32 = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < wasm.length) {
    const id = wasm[at++] as number;
    const size = u32();
    sections.push({ id, body: [...wasm.subarray(at, at + size)] });
    at += size;
  }
  const memory = sections.find(({ id }) => id === 5);
  if (memory === undefined) return wasm;
  // count, flags, minimum [, maximum]: the minimum ends with the first byte below 0x80.
  const minimumEnd = memory.body.findIndex((byte, i) => i >= 2 && byte < 0x80) + 1;
  const minimum = memory.body.slice(2, minimumEnd);
  memory.body = [1, (memory.body[1] as number) | 1, ...minimum, ...minimum];
  const name = [...new TextEncoder().encode('memory!')];
  const exported = [name.length, ...name, 2, 0];
  const exports = sections.find(({ id }) => id === 7);
  if (exports === undefined) {
    const behind = sections.findIndex(({ id }) => id > 7 && id !== 12);
    sections.splice(behind < 0 ? sections.length : behind, 0, { id: 7, body: [1, ...exported] });
  } else {
    let end = 0;
    let count = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = exports.body[end++] as number;
      count |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    exports.body = [...leb(count + 1), ...exports.body.slice(end), ...exported];
  }
  return Uint8Array.from([
    ...wasm.subarray(0, 8),
    ...sections.flatMap(({ id, body }) => [id, ...leb(body.length), ...body]),
  ]);
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}
