/** A linked image as ELF64 executable, for debuggers: `gdb drift.elf`, then `target remote` to the machine that runs it. */
import { SEGMENT_EXECUTABLE, SEGMENT_WRITABLE } from '@drift-os/abi/layout/image-directory';
import type { LinkedImage, LinkedSegment, LinkedSymbol, PlacedObject } from '../link/linked-image.ts';
import { type DebugSection, debugSections } from './dwarf.ts';
import {
  ET_EXEC,
  type ElfLoad,
  type ElfSection,
  type ElfSymbol,
  nullSymbol,
  PF_R,
  PF_W,
  PF_X,
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
  symbolSections,
  writeElf,
} from './elf-file.ts';

export interface ElfExecutableOptions {
  /** Folder that source paths are relative to, for debuggers. Default `.`. */
  readonly compilationDirectory?: string;
}

/** One section and one PT_LOAD per segment, all symbols, and the debug sections of every object. */
export function writeElfExecutable(image: LinkedImage, options: ElfExecutableOptions = {}): Uint8Array {
  const sections: ElfSection[] = image.segments.map((segment) => ({
    name: sectionName(segment),
    type: segment.bytes.length === 0 ? SHT_NOBITS : SHT_PROGBITS,
    flags:
      SHF_ALLOC |
      (segment.flags & SEGMENT_WRITABLE && SHF_WRITE) |
      (segment.flags & SEGMENT_EXECUTABLE && SHF_EXECINSTR),
    address: segment.address,
    bytes: segment.bytes,
    size: segment.bytes.length === 0 ? segment.memoryBytes : segment.bytes.length,
    alignment: 4096,
  }));
  const loads: ElfLoad[] = image.segments.map(({ flags, memoryBytes }, section) => ({
    section,
    flags: PF_R | (flags & SEGMENT_WRITABLE && PF_W) | (flags & SEGMENT_EXECUTABLE && PF_X),
    memoryBytes,
  }));
  for (const { name, bytes } of joinDebugSections(image.objects, options.compilationDirectory ?? '.')) {
    sections.push({ name, type: SHT_PROGBITS, flags: 0, address: 0, bytes, alignment: 1 });
  }
  const symbols = image.symbols.flatMap((symbol) => elfSymbol(symbol, image.segments));
  const ordered = [
    nullSymbol,
    ...symbols.filter(({ binding }) => binding === STB_LOCAL),
    ...symbols.filter(({ binding }) => binding === STB_GLOBAL),
  ];
  sections.push(...symbolSections(ordered, sections.length + 1));
  return writeElf(ET_EXEC, image.entry, sections, loads);
}

/** `.text`, `.rodata`, `.data`, and `.kernel-c.data` for what has a fixed place. */
function sectionName({ name }: LinkedSegment): string {
  return `.${name.replaceAll(' ', '.')}`;
}

function elfSymbol(
  { name, address, size, kind, global }: LinkedSymbol,
  segments: readonly LinkedSegment[],
): ElfSymbol[] {
  const index = segments.findIndex(
    (segment) => address >= segment.address && address <= segment.address + segment.memoryBytes,
  );
  if (index < 0) return [];
  const type = kind === 'function' ? STT_FUNC : kind === 'object' ? STT_OBJECT : STT_NOTYPE;
  return [{ name, value: address, size, type, binding: global ? STB_GLOBAL : STB_LOCAL, section: index + 1 }];
}

/** The objects' debug sections behind each other, with the addresses that the linker gave. */
function joinDebugSections(
  objects: readonly PlacedObject[],
  compilationDirectory: string,
): { name: string; bytes: Uint8Array }[] {
  const units = objects.map((placed) => ({ placed, sections: debugSections(placed.object, compilationDirectory) }));
  const totals = new Map<string, number>();
  const pieces: { section: DebugSection; placed: PlacedObject; bases: ReadonlyMap<string, number> }[] = [];
  for (const { placed, sections } of units) {
    const bases = new Map(totals);
    for (const section of sections) {
      pieces.push({ section, placed, bases });
      totals.set(section.name, (totals.get(section.name) ?? 0) + section.bytes.length);
    }
  }
  const joined = new Map([...totals].map(([name, length]) => [name, new Uint8Array(length)]));
  for (const { section, placed, bases } of pieces) {
    const whole = joined.get(section.name);
    if (whole === undefined) continue;
    const base = bases.get(section.name) ?? 0;
    whole.set(section.bytes, base);
    const view = new DataView(whole.buffer);
    for (const { at, size, target } of section.fixups) {
      const value =
        target.kind === 'code'
          ? (placed.addresses[target.section] ?? 0) + target.offset
          : (bases.get(target.section) ?? 0) + target.offset;
      if (size === 8) view.setBigUint64(base + at, BigInt(value), true);
      else view.setUint32(base + at, value, true);
    }
  }
  return [...joined].map(([name, bytes]) => ({ name, bytes }));
}
