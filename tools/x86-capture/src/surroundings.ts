/** What an instruction uses beside its operands: strings, counts, stack, accumulator, floating-point environment. Set before operands are chosen. */
import type { Row } from '@drift-os/x86-core';
import { DATA, FCW, FSW, FTW, HIGH, MXCSR, segments } from '@drift-os/x86-vectors';
import { point, stackBits } from './address.ts';
import { type Draft, DS, ES, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP, SS } from './draft.ts';
import { element, integer, lanes, toBytes } from './values.ts';

/** Status flags: any; DF, AC and ID seldom, TF never. */
export function randomFlags(draft: Draft, row: Row): void {
  const { random } = draft;
  const direction = row.flags.tested.includes('d') ? 35 : 5;
  draft.flags =
    0x202 | (random.word() & 0x8d5) | (random.percent(direction) ? 0x400 : 0) | (random.percent(4) ? 0x4_0000 : 0);
}

/** Where the instruction stands: mostly in the middle of the code pages; across their boundary, or running off their end. */
export function placeCode(draft: Draft): void {
  const { random } = draft;
  const high = draft.mode === 64 && random.percent(25) ? HIGH : 0n;
  const chance = random.below(100);
  const offset = chance < 92 ? 0x700 + random.below(0x200) : (chance < 96 ? 0x1000 : 0x2000) - 1 - random.below(8);
  const start = draft.mode === 16 ? 0n : 0x1000_0000n;
  draft.rip = high + start + BigInt(offset);
}

/** Now and then other segments than flat ones. */
export function placeSegments(draft: Draft): void {
  const { random, mode } = draft;
  if (mode === 32) {
    if (random.percent(12)) draft.setSelector(SS, 0x37);
    if (random.percent(12)) draft.setSelector(DS, random.pick([0x37, 0x0f, 0x1f]));
    if (random.percent(12)) draft.setSelector(ES, random.pick([0x37, 0x0f]));
  } else if (mode === 16 && random.percent(40)) draft.setSelector(SS, 0x37);
}

export function placeX87(draft: Draft): void {
  const { random, view } = draft;
  const mask = random.percent(70) ? 0x3f : random.below(64);
  const precision = random.pick([0, 2, 2, 3, 3, 3, 3, random.percent(20) ? 1 : 3]);
  view.setUint16(FCW, 0x40 | mask | (precision << 8) | (random.below(4) << 10), true);
  const flags = random.percent(75) ? 0 : random.below(64) | (random.percent(20) ? 0x40 : 0);
  const pending = (flags & 0x3f & ~mask) !== 0 ? 0x8080 : 0;
  view.setUint16(FSW, flags | pending | (random.below(8) << 11) | (random.word() & 0x4700), true);
  draft.state[FTW] = random.percent(65) ? 255 : random.below(256);
  for (let register = 0; register < 8; register++) {
    if (random.percent(40)) draft.setX87(register, toBytes(element(random, 'f80'), 10));
  }
}

export function placeMxcsr(draft: Draft): void {
  const { random, view } = draft;
  const masks = random.percent(70) ? 0x1f80 : random.below(64) << 7;
  const flags = random.percent(70) ? 0 : random.below(64);
  const modes = (random.percent(20) ? 0x40 : 0) | (random.percent(20) ? 0x8000 : 0);
  view.setUint32(MXCSR, masks | flags | modes | (random.below(4) << 13), true);
}

export const someSelectors: readonly number[] = [
  0x23,
  0x2b,
  0x33,
  0x2b,
  ...segments.map(({ selector }) => selector),
  0,
  3,
  0x10,
  0x28,
  0x2c,
  0x0c,
  0x87,
];
const codeSelectors = [0x23, 0x33, 0x33, 0x07, 0x17, 0x2b, 0x3f, 0, 0x22, 0x0f];

/** Bytes of the implicit memory operand of a string instruction. */
function stringBytes(mnemonic: string): number {
  return { b: 1, w: 2, d: 4, q: 8 }[mnemonic.at(-1) as 'b'];
}

/** Sets the implicit operands. `addressBits` of string instructions and counts; `repeated`: with REP. */
export function place(
  draft: Draft,
  row: Row,
  addressBits: 16 | 32 | 64,
  operandBytes: number,
  repeated: boolean,
): void {
  const { random } = draft;
  const { mnemonic } = row;
  if (row.repeat !== 'none') placeString(draft, row, addressBits, repeated);
  else if (/^loop|^j.*cxz$/.test(mnemonic)) {
    draft.setGpr(RCX, random.percent(60) ? BigInt(random.below(3)) : integer(random, addressBits), addressBits);
  } else if (/^(push|pop|call|ret|enter|leave|iret|int)/.test(mnemonic)) placeStack(draft, mnemonic, operandBytes);
  else if (mnemonic === 'xlat' || mnemonic === 'xlatb') {
    point(draft, RBX, DS, addressBits, { bytes: 1, alignment: 1 });
    draft.setGpr(RBX, draft.gpr(RBX) - (draft.gpr(RAX) & 0xffn), addressBits);
    draft.fixed.add(RAX);
  } else if (/maskmov(q|dqu)$/.test(mnemonic))
    point(draft, RDI, DS, addressBits, { bytes: mnemonic === 'maskmovq' ? 8 : 16, alignment: 1 });
  else if (/^i?div$/.test(mnemonic)) {
    if (random.percent(80))
      draft.setGpr(RDX, random.percent(50) ? 0n : random.percent(30) ? -1n : BigInt(random.below(200)));
    draft.setGpr(RAX, integer(random, 64));
  } else if (/^x(save|rstor)/.test(mnemonic) || mnemonic === 'xgetbv') {
    draft.setGpr(RAX, BigInt(random.percent(60) ? 7 : random.below(8)));
    draft.setGpr(RDX, 0n);
  } else if (/^(mul|imul|cmpxchg|cmpxchg8b|cmpxchg16b|mulx|cbw|cwd|cdq|cqo|cwde|cdqe|aa|da|lahf|sahf)/.test(mnemonic)) {
    for (const register of [RAX, RDX, RBX, RCX]) draft.setGpr(register, integer(random, draft.mode === 64 ? 64 : 32));
  } else if (row.operands.some(({ notation }) => notation === 'CL')) {
    draft.setGpr(RCX, random.percent(60) ? BigInt(random.below(70)) : integer(random, 64));
  }
}

