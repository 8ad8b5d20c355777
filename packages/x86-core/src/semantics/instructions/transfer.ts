/** Moves, extension, byte order, addresses: SDM 1 7.3.1. */
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import { type Definition, RAX, RBX, RDX } from './definition.ts';

/** Loads of segment registers, and moves of control and debug registers, are TypeScript's. */
function mov(m: MeaningBuilder): void {
  const system = [m.kind(0), m.kind(1)].some((kind) => kind === 'control' || kind === 'debug');
  if (system || m.kind(0) === 'segment') m.assist();
  else m.write(0, m.read(1));
}

function movzx(m: MeaningBuilder): void {
  m.write(0, m.read(1));
}

function movsx(m: MeaningBuilder): void {
  m.write(0, m.let(v.truncate(m.bits(0), v.signed(m.bits(1), m.read(1)))));
}

/** AL to AX, AX to EAX, EAX to RAX. */
function extendAccumulator(bits: 16 | 32 | 64): Definition {
  return (m) => {
    const half = (bits / 2) as Bits;
    m.setGpr(RAX, bits, m.let(v.truncate(bits, v.signed(half, m.gpr(RAX, half)))));
  };
}

/** The accumulator's sign to all of DX, EDX or RDX. */
function spreadSign(bits: 16 | 32 | 64): Definition {
  return (m) => {
    const sign = v.shiftRightSigned(v.signed(bits, m.gpr(RAX, bits)), 63);
    m.setGpr(RDX, bits, m.let(v.truncate(bits, sign)));
  };
}

function lea(m: MeaningBuilder): void {
  m.write(0, m.let(v.truncate(m.bits(0), m.address())));
}

/** Of 16 bits the result is undefined; processors clear them. */
function bswap(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const a = m.read(0);
  m.write(0, bits === 16 ? v.constant(0) : reversed(m, bits, a));
}

function movbe(m: MeaningBuilder): void {
  m.write(0, reversed(m, m.bits(0), m.read(1)));
}

/** The bytes in the opposite order: neighbours are swapped, then pairs, then halves. */
function reversed(m: MeaningBuilder, bits: Bits, a: Value): Value {
  const swap = (value: Value, mask: bigint, by: number): Value =>
    m.let(v.or(v.shiftLeft(v.and(value, mask), by), v.and(v.shiftRight(value, by), mask)));
  const pairs = swap(a, 0x00ff_00ff_00ff_00ffn, 8);
  if (bits === 16) return pairs;
  const quads = swap(pairs, 0x0000_ffff_0000_ffffn, 16);
  return bits === 32 ? quads : m.let(v.operation('i64.rotl', quads, v.constant(32)));
}

/** AL becomes the byte at RBX plus AL. */
function xlatb(m: MeaningBuilder): void {
  const address = v.add(m.addressSize, m.gpr(RBX, m.addressSize), m.gpr(RAX, 8));
  m.setGpr(RAX, 8, m.load(address, 8));
}

export const transferDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['mov', mov],
  ['movzx', movzx],
  ['movsx', movsx],
  ['movsxd', movsx],
  ['cbw', extendAccumulator(16)],
  ['cwde', extendAccumulator(32)],
  ['cdqe', extendAccumulator(64)],
  ['cwd', spreadSign(16)],
  ['cdq', spreadSign(32)],
  ['cqo', spreadSign(64)],
  ['lea', lea],
  ['bswap', bswap],
  ['movbe', movbe],
  ['xlatb', xlatb],
]);
