/**
 * The registers of a core in the order and with the names that gdb has for amd64 (features org.gnu.gdb.i386.* of the gdb manual, G.5.7), and system registers
 * behind them in a feature of our own.
 */
import type { Cpu, SegmentName } from '@drift-os/x86-core';
import { codeBits, instructionAddress } from './linear-memory.ts';

export type GdbFeature = 'core' | 'sse' | 'segments' | 'avx' | 'system';

export interface GdbRegister {
  readonly name: string;
  readonly feature: GdbFeature;
  readonly bits: 32 | 64 | 80 | 128;
  /** In the target description. */
  readonly type: string;
  readonly group?: 'float' | 'vector' | 'system';
  read(core: Cpu): bigint;
  write(core: Cpu, value: bigint): void;
}

/** gdb's names, and their numbers in encodings. */
const general = { rax: 0, rbx: 3, rcx: 1, rdx: 2, rsi: 6, rdi: 7, rbp: 5, rsp: 4 } as const;
const segments: readonly SegmentName[] = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'];

const generalRegisters: readonly GdbRegister[] = [
  ...Object.entries(general),
  ...Array.from({ length: 8 }, (_, index) => [`r${index + 8}`, index + 8] as const),
].map(([name, number]) => ({
  name,
  feature: 'core',
  bits: 64,
  type: name === 'rbp' || name === 'rsp' ? 'data_ptr' : 'int64',
  read: ({ context }) => context.gpr[number] as bigint,
  write: ({ context }, value) => {
    context.gpr[number] = value;
  },
}));

/** As a linear address, so that what gdb reads and compares there is right outside of 64-bit mode, too. */
const instructionPointer: GdbRegister = {
  name: 'rip',
  feature: 'core',
  bits: 64,
  type: 'code_ptr',
  read: instructionAddress,
  write: (core, value) => {
    const { base } = core.registers.segment('cs');
    core.registers.rip = codeBits(core) === 64 ? value : BigInt.asUintN(32, value - base);
  },
};

const flags: GdbRegister = {
  name: 'eflags',
  feature: 'core',
  bits: 32,
  type: 'i386_eflags',
  read: ({ context }) => BigInt(context.rflags),
  write: ({ context }, value) => {
    context.rflags = Number(value) | 2;
  },
};

/** Writing one changes the selector alone; the hidden part stays. */
const selectors: readonly GdbRegister[] = segments.map((name) => ({
  name,
  feature: 'core',
  bits: 32,
  type: 'int32',
  read: ({ registers }) => BigInt(registers.segment(name).selector),
  write: ({ registers }, value) =>
    registers.setSegment(name, { ...registers.segment(name), selector: Number(value & 0xffffn) }),
}));

const floats: readonly GdbRegister[] = Array.from({ length: 8 }, (_, number) => ({
  name: `st${number}`,
  feature: 'core',
  bits: 80,
  type: 'i387_ext',
  read: ({ context: { x87 } }) => littleEndian(floatBytes(x87, number)),
  write: ({ context: { x87 } }, value) => setBytes(floatBytes(x87, number), value),
}));

function floatBytes(x87: Cpu['context']['x87'], number: number): Uint8Array {
  const at = ((x87.top + number) & 7) * 16;
  return x87.registers.subarray(at, at + 10);
}

/** Of the environment that FSTENV stores. */
const floatControl: readonly GdbRegister[] = (
  [
    ['fctrl', (x87) => x87.controlWord, (x87, value) => void (x87.controlWord = value)],
    [
      'fstat',
      (x87) => x87.statusWord | (x87.top << 11),
      (x87, value) => {
        x87.statusWord = value & ~0x3800;
        x87.top = (value >> 11) & 7;
      },
    ],
    ['ftag', tagWord, (x87, value) => void (x87.emptyTags = emptyTags(value))],
    ['fiseg', (x87) => x87.codeSelector, (x87, value) => void (x87.codeSelector = value)],
    [
      'fioff',
      (x87) => Number(BigInt.asUintN(32, x87.instructionPointer)),
      (x87, value) => void (x87.instructionPointer = BigInt(value)),
    ],
    ['foseg', (x87) => x87.dataSelector, (x87, value) => void (x87.dataSelector = value)],
    [
      'fooff',
      (x87) => Number(BigInt.asUintN(32, x87.dataPointer)),
      (x87, value) => void (x87.dataPointer = BigInt(value)),
    ],
    ['fop', (x87) => x87.opcode, (x87, value) => void (x87.opcode = value & 0x7ff)],
  ] as readonly (readonly [
    string,
    (x87: Cpu['context']['x87']) => number,
    (x87: Cpu['context']['x87'], value: number) => void,
  ])[]
).map(([name, read, write]) => ({
  name,
  feature: 'core',
  bits: 32,
  type: 'int32',
  group: 'float',
  read: ({ context }) => BigInt(read(context.x87)),
  write: ({ context }, value) => write(context.x87, Number(value)),
}));

