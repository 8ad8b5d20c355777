/**
 * Random loops of SSE instructions against the processor: what regions know of numbers (src/semantics/float/ordered-facts.ts) from one instruction to
 * the next, and from one round to the next, must never be wrong.
 */
import { describe, expect, test } from 'vitest';
import { CodeBuffer, encode, mem32, mem64, mem128, type Mnemonic, type Operand, rsi, xmm } from '../../src/index.ts';
import * as layout from './native.ts';
import { availableForArithmetic, CASE_BYTES, runNatively } from './native.ts';
import { Subject } from './subject.ts';
import { Random } from './values.ts';

const REGISTERS = 6;
/** A forward branch over what follows, by its condition: JB, JAE, JE, JNE, JBE, JA, JP, JNP. */
const BRANCHES = [0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x7a, 0x7b];
const DEC_EAX = [0xff, 0xc8];
const JNZ = 0x75;
const RET = 0xc3;

class Sequence {
  readonly #random: Random;
  readonly #text: string[] = [];
  /** Most programs stay with one type of numbers. */
  readonly #types: readonly string[];

  constructor(random: Random) {
    this.#random = random;
    this.#types = this.#pick([
      ['sd'],
      ['ps'],
      ['ss'],
      ['pd'],
      ['sd', 'pd'],
      ['ss', 'ps'],
      ['ps', 'pd'],
      ['sd', 'ss', 'ps', 'pd'],
    ]);
  }

  get text(): string {
    return this.#text.join('; ');
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random.below(from.length)] as T;
  }

  #register(): Operand {
    return xmm[this.#random.below(REGISTERS)] as Operand;
  }

  #encode(mnemonic: string, ...operands: Operand[]): Uint8Array {
    const out = new CodeBuffer();
    encode(64, mnemonic as Mnemonic, operands, out);
    this.#text.push(mnemonic);
    return out.toBytes();
  }

  /** A register, or memory of the type's size. */
  #source(type: string): Operand {
    if (this.#random.below(4) !== 0) return this.#register();
    const displacement = 16 * this.#random.below(4);
    if (type.startsWith('p')) return mem128(rsi, displacement);
    return type === 'sd' ? mem64(rsi, displacement) : mem32(rsi, displacement);
  }

  #one(): Uint8Array {
    const type = this.#pick(this.#types);
    const [to, from] = [this.#register(), this.#source(type)];
    switch (this.#random.below(16)) {
      case 0:
        return this.#encode(`mova${type.at(-1) === 's' ? 'ps' : 'pd'}`, to, this.#register());
      case 1:
        return this.#encode(`mov${type.startsWith('p') ? `u${type}` : type}`, to, from);
      case 2: {
        const at = 16 * this.#random.below(4);
        if (type.startsWith('p')) return this.#encode(`mova${type}`, mem128(rsi, at), to);
        return this.#encode(`mov${type}`, type === 'sd' ? mem64(rsi, at) : mem32(rsi, at), to);
      }
      case 3:
        return this.#encode(
          `xor${type.endsWith('s') ? 'ps' : 'pd'}`,
          to,
          this.#random.below(2) === 0 ? to : this.#register(),
        );
      case 4: {
        const other = this.#register();
        if (type.endsWith('s')) return this.#encode('shufps', to, other, this.#random.below(256));
        return this.#encode('shufpd', to, other, this.#random.below(4));
      }
      case 5:
        return this.#encode(
          this.#pick(type.endsWith('s') ? ['unpcklps', 'unpckhps', 'movhlps'] : ['unpcklpd', 'movlhps']),
          to,
          this.#register(),
        );
      case 6:
        return this.#encode(`cmp${type}`, to, from, this.#random.below(8));
      case 7:
        return this.#encode(
          type.startsWith('p') ? (type === 'ps' ? 'cvtdq2ps' : 'cvtps2pd') : type === 'ss' ? 'cvtsd2ss' : 'cvtss2sd',
          to,
          this.#register(),
        );
      case 8:
        return this.#encode(this.#pick(['min', 'max']) + type, to, from);
      case 9:
        return this.#encode('sqrt' + type, to, from);
      case 10:
        return this.#encode('div' + type, to, from);
      default:
        return this.#encode(this.#pick(['add', 'sub', 'mul', 'mul', 'add']) + type, to, from);
    }
  }

  /** COMISx and a branch over an instruction or two. */
  #branch(): Uint8Array[] {
    const type = this.#pick(['ss', 'sd']);
    const comparison = this.#encode(this.#pick(['comi', 'ucomi']) + type, this.#register(), this.#source(type));
    const skipped = this.#random.below(2) === 0 ? [this.#one()] : [this.#one(), this.#one()];
    const opcode = this.#pick(BRANCHES);
    this.#text.push(`behind jcc ${opcode.toString(16)}`);
    const branch = Uint8Array.of(
      opcode,
      skipped.reduce((sum, { length }) => sum + length, 0),
    );
    return [comparison, branch, ...skipped];
  }

  /** At most 128 bytes. */
  code(): Uint8Array {
    const before = this.#parts(this.#random.below(4));
    this.#text.push('loop');
    const body = this.#parts(3 + this.#random.below(7));
    const back = [...DEC_EAX, JNZ, 256 - (body.length + DEC_EAX.length + 2)];
    this.#text.push('end');
    return Uint8Array.of(...before, ...body, ...back, ...this.#parts(1), RET);
  }

  #parts(count: number): number[] {
    return Array.from({ length: count }, () => (this.#random.below(5) === 0 ? this.#branch() : [this.#one()]))
      .flat()
      .flatMap((bytes) => [...bytes]);
  }
}

/** whole: halves of small whole numbers. mild: near 1. wild: what else there is, at times. */
type Temper = 'whole' | 'mild' | 'wild';

function operand(random: Random, temper: Temper): bigint {
  const isDouble = random.below(2) === 0;
  if (temper === 'wild' && random.below(6) === 0) {
    return isDouble ? random.double() : (random.single() << 32n) | random.single();
  }
  const sign = random.bits() & (1n << 63n);
  if (random.below(8) === 0) return sign;
  const bits = new DataView(new ArrayBuffer(8));
  if (temper === 'whole') {
    const halves = (): number => (random.below(2001) - 1000) / 2;
    if (isDouble) bits.setFloat64(0, halves());
    else for (const at of [0, 4]) bits.setFloat32(at, halves());
    return bits.getBigUint64(0);
  }
  if (isDouble) return sign | (BigInt(1015 + random.below(16)) << 52n) | (random.bits() >> 12n);
  const single = (): bigint =>
    ((random.bits() & 1n) << 31n) | (BigInt(119 + random.below(16)) << 23n) | (random.bits() >> 41n);
  return (single() << 32n) | single();
}

function mxcsr(random: Random): number {
  const flags = random.below(3) === 0 ? random.below(64) : random.below(2) * 9;
  if (random.below(12) === 0)
    return 0x1f80 | flags | (random.below(4) << 13) | (random.below(2) << 6) | (random.below(2) << 15);
  return 0x1f80 | flags | (random.below(4) === 0 ? 0 : 0x20);
}

function caseOf(code: Uint8Array, random: Random): Buffer {
  const bytes = Buffer.alloc(CASE_BYTES);
  bytes.set(code);
  bytes.writeUInt16LE(0x37f, layout.AREA_CONTROL);
  bytes.writeUInt32LE(mxcsr(random), layout.AREA_MXCSR);
  bytes.writeBigUInt64LE(7n, layout.AREA_HEADER);
  bytes.writeBigUInt64LE(0x202n, layout.CASE_RFLAGS);
  bytes.writeBigUInt64LE(BigInt(1 + random.below(4)), layout.CASE_RAX);
  const temper = (['whole', 'mild', 'wild', 'wild'] as const)[random.below(4)] as Temper;
  for (let at = 0; at < 64; at += 8) bytes.writeBigUInt64LE(operand(random, temper), layout.CASE_MEMORY + at);
  for (let at = 0; at < 16 * REGISTERS; at += 8) bytes.writeBigUInt64LE(operand(random, temper), layout.AREA_XMM + at);
  return bytes;
}

/** MXCSR, status flags, memory, registers. */
function outcome(bytes: Buffer): string {
  return [
    bytes.readUInt32LE(layout.AREA_MXCSR).toString(16),
    (bytes.readBigUInt64LE(layout.CASE_RFLAGS) & 0x8d5n).toString(16),
    bytes.toString('hex', layout.CASE_MEMORY, layout.CASE_MEMORY + 64),
    bytes.toString('hex', layout.AREA_XMM, layout.AREA_XMM + 16 * REGISTERS),
  ].join('\n');
}

const PROGRAMS = 250;
const CASES = 20;

describe.skipIf(!availableForArithmetic)('sequences of floating-point instructions against the processor', () => {
  for (const tier of ['interpreter', 'region'] as const) {
    test(`random loops, ${tier}`, { timeout: 600_000 }, () => {
      const random = new Random(0x6666n);
      const programs = Array.from({ length: PROGRAMS }, () => {
        const sequence = new Sequence(random);
        const code = sequence.code();
        return { text: sequence.text, cases: Array.from({ length: CASES }, () => caseOf(code, random)) };
      });
      const input = Buffer.concat(programs.flatMap(({ cases }) => cases));
      const theirs = runNatively(input);
      const ours = new Subject(tier).run(input);
      for (let at = 0; at < input.length; at += CASE_BYTES) {
        const { text } = programs[Math.floor(at / CASE_BYTES / CASES)] as { readonly text: string };
        const [before, found, expected] = [input, ours, theirs].map((each) =>
          outcome(each.subarray(at, at + CASE_BYTES)),
        );
        if (found !== expected)
          console.log(
            'CODE',
            input
              .subarray(at, at + 128)
              .toString('hex')
              .replace(/(00)+$/, ''),
            'rax',
            input[at + 192],
            'ours rax',
            ours[at + 192],
            theirs[at + 192],
            (at / CASE_BYTES) % CASES,
            at / CASE_BYTES,
          );
        expect(found, `${text}, from ${before}`).toBe(expected);
      }
    });
  }
});
