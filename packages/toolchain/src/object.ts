/** What the assembler and the compiler produce and the linker and the ELF writer take: sections, symbols, relocations, and what debuggers need. */

export type SectionName = 'text' | 'rodata' | 'data' | 'globals';

export interface Section {
  readonly name: SectionName;
  readonly bytes: Uint8Array;
  /** Zero-filled bytes behind `bytes`. */
  readonly zeroBytes: number;
  /** Power of two, in bytes. */
  readonly alignment: number;
  /** Fixed physical address; undefined where the linker may choose. Static data of a wasm module at memory base 0 is fixed. */
  readonly address: number | undefined;
}

export interface SymbolDefinition {
  readonly name: string;
  /** Index into `sections`. */
  readonly section: number;
  /** In bytes from the start of the section. */
  readonly offset: number;
  readonly size: number;
  readonly kind: 'function' | 'object' | 'label';
  /** False: visible in this object only; two objects may have the same. */
  readonly global: boolean;
}

/** How the place is patched: absolute 16, 32 (zero-extended), 32 signed, 64 bits, relative to the end of an 8-, 16- or 32-bit field. */
export type RelocationKind = 'abs16' | 'abs32' | 'abs32s' | 'abs64' | 'rel8' | 'rel16' | 'rel32';

export interface Relocation {
  readonly section: number;
  readonly offset: number;
  readonly kind: RelocationKind;
  readonly symbol: string;
  /** Added to the symbol's address. For `rel*`: the place's value is symbol + addend - (address of the byte behind the field). */
  readonly addend: number;
}

/** A function of the text section, for backtraces and unwinding. */
export interface FunctionRecord {
  readonly section: number;
  readonly offset: number;
  readonly size: number;
  /** As the reader of a backtrace should see it: `shell/parse`. */
  readonly name: string;
  /** Bytes from rsp in the body to the return address, constant between prologue and epilogue; undefined for hand-written code. */
  readonly frameBytes: number | undefined;
  /** Callee-saved registers the prologue stores: DWARF number and distance of the slot below the canonical frame address, for CFI. */
  readonly savedRegisters: readonly { readonly dwarf: number; readonly belowCfa: number }[];
  /** Bytes of prologue; rsp moves only inside it and inside epilogues. */
  readonly prologueBytes: number;
  /** How the frame grows in the prologue and shrinks in epilogues. Without it debuggers are wrong by a frame inside of them. */
  readonly unwind?: readonly UnwindRow[];
}

/** What holds from an instruction on, up to the next row. */
export interface UnwindRow {
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** Bytes from rsp to the return address. */
  readonly frameBytes: number;
  /** How many of `savedRegisters`, from the first, are in their slots. */
  readonly saved: number;
}

export interface LineRecord {
  readonly section: number;
  readonly offset: number;
  /** Index into `files`. */
  readonly file: number;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Why the `ud2` at this offset is there. */
export interface TrapRecord {
  readonly section: number;
  readonly offset: number;
  readonly reason: string;
}

export interface ObjectModule {
  readonly name: string;
  readonly sections: readonly Section[];
  readonly symbols: readonly SymbolDefinition[];
  readonly relocations: readonly Relocation[];
  readonly functions: readonly FunctionRecord[];
  readonly files: readonly string[];
  readonly lines: readonly LineRecord[];
  readonly traps: readonly TrapRecord[];
}
