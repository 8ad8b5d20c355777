/** ELF64 files for x86-64, as far as objects and executables need them (System V ABI, gABI chapters 4 and 5; amd64 psABI 4.4). */
import { ByteWriter } from './byte-writer.ts';

export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_RELA = 4;
export const SHT_NOBITS = 8;
export const SHF_WRITE = 1;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
export const SHF_INFO_LINK = 0x40;
export const ET_REL = 1;
export const ET_EXEC = 2;
export const STB_LOCAL = 0;
export const STB_GLOBAL = 1;
export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const STT_SECTION = 3;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;
const PT_LOAD = 1;
const EM_X86_64 = 62;
const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const RELA_BYTES = 24;

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Size in memory where it is not that of `bytes` (SHT_NOBITS). */
  readonly size?: number;
  readonly alignment: number;
  /** sh_link and sh_info. */
  readonly link?: number;
  readonly info?: number;
  readonly entryBytes?: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly type: number;
  readonly binding: number;
  /** Section header index; 0 for undefined. */
  readonly section: number;
}

export interface ElfRelocation {
  readonly offset: number;
  /** R_X86_64_*. */
  readonly type: number;
  /** Index into the symbol table. */
  readonly symbol: number;
  readonly addend: number;
}

/** A PT_LOAD entry: the section with this index (into the list given), with these PF_ flags and size in memory. */
export interface ElfLoad {
  readonly section: number;
  readonly flags: number;
  readonly memoryBytes: number;
}

export class StringTable {
  readonly #out = new ByteWriter();
  readonly #offsets = new Map<string, number>();

  constructor() {
    this.add('');
  }

  /** Offset of `text`, the same for the same text. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const at = this.#out.length;
    this.#out.string(text);
    this.#offsets.set(text, at);
    return at;
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }
}

/** Contents of `.symtab`. Symbol 0 is the reserved one; locals have to come first, `firstGlobal` is what sh_info wants. */
export function symbolTable(
  symbols: readonly ElfSymbol[],
  strings: StringTable,
): { bytes: Uint8Array; firstGlobal: number } {
  const out = new ByteWriter();
  for (const symbol of symbols) {
    out.u32(strings.add(symbol.name));
    out.u8((symbol.binding << 4) | symbol.type);
    out.u8(0);
    out.u16(symbol.section);
    out.u64(symbol.value);
    out.u64(symbol.size);
  }
  const firstGlobal = symbols.findIndex((symbol) => symbol.binding !== STB_LOCAL);
  return { bytes: out.finish(), firstGlobal: firstGlobal < 0 ? symbols.length : firstGlobal };
}

/** The reserved symbol 0. */
export const nullSymbol: ElfSymbol = {
  name: '',
  value: 0,
  size: 0,
  type: STT_NOTYPE,
  binding: STB_LOCAL,
  section: 0,
};

/** `.symtab` with its string table; `index` is the section header index that `.symtab` will have, `.strtab` follows it. */
export function symbolSections(symbols: readonly ElfSymbol[], index: number): ElfSection[] {
  const strings = new StringTable();
  const { bytes, firstGlobal } = symbolTable(symbols, strings);
  const plain = { flags: 0, address: 0 };
  return [
    {
      ...plain,
      name: '.symtab',
      type: SHT_SYMTAB,
      bytes,
      alignment: 8,
      link: index + 1,
      info: firstGlobal,
      entryBytes: SYMBOL_BYTES,
    },
    { ...plain, name: '.strtab', type: SHT_STRTAB, bytes: strings.finish(), alignment: 1 },
  ];
}

/** `.rela<name>` for the section with header index `target`. */
export function relocationSection(
  name: string,
  relocations: readonly ElfRelocation[],
  symtab: number,
  target: number,
): ElfSection {
  const out = new ByteWriter();
  for (const relocation of relocations) {
    out.u64(relocation.offset);
    out.u64((BigInt(relocation.symbol) << 32n) | BigInt(relocation.type));
    out.u64(relocation.addend);
  }
  return {
    name: `.rela${name}`,
    type: SHT_RELA,
    flags: SHF_INFO_LINK,
    address: 0,
    bytes: out.finish(),
    alignment: 8,
    link: symtab,
    info: target,
    entryBytes: RELA_BYTES,
  };
}

/**
 * The file: header, program headers, section contents, section headers. `sections` leaves out the null section (index 0) and the
 * section name table, which is added as the last.
 */
export function writeElf(
  type: typeof ET_REL | typeof ET_EXEC,
  entry: number,
  sections: readonly ElfSection[],
  loads: readonly ElfLoad[] = [],
): Uint8Array {
  const names = new StringTable();
  for (const section of sections) names.add(section.name);
  names.add('.shstrtab');
  const all: ElfSection[] = [
    ...sections,
    { name: '.shstrtab', type: SHT_STRTAB, flags: 0, address: 0, bytes: names.finish(), alignment: 1 },
  ];

  const body = new ByteWriter();
  const bodyStart = HEADER_BYTES + loads.length * PROGRAM_HEADER_BYTES;
  const offsets = all.map((section, index) => {
    // A loaded section's file offset and address agree modulo the page size (gABI, p_align).
    const alignment = loads.some((load) => load.section === index) ? 4096 : Math.max(section.alignment, 1);
    while ((bodyStart + body.length) % alignment !== 0) body.u8(0);
    const offset = bodyStart + body.length;
    if (section.type !== SHT_NOBITS) body.raw(section.bytes);
    return offset;
  });
  while ((bodyStart + body.length) % 8 !== 0) body.u8(0);
  const headersAt = bodyStart + body.length;

  const out = new ByteWriter();
  out.raw(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  out.u16(type);
  out.u16(EM_X86_64);
  out.u32(1);
  out.u64(entry);
  out.u64(loads.length === 0 ? 0 : HEADER_BYTES);
  out.u64(headersAt);
  out.u32(0);
  out.u16(HEADER_BYTES);
  out.u16(loads.length === 0 ? 0 : PROGRAM_HEADER_BYTES);
  out.u16(loads.length);
  out.u16(SECTION_HEADER_BYTES);
  out.u16(all.length + 1);
  out.u16(all.length);
  for (const load of loads) writeProgramHeader(out, load, all, offsets);
  out.raw(body.finish());
  out.raw(new Uint8Array(SECTION_HEADER_BYTES));
  for (const [index, section] of all.entries()) {
    out.u32(names.add(section.name));
    out.u32(section.type);
    out.u64(section.flags);
    out.u64(section.address);
    out.u64(offsets[index] ?? 0);
    out.u64(section.size ?? section.bytes.length);
    out.u32(section.link ?? 0);
    out.u32(section.info ?? 0);
    out.u64(section.alignment);
    out.u64(section.entryBytes ?? 0);
  }
  return out.finish();
}

function writeProgramHeader(
  out: ByteWriter,
  load: ElfLoad,
  sections: readonly ElfSection[],
  offsets: readonly number[],
): void {
  const section = sections[load.section];
  const offset = offsets[load.section];
  if (section === undefined || offset === undefined) throw new RangeError(`no section ${load.section} to load`);
  out.u32(PT_LOAD);
  out.u32(load.flags);
  out.u64(offset);
  out.u64(section.address);
  out.u64(section.address);
  out.u64(section.type === SHT_NOBITS ? 0 : section.bytes.length);
  out.u64(load.memoryBytes);
  out.u64(4096);
}
