/** Reads an ELF64 relocatable, as gcc or clang write them, so that native code can be linked into an image (gABI 4, amd64 psABI 4.4). */
import type { ObjectModule, Relocation, RelocationKind, Section, SectionName, SymbolDefinition } from '../object.ts';
import {
  ET_REL,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_PROGBITS,
  SHT_RELA,
  SHT_SYMTAB,
  STB_LOCAL,
  STT_FUNC,
  STT_OBJECT,
  STT_SECTION,
} from './elf-file.ts';

const EM_X86_64 = 62;
/** Section indices from here on are not sections; 0xfff1 is an absolute symbol, 0xfff2 a common one. */
const SHN_LORESERVE = 0xff00;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const RELA_BYTES = 24;

/** An object that cannot be linked; the message says what is in it. */
export class ElfError extends Error {
  override readonly name = 'ElfError';
  readonly code = 'ELF_UNSUPPORTED';
}

/** ELF's relocations on the left count from the start of the field, ours from its end: a rel32 addend is 4 more. */
const KINDS: Readonly<Record<number, { readonly kind: RelocationKind; readonly extra: number }>> = {
  1: { kind: 'abs64', extra: 0 }, // R_X86_64_64
  2: { kind: 'rel32', extra: 4 }, // R_X86_64_PC32
  4: { kind: 'rel32', extra: 4 }, // R_X86_64_PLT32: a direct call, there being no PLT
  10: { kind: 'abs32', extra: 0 }, // R_X86_64_32
  11: { kind: 'abs32s', extra: 0 }, // R_X86_64_32S
};

interface Header {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: number;
}

/**
 * Turns the allocated sections of an ELF object into an object of the linker's. Symbols keep their names; unwind tables, notes and
 * debug information are left out.
 *
 * @throws ElfError for anything but a little-endian ELF64 relocatable of x86-64, and for relocations other than plain ones:
 * compile with `-fno-pic -ffreestanding -fno-common`.
 */
export function readElfObject(name: string, bytes: Uint8Array): ObjectModule {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46 || view.getUint16(4) !== 0x0201) {
    throw new ElfError(`${name} is not a little-endian ELF64 file.`);
  }
  if (view.getUint16(16, true) !== ET_REL || view.getUint16(18, true) !== EM_X86_64) {
    throw new ElfError(`${name} is not a relocatable object for x86-64.`);
  }
  const headers = readHeaders(view, bytes);
  const kept = headers.flatMap((header, index) => (isKept(header) ? [index] : []));
  const sectionOf = new Map(kept.map((index, position) => [index, position]));
  const sections = kept.map((index) => sectionFrom(headers[index] as Header, bytes));
  const table = headers.find((header) => header.type === SHT_SYMTAB);
  const names: string[] = [];
  const symbols: SymbolDefinition[] = [];
  if (table !== undefined) {
    const strings = headers[table.link];
    for (let at = table.offset; at < table.offset + table.size; at += SYMBOL_BYTES) {
      const type = view.getUint8(at + 4) & 15;
      const index = view.getUint16(at + 6, true);
      const section = sectionOf.get(index);
      const own = text(bytes, (strings?.offset ?? 0) + view.getUint32(at, true));
      const symbol = type === STT_SECTION ? `${headers[index]?.name ?? ''}#${index}` : own;
      names.push(symbol);
      if (index >= SHN_LORESERVE && type < STT_SECTION)
        throw new ElfError(`${name}: ${own} is a common or absolute symbol.`);
      if (section === undefined) continue;
      symbols.push({
        name: symbol,
        section,
        offset: Number(view.getBigUint64(at + 8, true)),
        size: Number(view.getBigUint64(at + 16, true)),
        kind: type === STT_FUNC ? 'function' : type === STT_OBJECT ? 'object' : 'label',
        global: view.getUint8(at + 4) >> 4 !== STB_LOCAL,
      });
    }
  }
  const relocations = headers.flatMap((header) => {
    const section = sectionOf.get(header.info);
    return header.type === SHT_RELA && section !== undefined ? readRelocations(name, view, header, section, names) : [];
  });
  const functions = symbols
    .filter((symbol) => symbol.kind === 'function')
    .map(({ name: own, section, offset, size }) => {
      return { section, offset, size, name: own, frameBytes: undefined, savedRegisters: [], prologueBytes: 0 };
    });
  return { name, sections, symbols, relocations, functions, files: [], lines: [], traps: [] };
}

function readHeaders(view: DataView, bytes: Uint8Array): Header[] {
  const start = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const headers = Array.from({ length: count }, (_unused, index) => {
    const at = start + index * SECTION_HEADER_BYTES;
    return {
      nameOffset: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      flags: Number(view.getBigUint64(at + 8, true)),
      offset: Number(view.getBigUint64(at + 24, true)),
      size: Number(view.getBigUint64(at + 32, true)),
      link: view.getUint32(at + 40, true),
      info: view.getUint32(at + 44, true),
      alignment: Math.max(1, Number(view.getBigUint64(at + 48, true))),
    };
  });
  const strings = headers[view.getUint16(62, true)]?.offset ?? 0;
  return headers.map(({ nameOffset, ...header }) => ({ ...header, name: text(bytes, strings + nameOffset) }));
}

function isKept({ type, flags, name }: Header): boolean {
  return (type === SHT_PROGBITS || type === SHT_NOBITS) && (flags & SHF_ALLOC) !== 0 && name !== '.eh_frame';
}

function sectionFrom(header: Header, bytes: Uint8Array): Section {
  const isZero = header.type === SHT_NOBITS;
  return {
    name: sectionName(header.flags),
    bytes: isZero ? new Uint8Array() : bytes.slice(header.offset, header.offset + header.size),
    zeroBytes: isZero ? header.size : 0,
    alignment: header.alignment,
    address: undefined,
  };
}

function sectionName(flags: number): SectionName {
  if ((flags & SHF_EXECINSTR) !== 0) return 'text';
  return (flags & SHF_WRITE) !== 0 ? 'data' : 'rodata';
}

function readRelocations(
  object: string,
  view: DataView,
  header: Header,
  section: number,
  names: readonly string[],
): Relocation[] {
  const relocations: Relocation[] = [];
  for (let at = header.offset; at < header.offset + header.size; at += RELA_BYTES) {
    const type = view.getUint32(at + 8, true);
    const symbol = names[view.getUint32(at + 12, true)] ?? '';
    const known = KINDS[type];
    if (known === undefined)
      throw new ElfError(`${object}: relocation type ${type} against ${symbol} is not supported.`);
    const addend = Number(view.getBigInt64(at + 16, true)) + known.extra;
    relocations.push({ section, offset: Number(view.getBigUint64(at, true)), kind: known.kind, symbol, addend });
  }
  return relocations;
}

function text(bytes: Uint8Array, start: number): string {
  return new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
}
