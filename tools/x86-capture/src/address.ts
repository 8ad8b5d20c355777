/** Where memory operands point, and the registers that make them point there. */
import { DATA, HIGH } from '@drift-os/x86-vectors';
import {
  gpr16,
  gpr32,
  gpr64,
  type Memory,
  type MemoryBits,
  mem,
  type OperandKind,
  type Register,
  segments as segmentRegisters,
  xmm,
  ymm,
} from '@drift-os/x86-core';
import { type Draft, DS, FS, GS, RBP, RSP, SS } from './draft.ts';
import { toBytes } from './values.ts';

const PAGE = 4096;

export interface AccessShape {
  readonly bytes: number;
  /** What the instruction asks for, or what is worth trying: 1 for any address. */
  readonly alignment: number;
}

/** An address, mostly in the data pages; at their edges, in the read-only one, outside, or not canonical for some. */
export function pickAddress(draft: Draft, { bytes, alignment }: AccessShape, high: boolean): bigint {
  const { random } = draft;
  const base = high && random.percent(40) ? HIGH + DATA : DATA;
  const align = (offset: number): bigint =>
    base +
    BigInt(offset - (random.percent(alignment > 1 ? 80 : 50) ? offset % Math.max(alignment, Math.min(bytes, 8)) : 0));
  const crossing = (page: number): bigint => base + BigInt(page * PAGE - (bytes > 1 ? 1 + random.below(bytes - 1) : 1));
  const chance = random.below(100);
  if (chance < 72) return align(random.below(2 * PAGE - bytes));
  if (chance < 80) return crossing(1);
  if (chance < 85) return align(2 * PAGE + random.below(PAGE - bytes));
  if (chance < 88) return crossing(2);
  if (chance < 93) return align(3 * PAGE + random.below(PAGE));
  if (chance < 96) return crossing(3);
  if (chance < 98 || draft.mode !== 64 || !high) return align(random.below(PAGE));
  return random.pick([0x8000_0000_0000n, 0x8000_0000_0000_0000n, 0xffff_7fff_ffff_fff0n]) + BigInt(random.below(8));
}

/** The offset in a segment, or undefined where addresses of this size do not reach it. */
function offsetIn(draft: Draft, segment: number, address: bigint, bits: number): bigint | undefined {
  const offset = BigInt.asUintN(64, address - draft.segmentBase(segment));
  return offset >> BigInt(bits) === 0n ? offset : undefined;
}

/** Lets an implicit operand (`rsi` of MOVS, the stack) point to an address. */
export function point(draft: Draft, register: number, segment: number, bits: 16 | 32 | 64, access: AccessShape): void {
  for (let attempt = 0; attempt < 20; attempt++) {
    const offset = offsetIn(draft, segment, pickAddress(draft, access, bits === 64), bits);
    if (offset === undefined) continue;
    draft.setGpr(register, offset, bits);
    return;
  }
  draft.fixed.add(register);
}

/** Bits of the stack pointer in use. */
export function stackBits(draft: Draft): 16 | 32 | 64 {
  return draft.mode === 64 ? 64 : draft.descriptor(SS)?.bits === 32 ? 32 : 16;
}

const bank = { 16: gpr16, 32: gpr32, 64: gpr64 } as const;

function freeRegister(draft: Draft, not: readonly number[]): number | undefined {
  const count = draft.mode === 64 ? 16 : 8;
  for (let attempt = 0; attempt < 40; attempt++) {
    const register = draft.random.below(count);
    if (!draft.fixed.has(register) && !not.includes(register)) return register;
  }
  return undefined;
}

export interface Placed {
  readonly operand: Memory;
  /** The linear address that it names. */
  readonly address: bigint;
  /** True: `base: 'rip'`, whose displacement must have the end of the instruction subtracted. */
  readonly relative: boolean;
}

function randomDisplacement(draft: Draft, bits: number): bigint {
  const { random } = draft;
  if (random.percent(35)) return 0n;
  return BigInt(
    random.percent(60) ? random.below(256) - 128 : bits === 16 ? random.below(0x1_0000) - 0x8000 : random.word() | 0,
  );
}

/** A memory operand in some addressing form, with its registers set. @returns undefined when no form was found. */
export function placeMemory(draft: Draft, kind: OperandKind, access: AccessShape): Placed | undefined {
  for (let attempt = 0; attempt < 30; attempt++) {
    const placed = kind.vectorIndex === undefined ? tryMemory(draft, kind, access) : undefined;
    if (placed !== undefined) return placed;
  }
  return undefined;
}

