/** The same cases as native.c runs, on the interpreter or on a compiled region. */
import { decode, rax, rsi } from '../../src/index.ts';
import { writeFloatMode } from '../../src/semantics/float/mode.ts';
import * as state from '../../src/semantics/state.ts';
import { CORE, GUEST, type Region, TestCore } from '../semantics/core.ts';
import * as layout from './native.ts';

const CODE = 0x1000;
const DATA = 0x2000;
const HLT = 0xf4;
const SIGILL = 4;
const SIGFPE = 8;
const INVALID_OPCODE = 6;
const STATUS_FLAGS = 0x8d5;

export type Tier = 'interpreter' | 'region';

export class Subject {
  readonly #core = new TestCore(1 << 16);
  readonly #tier: Tier;
  #code = '';
  #region: Region | undefined;

  constructor(tier: Tier) {
    this.#tier = tier;
  }

  /** Cases as they are after their code ran. */
  run(cases: Buffer): Buffer {
    const after = Buffer.from(cases);
    for (let at = 0; at < cases.length; at += layout.CASE_BYTES) {
      this.#one(after.subarray(at, at + layout.CASE_BYTES));
    }
    return after;
  }

  #one(given: Buffer): void {
    const core = this.#core;
    core.exception = undefined;
    this.#prepare(given.subarray(0, layout.CASE_MEMORY));
    this.#load(given);
    if (this.#region === undefined) core.interpreter.run(100);
    else this.#region(100);
    this.#save(given);
  }

  /** The code ends with a RET for native.c; here it is a HLT. */
  #prepare(code: Buffer): void {
    const text = code.toString('latin1');
    if (text === this.#code) return;
    this.#code = text;
    const { bytes, interpreter } = this.#core;
    bytes.set(code, GUEST + CODE);
    bytes[GUEST + CODE + lengthOf(code)] = HLT;
    interpreter.flush();
    if (this.#tier === 'interpreter') return;
    this.#region = this.#core.compile([CODE, ...targetsIn(code.subarray(0, lengthOf(code)))].map(BigInt));
  }

  #load(given: Buffer): void {
    const core = this.#core;
    const { view, bytes } = core;
    const set32 = (at: number, value: number): void => view.setUint32(CORE + at, value, true);
    core.rip = BigInt(CODE);
    core.set(rax, given.readBigUInt64LE(layout.CASE_RAX));
    core.set(rsi, BigInt(DATA));
    core.flags = Number(given.readBigUInt64LE(layout.CASE_RFLAGS)) & STATUS_FLAGS;
    bytes.set(given.subarray(layout.CASE_MEMORY, layout.CASE_MEMORY + 64), GUEST + DATA);
    const mxcsr = given.readUInt32LE(layout.AREA_MXCSR);
    set32(state.MXCSR, mxcsr);
    writeFloatMode(view, CORE, mxcsr);
    set32(state.CR0, 1);
    set32(state.CR4, 0x600);
    const status = given.readUInt16LE(layout.AREA_STATUS);
    const top = (status >> 11) & 7;
    set32(state.X87_CONTROL, given.readUInt16LE(layout.AREA_CONTROL));
    set32(state.X87_STATUS, status & ~0x3800);
    set32(state.X87_TOP, top);
    set32(state.X87_EMPTY, ~given.readUInt8(layout.AREA_TAGS) & 255);
    for (let register = 0; register < 16; register++) {
      const xmm = layout.AREA_XMM + 16 * register;
      const high = layout.AREA_YMM_HIGH + 16 * register;
      bytes.set(given.subarray(xmm, xmm + 16), CORE + state.YMM + 32 * register);
      bytes.set(given.subarray(high, high + 16), CORE + state.YMM + 32 * register + 16);
    }
    for (let index = 0; index < 8; index++) {
      const from = layout.AREA_ST + 16 * index;
      bytes.set(given.subarray(from, from + 16), CORE + state.ST + 16 * ((top + index) & 7));
    }
  }

  #save(into: Buffer): void {
    const core = this.#core;
    const { view, bytes } = core;
    const get32 = (at: number): number => view.getUint32(CORE + at, true);
    into.fill(0, 0, 8);
    if (core.exception !== undefined) into[0] = core.exception === INVALID_OPCODE ? SIGILL : SIGFPE;
    into.writeBigUInt64LE(core.get(rax), layout.CASE_RAX);
    into.writeBigUInt64LE(BigInt(core.flags), layout.CASE_RFLAGS);
    into.set(bytes.subarray(GUEST + DATA, GUEST + DATA + 64), layout.CASE_MEMORY);
    into.writeUInt32LE(get32(state.MXCSR), layout.AREA_MXCSR);
    const top = get32(state.X87_TOP);
    into.writeUInt16LE(get32(state.X87_CONTROL), layout.AREA_CONTROL);
    into.writeUInt16LE(get32(state.X87_STATUS) | (top << 11), layout.AREA_STATUS);
    into.writeUInt8(~get32(state.X87_EMPTY) & 255, layout.AREA_TAGS);
    for (let register = 0; register < 16; register++) {
      const from = CORE + state.YMM + 32 * register;
      into.set(bytes.subarray(from, from + 16), layout.AREA_XMM + 16 * register);
      into.set(bytes.subarray(from + 16, from + 32), layout.AREA_YMM_HIGH + 16 * register);
    }
    for (let index = 0; index < 8; index++) {
      const from = CORE + state.ST + 16 * ((top + index) & 7);
      into.set(bytes.subarray(from, from + 10), layout.AREA_ST + 16 * index);
    }
  }
}

/** Where its branches go, all of which have a byte of displacement. */
function targetsIn(code: Buffer): number[] {
  const targets: number[] = [];
  for (let at = 0; at < code.length; ) {
    const instruction = decode(64, code, at);
    if (instruction.kind === 'failure') throw new Error(`No instruction at ${at}`);
    at += instruction.length;
    const opcode = code[at - 2] as number;
    if (instruction.length === 2 && opcode >= 0x70 && opcode < 0x80) targets.push(CODE + at + code.readInt8(at - 1));
  }
  return targets;
}

/** Bytes before the RET that ends the code and the zeros behind it. */
function lengthOf(code: Buffer): number {
  let length = code.length;
  while (code[length - 1] === 0) length--;
  return length - 1;
}
