/** Every instruction of SSE, AVX, FMA and F16C on floating point against the processor: results, MXCSR, exceptions; in both tiers. */
import { describe, expect, test } from 'vitest';
import {
  CodeBuffer,
  encode,
  eax,
  type Mnemonic,
  type Operand,
  rax,
  xmm0,
  xmm1,
  xmm2,
  ymm0,
  ymm1,
  ymm2,
} from '../../src/index.ts';
import * as layout from './native.ts';
import { available, CASE_BYTES, runNatively } from './native.ts';
import { Subject, type Tier } from './subject.ts';
import { Random } from './values.ts';

type Kind = 'single' | 'double' | 'half' | 'integer';

interface Tested {
  readonly text: string;
  readonly code: Uint8Array;
  readonly kind: Kind;
}

const CASES = 60;

function tested(kind: Kind, mnemonic: string, ...operands: Operand[]): Tested {
  const out = new CodeBuffer();
  encode(64, mnemonic as Mnemonic, operands, out);
  return { text: `${mnemonic} ${operands.length}`, code: out.toBytes(), kind };
}

function kindOf(type: string): Kind {
  return type.endsWith('d') ? 'double' : 'single';
}

function arithmetic(): Tested[] {
  const all: Tested[] = [];
  for (const name of ['add', 'sub', 'mul', 'div', 'min', 'max', 'sqrt']) {
    const unary = name === 'sqrt';
    for (const type of ['ps', 'pd', 'ss', 'sd']) {
      const isPacked = type.startsWith('p');
      all.push(tested(kindOf(type), name + type, xmm0, xmm1));
      all.push(tested(kindOf(type), `v${name}${type}`, ...(unary && isPacked ? [xmm2, xmm1] : [xmm2, xmm0, xmm1])));
      if (isPacked) all.push(tested(kindOf(type), `v${name}${type}`, ...(unary ? [ymm2, ymm1] : [ymm2, ymm0, ymm1])));
    }
  }
  for (const name of ['addsub', 'hadd', 'hsub']) {
    for (const type of ['ps', 'pd']) {
      all.push(tested(kindOf(type), name + type, xmm0, xmm1));
      all.push(tested(kindOf(type), `v${name}${type}`, ymm2, ymm0, ymm1));
    }
  }
  for (const name of ['rcp', 'rsqrt']) {
    all.push(tested('single', `${name}ps`, xmm0, xmm1), tested('single', `${name}ss`, xmm0, xmm1));
  }
  for (const control of [0xff, 0x31, 0x7f, 0xd2]) {
    all.push(tested('single', 'dpps', xmm0, xmm1, control), tested('double', 'dppd', xmm0, xmm1, control));
    all.push(tested('single', 'vdpps', ymm2, ymm0, ymm1, control));
  }
  return all;
}

function comparisons(): Tested[] {
  const all: Tested[] = [];
  for (let predicate = 0; predicate < 32; predicate++) {
    all.push(tested('double', 'vcmppd', ymm2, ymm0, ymm1, predicate));
    all.push(tested('single', 'vcmpps', xmm2, xmm0, xmm1, predicate));
    all.push(tested('single', 'vcmpss', xmm2, xmm0, xmm1, predicate));
  }
  for (let predicate = 0; predicate < 8; predicate++) all.push(tested('double', 'cmpsd', xmm0, xmm1, predicate));
  for (const name of ['comis', 'ucomis']) {
    all.push(tested('single', `${name}s`, xmm0, xmm1), tested('double', `${name}d`, xmm0, xmm1));
  }
  return all;
}

