/** An ObjectModule as ELF64 relocatable object, for a linker of the host (`gcc -no-pie`, static or not) and for gdb. */
import type { ObjectModule, RelocationKind, Section, SectionName } from '../object.ts';
import type { Fixup } from './byte-writer.ts';
import { debugSections } from './dwarf.ts';
import {
  ET_REL,
  type ElfRelocation,
  type ElfSection,
  type ElfSymbol,
  nullSymbol,
  relocationSection,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_PROGBITS,
  STB_GLOBAL,
  STB_LOCAL,
  STT_FUNC,
  STT_NOTYPE,
  STT_OBJECT,
  STT_SECTION,
  symbolSections,
  writeElf,
} from './elf-file.ts';

/** amd64 psABI 1.0, table 4.9, with the size of the field in bytes. */
const RELOCATIONS: Readonly<Record<RelocationKind, { type: number; bytes: number; relative: boolean }>> = {
  abs16: { type: 12, bytes: 2, relative: false },
  abs32: { type: 10, bytes: 4, relative: false },
  abs32s: { type: 11, bytes: 4, relative: false },
  abs64: { type: 1, bytes: 8, relative: false },
  rel8: { type: 15, bytes: 1, relative: true },
  rel16: { type: 13, bytes: 2, relative: true },
  rel32: { type: 2, bytes: 4, relative: true },
};
const R_X86_64_64 = 1;
const R_X86_64_32 = 10;

/** `.data.*` and so on are merged into `.data` by ld's default script. */
const SECTIONS: Readonly<Record<SectionName, { name: string; flags: number }>> = {
  text: { name: '.text', flags: SHF_ALLOC | SHF_EXECINSTR },
  rodata: { name: '.rodata', flags: SHF_ALLOC },
  data: { name: '.data', flags: SHF_ALLOC | SHF_WRITE },
  globals: { name: '.data.globals', flags: SHF_ALLOC | SHF_WRITE },
};

export interface ElfObjectOptions {
  /** Folder that the object's source paths are relative to, for debuggers. Default `.`. */
  readonly compilationDirectory?: string;
}

/**
 * The object as an ELF64 file. Symbols keep their names: C reaches `shell.parse` by `__asm__("shell.parse")`.
 *
 * Sections at a fixed address are named after it, `.data.at_0x100000`: ld places such a section with
 * `-Wl,--section-start=.data.at_0x100000=0x100000`. More than 16 MiB of zeros behind such a section are one of their own, `.bss.at_0x...`.
 */
export function writeElfObject(object: ObjectModule, options: ElfObjectOptions = {}): Uint8Array {
  const sections: ElfSection[] = object.sections.map(elfSection);
  const debug = debugSections(object, options.compilationDirectory ?? '.');
  const debugIndex = new Map(debug.map(({ name }, index) => [name as string, sections.length + 1 + index]));
  for (const { name, bytes } of debug) {
    sections.push({ name, type: SHT_PROGBITS, flags: 0, address: 0, bytes, alignment: 1 });
  }
  sections.push({
    name: '.note.GNU-stack',
    type: SHT_PROGBITS,
    flags: 0,
    address: 0,
    bytes: new Uint8Array(),
    alignment: 1,
  });

  sections.push(...zeroSections(object));

  const { symbols, symbolIndex } = objectSymbols(object, debugIndex);
  const symtab = sections.length + 1;
  sections.push(...symbolSections(symbols, symtab));

  for (const [index, section] of object.sections.entries()) {
    const relocations = object.relocations.filter((relocation) => relocation.section === index);
    if (relocations.length === 0) continue;
    const entries = relocations.map(({ offset, kind, symbol, addend }): ElfRelocation => {
      const { type, bytes, relative } = RELOCATIONS[kind];
      return { offset, type, symbol: symbolIndex(symbol), addend: relative ? addend - bytes : addend };
    });
    sections.push(relocationSection(elfSection(section).name, entries, symtab, index + 1));
  }
  for (const { name, fixups } of debug) {
    if (fixups.length === 0) continue;
    const entries = fixups.map((fixup) => debugRelocation(fixup, debugIndex));
    sections.push(relocationSection(name, entries, symtab, debugIndex.get(name) ?? 0));
  }
  return writeElf(ET_REL, 0, sections);
}

/** Zeros of a fixed section that are not worth having in the file. */
const MAX_ZEROS_IN_FILE = 1 << 24;

function hasSeparateZeros({ address, bytes, zeroBytes }: Section): boolean {
  return address !== undefined && bytes.length > 0 && zeroBytes > MAX_ZEROS_IN_FILE;
}

/** The zeros behind a fixed section as one of their own, `.bss.at_0x...`. */
function zeroSections({ sections }: ObjectModule): ElfSection[] {
  return sections.filter(hasSeparateZeros).map(({ address = 0, bytes, zeroBytes }) => ({
    name: `.bss.at_0x${(address + bytes.length).toString(16)}`,
    type: SHT_NOBITS,
    flags: SHF_ALLOC | SHF_WRITE,
    address: 0,
    bytes: new Uint8Array(),
    size: zeroBytes,
    alignment: 1,
  }));
}

function elfSection(section: Section): ElfSection {
  const { name, flags } = SECTIONS[section.name];
  const fixed = section.address === undefined ? name : `${name}.at_0x${section.address.toString(16)}`;
  const common = { name: fixed, flags, address: 0, alignment: section.alignment };
  if (section.bytes.length === 0 && section.zeroBytes > 0) {
    return { ...common, type: SHT_NOBITS, bytes: section.bytes, size: section.zeroBytes };
  }
  const bytes = new Uint8Array(section.bytes.length + (hasSeparateZeros(section) ? 0 : section.zeroBytes));
  bytes.set(section.bytes);
  return { ...common, type: SHT_PROGBITS, bytes };
}

/** Section symbols first (index = section header index), then locals, then globals, then what other objects define. */
function objectSymbols(
  object: ObjectModule,
  debugIndex: ReadonlyMap<string, number>,
): { symbols: ElfSymbol[]; symbolIndex: (name: string) => number } {
  const symbols: ElfSymbol[] = [nullSymbol];
  const sectionCount = object.sections.length + debugIndex.size;
  for (let section = 1; section <= sectionCount; section++) {
    symbols.push({ name: '', value: 0, size: 0, type: STT_SECTION, binding: STB_LOCAL, section });
  }
  const indices = new Map<string, number>();
  const ordered = [...object.symbols.filter((s) => !s.global), ...object.symbols.filter((s) => s.global)];
  for (const { name, section, offset, size, kind, global } of ordered) {
    indices.set(name, symbols.length);
    const type = kind === 'function' ? STT_FUNC : kind === 'object' ? STT_OBJECT : STT_NOTYPE;
    const binding = global ? STB_GLOBAL : STB_LOCAL;
    symbols.push({ name, value: offset, size, type, binding, section: section + 1 });
  }
  for (const { symbol } of object.relocations) {
    if (indices.has(symbol)) continue;
    indices.set(symbol, symbols.length);
    symbols.push({ name: symbol, value: 0, size: 0, type: STT_NOTYPE, binding: STB_GLOBAL, section: 0 });
  }
  return { symbols, symbolIndex: (name) => indices.get(name) ?? 0 };
}

function debugRelocation(fixup: Fixup, debugIndex: ReadonlyMap<string, number>): ElfRelocation {
  const { at, size, target } = fixup;
  const symbol = target.kind === 'code' ? target.section + 1 : (debugIndex.get(target.section) ?? 0);
  return { offset: at, type: size === 8 ? R_X86_64_64 : R_X86_64_32, symbol, addend: target.offset };
}
