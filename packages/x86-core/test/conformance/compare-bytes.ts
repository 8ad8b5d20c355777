/**
 * Runs random bytes as one instruction of 64-bit code on the Cpu and on the processor, and compares how it ends: which exception with which error
 * code, or, by TF, how long it was. Most of the bytes are no instruction.
 */
import { CODE, CODE_BYTES, ERROR_CODE, EXCEPTION, RFLAGS, RIP, STATE_BYTES } from '@drift-os/x86-vectors';
import * as iced from 'iced-x86';
import { Rflags } from '../../src/system/register-bits.ts';
import { leftOut } from '../oracle/iced.ts';
import { Random } from '../robustness/random.ts';
import { startStates } from './compare-programs.ts';
import { CpuSubject } from './cpu-subject.ts';
import { type NativeCase, runNatively } from './native.ts';

export interface BytesComparison {
  /** How many were compared, and how many of them raised each exception; 1 is the end of an instruction. */
  readonly compared: number;
  readonly vectors: ReadonlyMap<number, number>;
  /** Readable. */
  readonly wrong: readonly string[];
}

const starts: readonly (readonly number[])[] = [
  [],
  [0x66],
  [0xf2],
  [0xf3],
  [0xf0],
  [0x48],
  [0x67],
  [0x0f],
  [0x0f, 0x38],
  [0x0f, 0x3a],
];
const vex: readonly (readonly number[])[] = [[0xc5], [0xc4, 0xe1], [0xc4, 0xe2], [0xc4, 0xe3], [0xc4]];
/** System calls: SYSCALL, SYSENTER, INT 80h. Random ones are not for the host. */
const refused: readonly (readonly [number, number])[] = [
  [0x0f, 0x05],
  [0x0f, 0x34],
  [0xcd, 0x80],
];

function randomBytes(random: Random): Uint8Array | undefined {
  const first = random.once(4) ? random.pick(vex) : [...random.pick(starts), ...random.pick(starts)];
  const code = Uint8Array.from([...first, ...random.bytes(random.once(8) ? 3 : 15)]);
  if (random.once(16)) code.fill(random.pick([0x66, 0x2e, 0xf3, 0x40]), 0, 8 + random.below(9));
  const isRefused = code.some((byte, at) => refused.some(([one, two]) => byte === one && code[at + 1] === two));
  // HLT is how the processor's side finds that a program has ended.
  return isRefused || code[0] === 0xf4 ? undefined : code;
}

/** What the table leaves out, where the processor may have it. */
function isLeftOut(code: Uint8Array): boolean {
  const decoder = new iced.Decoder(64, code, iced.DecoderOptions.None);
  const instruction = decoder.decode();
  const left = instruction.code !== iced.Code.INVALID && leftOut(instruction) !== undefined;
  instruction.free();
  decoder.free();
  return left;
}

export async function compareBytes(seed: number, count: number): Promise<BytesComparison> {
  const random = new Random(seed);
  const states = await startStates();
  const cases: NativeCase[] = [];
  while (cases.length < count) {
    const code = randomBytes(random);
    if (code === undefined || isLeftOut(code)) continue;
    const state = random.pick(states).slice();
    const view = new DataView(state.buffer);
    view.setUint32(RFLAGS, view.getUint32(RFLAGS, true) | Rflags.tf, true);
    const before = random.once(8) ? 1 + random.below(code.length) : CODE_BYTES / 2;
    view.setBigUint64(RIP, CODE + BigInt(CODE_BYTES - before), true);
    cases.push({ code, state });
  }
  const natively = runNatively(cases);
  const subject = new CpuSubject();
  const vectors = new Map<number, number>();
  const wrong: string[] = [];
  let compared = 0;
  for (const [index, { code, state }] of cases.entries()) {
    const expected = natively[index];
    if (expected === undefined) continue;
    compared++;
    const got = new Uint8Array(STATE_BYTES);
    subject.load(state, code);
    subject.runToEnd();
    subject.save(got);
    const [theirs, own] = [outcomeOf(expected), outcomeOf(got)];
    const vector = (expected[EXCEPTION] as number) - 1;
    vectors.set(vector, (vectors.get(vector) ?? 0) + 1);
    if (theirs !== own && !isKnown(code, state, expected, got))
      wrong.push(`${Buffer.from(code).toString('hex')}: expected ${theirs}, got ${own}`);
  }
  return { compared, vectors, wrong };
}

/** Differences with a reason. README "Quirks": processors fetch ModRM, displacement and immediate of opcodes that are undefined, too, before they say so. */
function isKnown(code: Uint8Array, start: Uint8Array, expected: Uint8Array, got: Uint8Array): boolean {
  if (isUndefined(got) && isFetchFault(expected, start)) return true;
  if (isUndefined(expected) && isFetchFault(got, start)) return true;
  const [theirs, own] = [(expected[EXCEPTION] as number) - 1, (got[EXCEPTION] as number) - 1];
  // Images of the x87 are not checked for #AC; and there are addresses that only the processor's process has.
  if (own === 14 && (theirs === 17 || theirs === 1)) return true;
  // With UMIP Linux carries out SLDT, STR, SGDT, SIDT and SMSW itself, and the trap comes an instruction later.
  return theirs === 1 && code.some((byte, at) => byte === 0x0f && (code[at + 1] === 0 || code[at + 1] === 1));
}

function isUndefined(state: Uint8Array): boolean {
  return state[EXCEPTION] === 7;
}

/** #PF of a fetch, or #GP for more than 15 bytes, at the first instruction. */
function isFetchFault(state: Uint8Array, start: Uint8Array): boolean {
  const [view, before] = [state, start].map((each) => new DataView(each.buffer, each.byteOffset)) as [
    DataView,
    DataView,
  ];
  if (view.getBigUint64(RIP, true) !== before.getBigUint64(RIP, true)) return false;
  const [vector, code] = [view.getUint8(EXCEPTION) - 1, view.getUint32(ERROR_CODE, true)];
  return (vector === 14 && (code & 0x10) !== 0) || (vector === 13 && code === 0);
}

function outcomeOf(state: Uint8Array): string {
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  const vector = view.getUint8(EXCEPTION) - 1;
  return `exception ${vector}, error code ${view.getUint32(ERROR_CODE, true)}, rip ${view.getBigUint64(RIP, true).toString(16)}`;
}