/** Two bits for each register: 0 valid, 3 empty. */
function tagWord({ emptyTags }: Cpu['context']['x87']): number {
  let tags = 0;
  for (let number = 0; number < 8; number++) if ((emptyTags & (1 << number)) !== 0) tags |= 3 << (2 * number);
  return tags;
}

function emptyTags(tags: number): number {
  let empty = 0;
  for (let number = 0; number < 8; number++) if (((tags >> (2 * number)) & 3) === 3) empty |= 1 << number;
  return empty;
}

const vectors = (name: (number: number) => string, first: 0 | 16): readonly GdbRegister[] =>
  Array.from({ length: 16 }, (_, number) => ({
    name: name(number),
    feature: first === 0 ? 'sse' : 'avx',
    bits: 128,
    type: first === 0 ? 'vec128' : 'uint128',
    group: 'vector',
    read: ({ registers }) => littleEndian(registers.vector(number).subarray(first, first + 16)),
    write: ({ registers }, value) => setBytes(registers.vector(number).subarray(first, first + 16), value),
  }));

const vectorControl: GdbRegister = {
  name: 'mxcsr',
  feature: 'sse',
  bits: 32,
  type: 'i386_mxcsr',
  group: 'vector',
  read: ({ context }) => BigInt(context.mxcsr),
  write: ({ context }, value) => {
    context.mxcsr = Number(value & 0xffffn);
  },
};

const segmentBases: readonly GdbRegister[] = (['fs', 'gs'] as const).map((name) => ({
  name: `${name}_base`,
  feature: 'segments',
  bits: 64,
  type: 'int64',
  read: ({ registers }) => registers.segment(name).base,
  write: ({ registers }, base) => registers.setSegment(name, { ...registers.segment(name), base }),
}));

const systemRegisters: readonly GdbRegister[] = (
  [
    ['k_gs_base', ({ msr }) => msr.kernelGsBase, ({ msr }, value) => void (msr.kernelGsBase = value)],
    ['cr0', (context) => BigInt(context.cr0 >>> 0), (context, value) => void (context.cr0 = Number(value))],
    ['cr2', (context) => context.cr2, (context, value) => void (context.cr2 = value)],
    ['cr3', (context) => context.cr3, (context, value) => void (context.cr3 = value)],
    ['cr4', (context) => BigInt(context.cr4 >>> 0), (context, value) => void (context.cr4 = Number(value))],
    [
      'cr8',
      ({ system }) => BigInt(system.apic.taskPriority >> 4),
      ({ system }, value) => void (system.apic.taskPriority = Number(value & 15n) << 4),
    ],
    ['efer', (context) => BigInt(context.efer >>> 0), (context, value) => void (context.efer = Number(value))],
  ] as readonly (readonly [
    string,
    (context: Cpu['context']) => bigint,
    (context: Cpu['context'], value: bigint) => void,
  ])[]
).map(([name, read, write]) => ({
  name,
  feature: 'system',
  bits: 64,
  type: 'int64',
  group: 'system',
  read: ({ context }) => read(context),
  write: ({ context }, value) => {
    write(context, value);
    context.flushTlb('all');
  },
}));

/** By number. */
export const gdbRegisters: readonly GdbRegister[] = [
  ...generalRegisters,
  instructionPointer,
  flags,
  ...selectors,
  ...floats,
  ...floatControl,
  ...vectors((number) => `xmm${number}`, 0),
  vectorControl,
  ...segmentBases,
  ...vectors((number) => `ymm${number}h`, 16),
  ...systemRegisters,
];

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function setBytes(bytes: Uint8Array, value: bigint): void {
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number((value >> BigInt(8 * at)) & 0xffn);
}
