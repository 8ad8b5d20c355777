/** The functions in the symbol table of an ELF file, of 32 or 64 bits, little-endian (System V gABI 4.1, "Symbol Table"). */
import { MachineError } from '../machine-error.ts';
import type { GuestFunction } from './symbols.ts';

const MAGIC = 0x464c457f;
const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const SHT_SYMTAB = 2;
const SHF_EXECINSTR = 4n;
const STT_NOTYPE = 0;
const STT_FUNC = 2;

interface Section {
  readonly type: number;
  readonly flags: bigint;
  readonly offset: number;
  readonly bytes: number;
  /** Of a symbol table: the section of its names. */
  readonly link: number;
}

/** Where the fields are: in the header of the file, of a section, and in a symbol. */
const layouts = {
  [ELFCLASS32]: { sections: 32, sectionBytes: 46, section: { flags: 8, offset: 16, size: 20, link: 24 } },
  [ELFCLASS64]: { sections: 40, sectionBytes: 58, section: { flags: 8, offset: 24, size: 32, link: 40 } },
} as const;
const symbolLayouts = {
  [ELFCLASS32]: { entry: 16, value: 4, size: 8, info: 12, section: 14 },
  [ELFCLASS64]: { entry: 24, info: 4, section: 6, value: 8, size: 16 },
} as const;

export function isElf(file: Uint8Array): boolean {
  return file.length >= 52 && new DataView(file.buffer, file.byteOffset).getUint32(0, true) === MAGIC;
}

/** Functions, and other labels in code. @throws MachineError BAD_IMAGE */
export function elfFunctions(file: Uint8Array): GuestFunction[] {
  const elfClass = file[4];
  if ((elfClass !== ELFCLASS32 && elfClass !== ELFCLASS64) || file[5] !== ELFDATA2LSB) {
    throw new MachineError('BAD_IMAGE', 'The file of symbols is an ELF file for another processor than amd64 or i386.');
  }
  try {
    return new ElfSymbols(file, elfClass).functions();
  } catch (error) {
    if (error instanceof RangeError) throw new MachineError('BAD_IMAGE', 'The ELF file of symbols is cut off.');
    throw error;
  }
}

class ElfSymbols {
  readonly #file: Uint8Array;
  readonly #view: DataView;
  readonly #class: typeof ELFCLASS32 | typeof ELFCLASS64;
  readonly #decoder = new TextDecoder();

  constructor(file: Uint8Array, elfClass: typeof ELFCLASS32 | typeof ELFCLASS64) {
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.length);
    this.#class = elfClass;
  }

  functions(): GuestFunction[] {
    const sections = this.#sections();
    return sections.flatMap((section) => (section.type === SHT_SYMTAB ? this.#symbols(section, sections) : []));
  }

  #sections(): Section[] {
    const { sections, sectionBytes, section } = layouts[this.#class];
    const first = Number(this.#word(sections));
    const stride = this.#view.getUint16(sectionBytes, true);
    const count = this.#view.getUint16(sectionBytes + 2, true);
    return Array.from({ length: count }, (_, index) => {
      const at = first + index * stride;
      return {
        type: this.#view.getUint32(at + 4, true),
        flags: this.#word(at + section.flags),
        offset: Number(this.#word(at + section.offset)),
        bytes: Number(this.#word(at + section.size)),
        link: this.#view.getUint32(at + section.link, true),
      };
    });
  }

  #symbols({ offset, bytes, link }: Section, sections: readonly Section[]): GuestFunction[] {
    const layout = symbolLayouts[this.#class];
    const names = sections[link];
    if (names === undefined) return [];
    const functions: GuestFunction[] = [];
    for (let at = offset; at + layout.entry <= offset + bytes; at += layout.entry) {
      const type = this.#view.getUint8(at + layout.info) & 15;
      const section = sections[this.#view.getUint16(at + layout.section, true)];
      const isLabel = type === STT_NOTYPE && section !== undefined && (section.flags & SHF_EXECINSTR) !== 0n;
      if (type !== STT_FUNC && !isLabel) continue;
      const name = this.#text(names.offset + this.#view.getUint32(at, true));
      if (name === '') continue;
      functions.push({ address: this.#word(at + layout.value), bytes: Number(this.#word(at + layout.size)), name });
    }
    return functions;
  }

  #text(at: number): string {
    const end = this.#file.indexOf(0, at);
    return this.#decoder.decode(this.#file.subarray(at, end === -1 ? undefined : end));
  }

  /** An address or a size. */
  #word(at: number): bigint {
    return this.#class === ELFCLASS64 ? this.#view.getBigUint64(at, true) : BigInt(this.#view.getUint32(at, true));
  }
}
