/** Random programs of general-purpose and vector instructions, run on the interpreter, on a compiled region, and by program.c on the processor. */
import { canCompareWithHost } from '../host-processor.ts';
import { readFileSync } from 'node:fs';
import { type Operand, type Row, decode, CodeBuffer, encode } from '../../src/index.ts';
import { writeFloatMode } from '../../src/semantics/float/mode.ts';
import * as state from '../../src/semantics/state.ts';
import { CORE, GUEST, type Line, TestCore } from './core.ts';
import { everyRow } from './every-row.ts';

export const DATA = 0x1_0000;
const DATA_BYTES = 8192;
const CODE = 0x1000;
const CODE_BYTES = 1024;
const VECTORS = 144;
const STATE_BYTES = VECTORS + 512 + DATA_BYTES;
export const CASE_BYTES: number = STATE_BYTES + CODE_BYTES;
const MXCSR_DEFAULT = 0x1f80n;
const RSP = 4;
const STATUS: Readonly<Record<string, number>> = { c: 1, p: 4, a: 0x10, z: 0x40, s: 0x80, o: 0x800 };

export const resultBytes: number = STATE_BYTES;

/** Stack and pointers, results or flags that the manual leaves undefined, faults by value, state that programs do not compare, approximations. */
const leftOut =
  /^(push|pop|enter$|leave$|bs[fr]$|bswap$|i?div$|v?ldmxcsr$|rdfs|rdgs|wrfs|wrgs|v?p?gather|v?maskmov|vp?maskmov|v?rcp|v?rsqrt|cld$|std$|cli$|sti$|clflush|clwb|pause$|emms$|f|v?pcmp.str|xlatb$|ud\d$)/;

/** The processor's features, as /proc/cpuinfo names them. */
const names: Readonly<Record<string, string>> = {
  LZCNT: 'abm',
  SHA: 'sha_ni',
  CMPXCHG16B: 'cx16',
  SSE3: 'pni',
  CLFSH: 'clflush',
};

function featuresHere(): ReadonlySet<string> {
  const text = readFileSync('/proc/cpuinfo', 'utf8');
  return new Set((/^flags\s*:(.*)$/m.exec(text)?.[1] ?? '').trim().split(' '));
}

/** @returns the lines that programs are made of, or undefined where the processor cannot run the tests at all. */
export function programLines(): Line[] | undefined {
  const here = featuresHere();
  if (!canCompareWithHost('programs of forty instructions against the processor')) return undefined;
  const has = (feature: string): boolean => here.has(names[feature] ?? feature.toLowerCase().replace('.', '_'));
  const isWanted = (row: Row): boolean => {
    if (
      leftOut.test(row.mnemonic) ||
      row.operands.some((kind) => kind.registerClass === 'mmx' || kind.registerClass === 'segment')
    )
      return false;
    if (row.operands.some((kind) => kind.type === 'fixed' && kind.fixed?.class === 'segment')) return false;
    return row.feature === undefined || has(row.feature);
  };
  return everyRow(DATA + 0x1000, isWanted).filter((line) => typeof line !== 'string' && isUser(line));
}

/** System instructions fault outside of ring 0; narrow shifts by CL may leave CF and the result undefined. */
function isUser([mnemonic, first, ...rest]: Exclude<Line, string>): boolean {
  if (
    /^(rd|wr|s[lgi]dt|str$|smsw|l[lgi]dt|l[ta]r|lsl|ver|clts|hlt|in$|out$|inv|mov(?=.*cr)|xsave|xrstor|fx|monitor|mwait|swapgs|sys|umonitor|tpause|cpuid|stac|clac|x[gs]etbv)/.test(
      mnemonic,
    )
  )
    return false;
  // A bit number in a register reaches anywhere.
  if (/^bt/.test(mnemonic) && typeof first === 'object' && first.kind === 'memory' && typeof rest[0] === 'object')
    return false;
  const narrow = typeof first === 'object' && 'bits' in first && (first.bits === 8 || first.bits === 16);
  return !(narrow && /^(sh[lr]d?|sa[lr]|rc[lr])$/.test(mnemonic) && rest.length > 0);
}

export interface Program {
  readonly text: string;
  readonly code: Uint8Array;
  /** Status flags that the manual defines at its end. */
  readonly defined: number;
}

/** Lines one after the other; those that read a flag which is undefined there are left out. */
export function program(lines: readonly Line[], length: number, random: (below: number) => number): Program {
  const out = new CodeBuffer(CODE_BYTES);
  const text: string[] = [];
  const unknown = new Set<string>();
  while (text.length < length) {
    const [mnemonic, ...operands] = lines[random(lines.length)] as Exclude<Line, string>;
    const before = out.length;
    encode(64, mnemonic, operands as Operand[], out);
    const decoded = decode(64, out.toBytes().subarray(before));
    if (decoded.kind === 'failure') throw new Error(`${mnemonic}: ${decoded.reason}`);
    const { flags } = decoded.row;
    if (Array.from(flags.tested).some((flag) => unknown.has(flag))) {
      out.truncate(before);
      continue;
    }
    for (const flag of flags.written + flags.cleared + flags.set) unknown.delete(flag);
    for (const flag of flags.undefined) unknown.add(flag);
    text.push(mnemonic);
  }
  const undefinedFlags = [...unknown].reduce((sum, flag) => sum | (STATUS[flag] ?? 0), 0);
  return { text: text.join(', '), code: out.toBytes(), defined: 0x8d5 & ~undefinedFlags };
}

