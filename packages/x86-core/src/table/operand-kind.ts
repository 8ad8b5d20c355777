/** Operand notation of the manuals (SDM 2 3.1.1.3) as data: what `r/m32`, `xmm/m64`, `imm8`, `m16:32` accept. */
import type { MemoryBits, Register, RegisterClass } from '../operand.ts';
import { registers } from '../register.ts';

export interface OperandKind {
  /** As the row writes it. */
  readonly notation: string;
  readonly type: 'location' | 'fixed' | 'one' | 'immediate' | 'relative' | 'far' | 'offset';
  /** location: the register that fits, undefined where only memory does. `gpr` of 8 bits includes `ah` to `bh`. */
  readonly registerClass: RegisterClass | undefined;
  readonly registerBits: number;
  /** location, offset: true where memory fits. */
  readonly memory: boolean;
  /** Size of the memory access; 0 where any description of it fits. */
  readonly memoryBits: MemoryBits | 0;
  /** fixed: the register that must stand there. It is not encoded. */
  readonly fixed: Register | undefined;
  /** immediate, relative: width of the field. far: width of the offset. */
  readonly bits: number;
  /** Memory whose index is a vector register (AVX2 gathers). */
  readonly vectorIndex: 128 | 256 | undefined;
}

const nothing = {
  registerClass: undefined,
  registerBits: 0,
  memory: false,
  memoryBits: 0,
  fixed: undefined,
  bits: 0,
  vectorIndex: undefined,
} as const;

const registerNotations: Readonly<Record<string, readonly [RegisterClass, number]>> = {
  r8: ['gpr', 8],
  r16: ['gpr', 16],
  r32: ['gpr', 32],
  r64: ['gpr', 64],
  Sreg: ['segment', 16],
  CR: ['control', 64],
  DR: ['debug', 64],
  'ST(i)': ['x87', 80],
  mm: ['mmx', 64],
  xmm: ['xmm', 128],
  ymm: ['ymm', 256],
};

/** Sizes of the memory operands that are not named by a plain number of bits. Pseudo-descriptors have none: their size follows the mode. */
const compoundMemory: Readonly<Record<string, MemoryBits | 0>> = {
  m: 0,
  'm16&16': 32,
  'm32&32': 64,
  'm16&32': 0,
  'm16&64': 0,
  'm16:16': 32,
  'm16:32': 48,
  'm16:64': 80,
  m80bcd: 80,
  m14byte: 0,
  m28byte: 0,
  m94byte: 0,
  m108byte: 0,
};

const cache = new Map<string, OperandKind>();

/** @throws Error when the notation is none of the manuals': a mistake in a row. */
export function operandKind(notation: string): OperandKind {
  let kind = cache.get(notation);
  if (kind === undefined) {
    kind = parse(notation);
    cache.set(notation, kind);
  }
  return kind;
}

function parse(notation: string): OperandKind {
  const sized = /^(imm|rel|moffs|r\/m|ptr16:)(\d+)$/.exec(notation);
  if (sized !== null) {
    const bits = Number(sized[2]);
    if (sized[1] === 'imm') return { ...nothing, notation, type: 'immediate', bits };
    if (sized[1] === 'rel') return { ...nothing, notation, type: 'relative', bits };
    if (sized[1] === 'ptr16:') return { ...nothing, notation, type: 'far', bits };
    const memoryBits = bits as MemoryBits;
    if (sized[1] === 'moffs') return { ...nothing, notation, type: 'offset', memory: true, memoryBits };
    return location(notation, `r${bits}`, `m${bits}`);
  }
  if (notation === '1') return { ...nothing, notation, type: 'one' };
  const fixed = registers.get(notation === 'ST(0)' ? 'st0' : notation.toLowerCase());
  if (fixed !== undefined && notation !== notation.toLowerCase()) return { ...nothing, notation, type: 'fixed', fixed };
  const [first, second] = notation.split('/') as [string, string | undefined];
  if (first in registerNotations) return location(notation, first, second);
  return location(notation, undefined, first);
}

function location(notation: string, register: string | undefined, memory: string | undefined): OperandKind {
  const fits = register === undefined ? undefined : registerNotations[register];
  const vector = memory === undefined ? null : /^vm(?:32|64)([xy])$/.exec(memory);
  const memoryBits = memory === undefined ? 0 : vector !== null ? 0 : bitsOf(notation, memory);
  return {
    ...nothing,
    notation,
    type: 'location',
    registerClass: fits?.[0],
    registerBits: fits?.[1] ?? 0,
    memory: memory !== undefined,
    memoryBits,
    vectorIndex: vector === null ? undefined : vector[1] === 'x' ? 128 : 256,
  };
}

function bitsOf(notation: string, memory: string): MemoryBits | 0 {
  const compound = compoundMemory[memory];
  if (compound !== undefined) return compound;
  const plain = /^m(8|16|32|64|80|128|256|512)(?:int|fp)?$/.exec(memory);
  if (plain === null) throw new Error(`Unknown operand notation "${notation}" in the instruction table`);
  return Number(plain[1]) as MemoryBits;
}
