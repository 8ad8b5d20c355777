/** An encoder for ACPI machine language (ACPI 6.5, chapter 20), as far as descriptions of devices need it. */

export type Aml = readonly number[];

const ZERO = 0x00;
const ONE = 0x01;
const NAME = 0x08;
const BYTE = 0x0a;
const WORD = 0x0b;
const DWORD = 0x0c;
const SCOPE = 0x10;
const BUFFER = 0x11;
const PACKAGE = 0x12;
const EXTENDED = 0x5b;
const DEVICE = 0x82;

function little(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
}

/** A constant in its shortest form, 0 to 2^32 - 1. */
export function integer(value: number): Aml {
  if (value === 0) return [ZERO];
  if (value === 1) return [ONE];
  if (value < 0x100) return [BYTE, value];
  return value < 0x10000 ? [WORD, ...little(value, 2)] : [DWORD, ...little(value, 4)];
}

/** PkgLength in front of the bytes it counts, itself among them (20.2.4). */
function packaged(contents: Aml): number[] {
  for (let bytes = 1; bytes <= 4; bytes++) {
    const total = contents.length + bytes;
    if (bytes === 1 && total < 0x40) return [total, ...contents];
    if (bytes > 1 && total < 2 ** (4 + 8 * (bytes - 1))) {
      return [((bytes - 1) << 6) | (total & 15), ...little(Math.floor(total / 16), bytes - 1), ...contents];
    }
  }
  throw new RangeError(`${contents.length} bytes are too many for a package`);
}

/** A path of four-character segments: `\_SB.PCI0`, `_HID`; short segments are padded with `_`. */
function nameString(path: string): number[] {
  const root = path.startsWith('\\');
  const segments = path
    .slice(root ? 1 : 0)
    .split('.')
    .map((segment) => segment.padEnd(4, '_'));
  const bytes = segments.flatMap((segment) => [...new TextEncoder().encode(segment)]);
  const prefix = segments.length === 1 ? [] : segments.length === 2 ? [0x2e] : [0x2f, segments.length];
  return [...(root ? [0x5c] : []), ...prefix, ...bytes];
}

export function name(path: string, value: Aml): Aml {
  return [NAME, ...nameString(path), ...value];
}

export function scope(path: string, ...contents: Aml[]): Aml {
  return [SCOPE, ...packaged([...nameString(path), ...contents.flat()])];
}

export function device(path: string, ...contents: Aml[]): Aml {
  return [EXTENDED, DEVICE, ...packaged([...nameString(path), ...contents.flat()])];
}

export function pack(...elements: Aml[]): Aml {
  return [PACKAGE, ...packaged([elements.length, ...elements.flat()])];
}

export function buffer(bytes: Aml): Aml {
  return [BUFFER, ...packaged([...integer(bytes.length), ...bytes])];
}

/** A seven-character EISA identifier as the number that stands for it (19.3.4): `PNP0A03`. */
export function eisaId(id: string): Aml {
  const letter = (index: number): number => id.charCodeAt(index) - 0x40;
  const manufacturer = (letter(0) << 10) | (letter(1) << 5) | letter(2);
  const product = Number.parseInt(id.slice(3), 16);
  return [DWORD, manufacturer >> 8, manufacturer & 0xff, product >> 8, product & 0xff];
}

/** Resource descriptors (6.4); `resources` puts them into a buffer with its end tag. */
export function resources(...descriptors: Aml[]): Aml {
  return buffer([...descriptors.flat(), 0x79, 0]);
}

/** I/O port descriptor: a fixed range, all 16 bits decoded. */
export function ports(base: number, count: number): Aml {
  return [0x47, 0x01, ...little(base, 2), ...little(base, 2), 1, count];
}

/** IRQ descriptor: one edge-triggered, active high ISA interrupt. */
export function irq(request: number): Aml {
  return [0x22, ...little(1 << request, 2)];
}

/** A fixed range of memory, writable. */
export function memory(base: number, bytes: number): Aml {
  return [0x86, 9, 0, 1, ...little(base, 4), ...little(bytes, 4)];
}

export type AddressKind = 'memory' | 'port' | 'bus';

/** Word or dword address space descriptor of a bridge: what it passes on, `first` to `last`. */
export function window(kind: AddressKind, first: number, last: number): Aml {
  const width = kind === 'memory' ? 4 : 2;
  const type = { memory: 0, port: 1, bus: 2 }[kind];
  // Bridges decode positively, and both ends are fixed. Ports: the entire range. Memory: writable, not cached.
  const general = 0x0c;
  const specific = kind === 'memory' ? 0x01 : kind === 'port' ? 0x03 : 0;
  const fields = [0, first, last, 0, last - first + 1].flatMap((value) => little(value, width));
  const length = 3 + fields.length;
  return [kind === 'memory' ? 0x87 : 0x88, ...little(length, 2), type, general, specific, ...fields];
}