function placeString(draft: Draft, row: Row, addressBits: 16 | 32 | 64, repeated: boolean): void {
  const { random } = draft;
  const bytes = stringBytes(row.mnemonic);
  if (/^(movs|cmps|lods|outs)/.test(row.mnemonic)) point(draft, RSI, DS, addressBits, { bytes, alignment: 1 });
  if (/^(movs|cmps|stos|scas|ins)/.test(row.mnemonic)) point(draft, RDI, ES, addressBits, { bytes, alignment: 1 });
  if (repeated)
    draft.setGpr(RCX, BigInt(random.percent(4) ? 0x4000 : random.below(random.percent(50) ? 3 : 20)), addressBits);
  if (/^(cmps|scas)/.test(row.mnemonic) && random.percent(60)) {
    // Long runs of equal elements.
    const same = lanes(random, 'int64', 8);
    const repeatedBytes = new Uint8Array(64);
    for (let at = 0; at < 64; at += bytes) repeatedBytes.set(same.subarray(0, bytes), at);
    for (const [register, segment] of [
      [RSI, DS],
      [RDI, ES],
    ] as const) {
      const address = draft.segmentBase(segment) + BigInt.asUintN(addressBits, draft.gpr(register));
      draft.poke(address - ((draft.flags & 0x400) === 0 ? 0n : 64n - BigInt(bytes)), repeatedBytes);
    }
    draft.setGpr(
      RAX,
      BigInt.asUintN(
        64,
        same.reduce((sum, byte, index) => sum | (BigInt(byte) << BigInt(8 * index)), 0n),
      ),
    );
  }
}

function placeStack(draft: Draft, mnemonic: string, operandBytes: number): void {
  const { random } = draft;
  const bits = stackBits(draft);
  if (mnemonic === 'leave') {
    point(draft, RBP, SS, bits, { bytes: operandBytes, alignment: 1 });
    return;
  }
  const bytes = /^(pusha|popa)/.test(mnemonic) ? 8 * operandBytes : operandBytes;
  const down = /^(push|call|enter)/.test(mnemonic);
  point(draft, RSP, SS, bits, { bytes, alignment: random.percent(70) ? operandBytes : 1 });
  if (down) draft.setGpr(RSP, draft.gpr(RSP) + BigInt(bytes), bits);
  if (mnemonic === 'enter') point(draft, RBP, SS, bits, { bytes: 8, alignment: 8 });
  const top = draft.segmentBase(SS) + BigInt.asUintN(bits, draft.gpr(RSP));
  const words: bigint[] = [];
  if (/^(ret|iret)/.test(mnemonic)) words.push(branchTarget(draft));
  if (/^(retf|iret)/.test(mnemonic)) words.push(BigInt(random.pick(codeSelectors)));
  if (mnemonic.startsWith('iret')) {
    words.push(
      BigInt((random.word() & 0x20_0ed5) | 2),
      draft.mode === 64 ? DATA + 0x1000n : BigInt(random.below(0x2000)),
      BigInt(random.percent(70) ? 0x2b : random.pick(someSelectors)),
    );
  }
  if (mnemonic.startsWith('popf')) words.push(random.bits(64) & ~0x100n);
  for (const [index, word] of words.entries())
    draft.poke(top + BigInt(index * operandBytes), toBytes(BigInt.asUintN(64, word), operandBytes));
}

/** Where an indirect branch leads: nearly always to code. */
export function branchTarget(draft: Draft): bigint {
  const { random, mode } = draft;
  if (random.percent(85)) return draft.codeTarget();
  if (mode === 64 && random.percent(50))
    return random.pick([0x8000_0000_0000n, 0xffff_0000_0000_0000n]) + BigInt(random.below(64));
  return mode === 16 ? 0x4000n : DATA + BigInt(random.below(0x5000));
}

/** A far pointer's selector. */
export function branchSelector(draft: Draft): number {
  const same = draft.mode === 64 ? 0x33 : draft.mode === 32 ? 0x23 : 0x07;
  return draft.random.percent(50) ? same : draft.random.pick(codeSelectors);
}