function conversions(): Tested[] {
  const all = [
    tested('double', 'cvtpd2ps', xmm0, xmm1),
    tested('double', 'vcvtpd2ps', xmm0, ymm1),
    tested('single', 'cvtps2pd', xmm0, xmm1),
    tested('single', 'vcvtps2pd', ymm0, xmm1),
    tested('integer', 'cvtdq2ps', xmm0, xmm1),
    tested('integer', 'cvtdq2pd', xmm0, xmm1),
    tested('integer', 'vcvtdq2pd', ymm0, xmm1),
    tested('single', 'cvtps2dq', xmm0, xmm1),
    tested('single', 'cvttps2dq', xmm0, xmm1),
    tested('double', 'cvtpd2dq', xmm0, xmm1),
    tested('double', 'cvttpd2dq', xmm0, xmm1),
    tested('double', 'vcvttpd2dq', xmm0, ymm1),
    tested('double', 'cvtsd2ss', xmm0, xmm1),
    tested('single', 'cvtss2sd', xmm0, xmm1),
    tested('half', 'vcvtph2ps', xmm0, xmm1),
    tested('half', 'vcvtph2ps', ymm0, xmm1),
  ];
  for (const register of [eax, rax]) {
    for (const name of ['cvtsi2ss', 'cvtsi2sd']) all.push(tested('integer', name, xmm0, register));
    for (const name of ['cvtss2si', 'cvttss2si']) all.push(tested('single', name, register, xmm1));
    for (const name of ['cvtsd2si', 'cvttsd2si']) all.push(tested('double', name, register, xmm1));
  }
  for (let control = 0; control < 16; control++) {
    all.push(tested('single', 'roundps', xmm0, xmm1, control), tested('double', 'roundsd', xmm0, xmm1, control));
    all.push(tested('double', 'vroundpd', ymm0, ymm1, control));
    if (control < 8) all.push(tested('single', 'vcvtps2ph', xmm0, xmm1, control));
  }
  return all;
}

function fused(): Tested[] {
  return ['vfmadd', 'vfmsub', 'vfnmadd', 'vfnmsub', 'vfmaddsub', 'vfmsubadd'].flatMap((name) =>
    ['132', '213', '231'].flatMap((order) => [
      tested('single', `${name}${order}ps`, ymm0, ymm1, ymm2),
      tested('double', `${name}${order}pd`, xmm0, xmm1, xmm2),
      ...(name.includes('addsub') || name.includes('subadd')
        ? []
        : [
            tested('single', `${name}${order}ss`, xmm0, xmm1, xmm2),
            tested('double', `${name}${order}sd`, xmm0, xmm1, xmm2),
          ]),
    ]),
  );
}

function operand(random: Random, kind: Kind): bigint {
  const repeat = (bits: bigint, next: () => bigint): bigint => {
    let value = 0n;
    for (let at = 0n; at < 64n; at += bits) value |= next() << at;
    return value;
  };
  if (kind === 'double') return random.double();
  if (kind === 'single') return repeat(32n, () => random.single());
  if (kind === 'half') return repeat(16n, () => random.float(10, 5));
  return BigInt.asUintN(64, BigInt.asIntN(64, random.bits()) >> BigInt(random.below(64)));
}

/** Half of the cases leave everything to the host: nearest, all masked, inexact set. */
function mxcsr(random: Random): number {
  if (random.below(2) === 0) return 0x1fa0 | random.below(64) | (random.below(4) === 0 ? 0x8040 : 0);
  const masks = random.below(3) === 0 ? random.below(64) << 7 : 0x1f80;
  const zeros = random.below(3) === 0 ? random.below(2) * 0x8000 + random.below(2) * 0x40 : 0;
  return masks | zeros | (random.below(4) << 13) | (random.below(2) === 0 ? random.below(64) : 0);
}