/** A state as program.c reads it: RBX, RSI, RDI, RBP and R8 point into the data, R9 is small. */
export function randomCase(random: (below: number) => number, code: Uint8Array): Buffer {
  const bytes = Buffer.alloc(CASE_BYTES);
  for (let at = 0; at < STATE_BYTES; at++) bytes[at] = random(256);
  for (const pointer of [3, 5, 6, 7, 8]) bytes.writeBigUInt64LE(BigInt(DATA + 0x400 + random(0x800)), 8 * pointer);
  bytes.writeBigUInt64LE(BigInt(random(64)), 8 * 9);
  bytes.writeBigUInt64LE(0n, 8 * RSP);
  bytes.writeBigUInt64LE(BigInt(0x202 | (random(0x1000) & 0x8d5)), 128);
  bytes.writeBigUInt64LE(MXCSR_DEFAULT, 136);
  for (let lane = 0; lane < 128; lane += 3) bytes.writeFloatLE((random(2000) - 1000) / 64, VECTORS + 4 * lane);
  bytes.set(code, STATE_BYTES);
  bytes[STATE_BYTES + code.length] = 0xc3;
  return bytes;
}

export class ProgramCore {
  readonly #core = new TestCore(0x2_0000);

  /** The state after the program, on both backends, which must agree. */
  run(given: Buffer, { code }: Program): Buffer[] {
    const { bytes, interpreter } = this.#core;
    bytes.set(code, GUEST + CODE);
    bytes[GUEST + CODE + code.length] = 0xf4;
    interpreter.flush();
    const region = this.#core.compile([BigInt(CODE)]);
    return [(): unknown => interpreter.run(100_000), (): unknown => region(100_000)].map((runIt) => {
      this.#load(given);
      runIt();
      return this.#save();
    });
  }

  #load(given: Buffer): void {
    const { bytes, view } = this.#core;
    bytes.set(given.subarray(0, 128), CORE + state.GPR);
    this.#core.flags = Number(given.readBigUInt64LE(128));
    view.setBigInt64(CORE + state.DIRECTION, 1n, true);
    view.setUint32(CORE + state.MXCSR, Number(MXCSR_DEFAULT), true);
    writeFloatMode(view, CORE, Number(MXCSR_DEFAULT));
    view.setUint32(CORE + state.X87_EMPTY, 0xff, true);
    bytes.set(given.subarray(VECTORS, VECTORS + 512), CORE + state.YMM);
    bytes.set(given.subarray(VECTORS + 512, STATE_BYTES), GUEST + DATA);
    this.#core.rip = BigInt(CODE);
  }

  #save(): Buffer {
    const { bytes, view } = this.#core;
    const after = Buffer.alloc(STATE_BYTES);
    after.set(bytes.subarray(CORE + state.GPR, CORE + state.GPR + 128));
    after.writeBigUInt64LE(BigInt(this.#core.flags), 128);
    after.writeBigUInt64LE(BigInt(view.getUint32(CORE + state.MXCSR, true)), 136);
    after.set(bytes.subarray(CORE + state.YMM, CORE + state.YMM + 512), VECTORS);
    after.set(bytes.subarray(GUEST + DATA, GUEST + DATA + DATA_BYTES), VECTORS + 512);
    return after;
  }
}

/** What differs between two states, by name. */
export function differences(ours: Buffer, theirs: Buffer, defined: number): string[] {
  const found: string[] = [];
  for (let register = 0; register < 16; register++) {
    const [a, b] = [ours, theirs].map((each) => each.readBigUInt64LE(8 * register));
    if (register !== RSP && a !== b) found.push(`register ${register}: ${a?.toString(16)}, not ${b?.toString(16)}`);
  }
  const [a, b] = [ours, theirs].map((each) => Number(each.readBigUInt64LE(128)) & defined);
  if (a !== b) found.push(`flags ${a?.toString(16)}, not ${b?.toString(16)}`);
  if (ours.readBigUInt64LE(136) !== theirs.readBigUInt64LE(136)) found.push('MXCSR');
  for (let register = 0; register < 16; register++) {
    const at = VECTORS + 32 * register;
    if (ours.compare(theirs, at, at + 32, at, at + 32) !== 0) found.push(`ymm${register}`);
  }
  if (ours.compare(theirs, VECTORS + 512, STATE_BYTES, VECTORS + 512, STATE_BYTES) !== 0) found.push('memory');
  return found;
}
