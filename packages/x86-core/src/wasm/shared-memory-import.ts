/** Rewrites a module that imports a memory into one that imports a shared memory: limits have another form then (core specification 5.3.7). */
import { ByteWriter } from './byte-writer.ts';

const IMPORT_SECTION = 2;
const MEMORY = 0x02;
const SHARED_WITH_MAXIMUM = 0x03;

/** @param maximum of the memory, in pages of 64 KiB */
export function importSharedMemory(module: Uint8Array, maximum: number): Uint8Array<ArrayBuffer> {
  let at = 8;
  while (module[at] !== IMPORT_SECTION) {
    const [length, start] = readLeb(module, at + 1);
    at = start + length;
    if (at >= module.length) throw new Error('The module imports nothing');
  }
  const [length, start] = readLeb(module, at + 1);
  const section = importsOf(module.subarray(start, start + length), maximum);
  const head = [IMPORT_SECTION, ...unsignedLeb(section.length)];
  const rest = module.subarray(start + length);
  const result = new Uint8Array(at + head.length + section.length + rest.length);
  result.set(module.subarray(0, at));
  result.set(head, at);
  result.set(section, at + head.length);
  result.set(rest, at + head.length + section.length);
  return result;
}

function importsOf(section: Uint8Array, maximum: number): Uint8Array {
  let [count, at] = readLeb(section, 0);
  for (; count > 0; count--) {
    // Module and field.
    for (let name = 0; name < 2; name++) {
      const [length, start] = readLeb(section, at);
      at = start + length;
    }
    const kind = section[at++];
    if (kind === MEMORY) {
      const [flags, minimumAt] = readLeb(section, at);
      const [minimum, end] = readLeb(section, minimumAt);
      const [, behind] = (flags & 1) === 0 ? [0, end] : readLeb(section, end);
      const limits = [SHARED_WITH_MAXIMUM, ...unsignedLeb(minimum), ...unsignedLeb(maximum)];
      return Uint8Array.from([...section.subarray(0, at), ...limits, ...section.subarray(behind)]);
    }
    if (kind !== 0) throw new Error('Only functions are imported before the memory');
    [, at] = readLeb(section, at);
  }
  throw new Error('The module imports no memory');
}

function unsignedLeb(value: number): number[] {
  const writer = new ByteWriter();
  writer.unsigned(value);
  return [...writer.written];
}

/** @returns the number, and the place behind it */
function readLeb(bytes: Uint8Array, from: number): [number, number] {
  let value = 0;
  for (let at = from, scale = 1; ; at++, scale *= 128) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at + 1];
  }
}