function caseOf({ code, kind }: Tested, random: Random): Buffer {
  const bytes = Buffer.alloc(CASE_BYTES);
  bytes.set(code);
  bytes[code.length] = 0xc3;
  bytes.writeUInt16LE(0x37f, layout.AREA_CONTROL);
  bytes.writeUInt32LE(mxcsr(random), layout.AREA_MXCSR);
  bytes.writeBigUInt64LE(7n, layout.AREA_HEADER);
  bytes.writeBigUInt64LE(0x202n, layout.CASE_RFLAGS);
  bytes.writeBigUInt64LE(operand(random, kind), layout.CASE_RAX);
  for (let register = 0; register < 3; register++) {
    for (const half of [layout.AREA_XMM, layout.AREA_YMM_HIGH]) {
      for (const word of [0, 8]) {
        const at = half + 16 * register + word;
        // Sometimes equal operands, for comparisons and cancellation.
        const same = register === 1 && random.below(4) === 0;
        bytes.writeBigUInt64LE(same ? bytes.readBigUInt64LE(at - 16) : operand(random, kind), at);
      }
    }
  }
  return bytes;
}

/** 2^-22 (1 - 2^-53) and 2^-1000, 2^-12 (1 - 2^-24) and 2^-114: the product is tiny, but comes out as the smallest normal number. */
const nearlyTiny: Readonly<Record<string, readonly [bigint, bigint]>> = {
  double: [0x3e8f_ffff_ffff_ffffn, 0x0170_0000_0000_0000n],
  single: [0x397f_ffff_397f_ffffn, 0x0680_0000_0680_0000n],
};

function nearlyTinyCase(instruction: Tested, random: Random): Buffer {
  const bytes = caseOf(instruction, random);
  bytes.writeUInt32LE(0x1fa0, layout.AREA_MXCSR);
  const values = nearlyTiny[instruction.kind] as readonly [bigint, bigint];
  for (const half of [layout.AREA_XMM, layout.AREA_YMM_HIGH]) {
    for (let word = 0; word < 4; word++) bytes.writeBigUInt64LE(values[word >> 1] as bigint, half + 8 * word);
  }
  return bytes;
}

/** Signal, RAX, status flags, MXCSR, ymm0 to ymm2; without the signal the registers count. */
function outcome(bytes: Buffer): string {
  const registers = [layout.AREA_XMM, layout.AREA_YMM_HIGH].map((at) => bytes.toString('hex', at, at + 48));
  const flags = bytes.readBigUInt64LE(layout.CASE_RFLAGS) & 0x8d5n;
  const rest = [bytes.readBigUInt64LE(layout.CASE_RAX).toString(16), flags.toString(16), ...registers];
  const signal = bytes[0] === 0 ? rest : [`signal ${bytes[0]}`];
  return [bytes.readUInt32LE(layout.AREA_MXCSR).toString(16), ...signal].join(' ');
}

function check(
  instructions: readonly Tested[],
  tier: Tier,
  seed: bigint,
  cases: number = CASES,
  make: (instruction: Tested, random: Random) => Buffer = caseOf,
): void {
  const random = new Random(seed);
  const given = instructions.flatMap((each) => Array.from({ length: cases }, () => make(each, random)));
  const input = Buffer.concat(given);
  const theirs = runNatively(input);
  const ours = new Subject(tier).run(input);
  for (let index = 0; index < given.length; index++) {
    const at = index * CASE_BYTES;
    const { text } = instructions[Math.floor(index / cases)] as Tested;
    const before = outcome(input.subarray(at, at + CASE_BYTES).fill(0, 0, 1));
    const found = outcome(ours.subarray(at, at + CASE_BYTES));
    expect(found, `${text}, from ${before}`).toBe(outcome(theirs.subarray(at, at + CASE_BYTES)));
  }
}

describe.skipIf(!available)('SSE floating point against the processor', () => {
  for (const tier of ['interpreter', 'region'] as const) {
    test(`arithmetic, ${tier}`, () => check(arithmetic(), tier, 0x1111n));
    test(`comparisons, ${tier}`, () => check(comparisons(), tier, 0x2222n));
    test(`conversions, ${tier}`, () => check(conversions(), tier, 0x3333n));
    test(`fused, ${tier}`, () => check(fused(), tier, 0x4444n));
    test(`results at the edge of the normal numbers, ${tier}`, () => {
      const products = arithmetic().filter(({ text }) => /mul/.test(text));
      check(products, tier, 0x5555n, 1, nearlyTinyCase);
    });
  }
});
