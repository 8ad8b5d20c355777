/** Operands of instructions: what the encoder takes, the decoder gives, and the assembler's users write. */

export type RegisterClass = 'gpr' | 'gprHigh' | 'segment' | 'control' | 'debug' | 'x87' | 'mmx' | 'xmm' | 'ymm';

/** A register. The constants below are the only instances: compare by identity. */
export interface Register {
  readonly kind: 'register';
  readonly class: RegisterClass;
  /** Number as ModRM, REX and VEX encode it: 0 to 15. `ah` to `bh` (class gprHigh) are 4 to 7. */
  readonly number: number;
  /** Width in bits. */
  readonly bits: 8 | 16 | 32 | 64 | 80 | 128 | 256;
  /** Lower case, as the manuals write it. */
  readonly name: string;
}

/** Something whose address is known later: a label of the assembler, or a symbol for the linker. The encoder only passes it on. */
export interface SymbolReference {
  readonly kind: 'symbol';
  readonly name: string;
  readonly addend: number;
  /** Width of the field that holds it, in bits, where the encoder shall not choose: 8 makes a short jump, 64 a 64-bit immediate. */
  readonly bits?: 8 | 16 | 32 | 64 | undefined;
}

/** The target of a direct far jump or call: ptr16:16 or ptr16:32. */
export interface FarPointer {
  readonly kind: 'far';
  readonly selector: number;
  readonly offset: Immediate | SymbolReference;
}

export type MemoryBits = 8 | 16 | 32 | 48 | 64 | 80 | 128 | 256 | 512;

/** A memory operand. `base: 'rip'` is relative to the end of the instruction. */
export interface Memory {
  readonly kind: 'memory';
  /** Size of the access in bits; 0 where the instruction alone determines it (LEA, INVLPG, FXSAVE). */
  readonly bits: MemoryBits | 0;
  readonly base: Register | 'rip' | undefined;
  readonly index: Register | undefined;
  readonly scale: 1 | 2 | 4 | 8;
  /** Signed displacement in bytes; with `symbol` the addend of its relocation. */
  readonly displacement: number;
  /** The displacement of a 64-bit moffs operand that a number cannot hold exactly. */
  readonly exactDisplacement?: bigint | undefined;
  readonly symbol: SymbolReference | undefined;
  readonly segment: Register | undefined;
  /** Address size in bits where base and index do not tell (absolute addresses). Default: the mode's. */
  readonly addressBits: 16 | 32 | 64 | undefined;
}

export type Immediate = number | bigint;

/** A target of a near jump or call, a relocated immediate: a symbol; everything else as it says. */
export type Operand = Register | Memory | Immediate | SymbolReference | FarPointer;

/** Code size, in bits, that the processor is in: real and 16-bit protected mode, 32-bit protected mode, long mode. */
export type Mode = 16 | 32 | 64;