function tryMemory(draft: Draft, kind: OperandKind, access: AccessShape): Placed | undefined {
  const { random, mode } = draft;
  const bits = addressBits(draft);
  const override = random.percent(mode === 64 ? 6 : 10) ? random.pick([FS, GS]) : undefined;
  const address = pickAddress(draft, access, bits === 64);
  const memoryBits = kind.memoryBits;
  if (bits === 16) return place16(draft, override, address, memoryBits);
  const displacement = randomDisplacement(draft, bits);
  const form = random.below(20);
  if (form === 0 && mode === 64 && override === undefined) return relative(draft, bits, address, memoryBits);
  const base = form < 3 ? undefined : freeRegister(draft, []);
  const index = form < 2 || form > 8 ? undefined : freeRegister(draft, [RSP, ...(base === undefined ? [] : [base])]);
  const segment = override ?? (base === RSP || base === RBP ? SS : DS);
  const offset = offsetIn(draft, mode === 64 && override === undefined ? DS : segment, address, bits);
  if (offset === undefined) return undefined;
  const parts = { bits: memoryBits, segment: override === undefined ? undefined : segmentRegisters[override] };
  if (base === undefined && index === undefined) {
    const signed = BigInt.asIntN(32, offset);
    if (BigInt.asUintN(bits, signed) !== offset) return undefined;
    return { operand: mem({ ...parts, displacement: Number(signed), addressBits: bits }), address, relative: false };
  }
  const scale = index === undefined ? 1 : random.pick([1, 2, 4, 8] as const);
  const named = (register: number | undefined): Register | undefined =>
    register === undefined ? undefined : bank[bits][register];
  if (base === undefined) {
    const scaled = (offset - displacement) / BigInt(scale);
    draft.setGpr(index as number, scaled, bits);
    const rest = Number(BigInt.asIntN(32, offset - scaled * BigInt(scale)));
    return { operand: mem({ ...parts, index: named(index), scale, displacement: rest }), address, relative: false };
  }
  let start = offset - displacement;
  if (index !== undefined) {
    const value = random.percent(60) ? BigInt(random.below(64)) : random.bits(bits);
    draft.setGpr(index, value, bits);
    start -= value * BigInt(scale);
  }
  draft.setGpr(base, start, bits);
  return {
    operand: mem({ ...parts, base: named(base), index: named(index), scale, displacement: Number(displacement) }),
    address,
    relative: false,
  };
}

function addressBits(draft: Draft): 16 | 32 | 64 {
  const { random, mode } = draft;
  if (mode === 64) return random.percent(90) ? 64 : 32;
  return random.percent(85) ? mode : mode === 16 ? 32 : 16;
}

/** Relative to RIP: the displacement is completed when the length is known. */
function relative(draft: Draft, bits: 16 | 32 | 64, address: bigint, memoryBits: MemoryBits | 0): Placed | undefined {
  const distance = address - draft.rip;
  if (distance !== BigInt.asIntN(31, distance)) return undefined;
  return {
    operand: mem({ base: 'rip', bits: memoryBits, displacement: Number(distance), addressBits: bits }),
    address,
    relative: true,
  };
}

const forms16 = [[3, 6], [3, 7], [5, 6], [5, 7], [6], [7], [5], [3], []] as const;

function place16(
  draft: Draft,
  override: number | undefined,
  address: bigint,
  bits: MemoryBits | 0,
): Placed | undefined {
  const [base, index] = draft.random.pick(forms16) as readonly (number | undefined)[];
  const segment = override ?? (base === RBP ? SS : DS);
  const offset = offsetIn(draft, segment, address, 16);
  if (offset === undefined) {
    // Flat segments are out of reach of 16-bit offsets.
    if (draft.mode === 32) draft.setSelector(segment, 0x0f);
    return undefined;
  }
  const parts = {
    bits,
    segment: override === undefined ? undefined : segmentRegisters[override],
    addressBits: 16,
  } as const;
  if (base === undefined) return { operand: mem({ ...parts, displacement: Number(offset) }), address, relative: false };
  if (draft.fixed.has(base) || (index !== undefined && draft.fixed.has(index))) return undefined;
  const displacement = randomDisplacement(draft, 16);
  let start = offset - displacement;
  if (index !== undefined) {
    const value = draft.random.bits(16);
    draft.setGpr(index, value, 16);
    start -= value;
  }
  draft.setGpr(base, start, 16);
  const named = (register: number | undefined): Register | undefined =>
    register === undefined ? undefined : gpr16[register];
  return {
    operand: mem({ ...parts, base: named(base), index: named(index), displacement: Number(displacement) }),
    address,
    relative: false,
  };
}

/** A gather: every index its own address. */
export function placeGather(draft: Draft, kind: OperandKind, indexBytes: 4 | 8, taken: readonly number[]): Memory {
  const { random } = draft;
  const registers = kind.vectorIndex === 128 ? xmm : ymm;
  const count = draft.mode === 64 ? 16 : 8;
  let number = random.below(count);
  while (taken.includes(number)) number = (number + 1) % count;
  const bits = draft.mode === 64 ? 64 : 32;
  const base = freeRegister(draft, [RSP, RBP]) ?? 3;
  const scale = random.pick([1, 2, 4, 8] as const);
  const start = DATA + 0x800n;
  draft.setGpr(base, start - draft.segmentBase(DS), bits);
  const bytes = new Uint8Array((kind.vectorIndex as number) / 8);
  for (let at = 0; at < bytes.length; at += indexBytes) {
    const far = random.percent(6) ? 0x5000 : 0x1000;
    bytes.set(
      toBytes(BigInt(Math.floor(random.below(far) / scale)) - (random.percent(20) ? 100n : 0n), indexBytes),
      at,
    );
  }
  draft.setVector(number, bytes);
  return mem({
    base: bank[bits][base],
    index: registers[number],
    scale,
    displacement: random.percent(50) ? 0 : 16,
    bits: kind.memoryBits,
  });
}
