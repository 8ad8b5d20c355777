/** The interpreter alone as a subject: 64-bit code, no paging, no segments. The pages of the vectors are looked up in TypeScript. */
import {
  ADDRESS,
  CODE,
  CODE_BYTES,
  DATA,
  ERROR_CODE,
  EXCEPTION,
  FCW,
  FS_BASE,
  FSW,
  FTW,
  GPR,
  GS_BASE,
  HIGH,
  MEMORY,
  MEMORY_BYTES,
  MXCSR,
  RFLAGS,
  RIP,
  SELECTORS,
  X87,
  YMM,
} from '@drift-os/x86-vectors';
import { decode } from '../../src/index.ts';
import { runtimeBase64 } from '../../src/generated/runtime.ts';
import { Interpreter } from '../../src/semantics/index.ts';
import { meaningOf } from '../../src/semantics/instructions/index.ts';
import { longMode, shapeOf } from '../../src/semantics/operand-shape.ts';
import { Reason } from '../../src/semantics/reason.ts';
import { SSE_FAST } from '../../src/semantics/float/state.ts';
import * as state from '../../src/semantics/state.ts';
import type { Subject } from './subject.ts';

const CORE = 0x1_0000;
const PAGES = 0x20_0000;
const DATA_PAGES = PAGES + CODE_BYTES;
const PAGE = 4096n;

export class InterpreterSubject implements Subject {
  readonly #memory = new WebAssembly.Memory({ initial: 34 });
  readonly #view = new DataView(this.#memory.buffer);
  readonly #bytes = new Uint8Array(this.#memory.buffer);
  readonly #interpreter: Interpreter;
  #input = new Uint8Array();
  #code = new Uint8Array();
  #exception: { vector: number; code: number; address: bigint } | undefined;
  #pending: { host: number; bytes: number; bounce: number } | undefined;
  #halted = false;

  constructor() {
    this.#view.setInt32(CORE + state.TLB, CORE + state.TLB_SETS, true);
    for (let entry = 0; entry < 2 * state.TLB_ENTRIES; entry++) {
      this.#view.setBigUint64(CORE + state.TLB_SETS + 16 * entry, BigInt(state.TLB_EMPTY), true);
    }
    this.#interpreter = new Interpreter({
      memory: this.#memory,
      core: CORE,
      recordsEnd: PAGES,
      functions: {
        ...this.#runtime(),
        translate: (_: number, address: bigint, bytes: number, access: number) => this.#translate(BigInt.asUintN(64, address), bytes, access),
        commit: () => this.#commit(),
        raise: (_: number, vector: number, code: number) => this.#raise(vector, code, 0n),
        segmentFault: () => this.#raise(13, 0, 0n),
      },
      fetch: (rip) => this.#fetch(rip),
    });
  }

  /** Arithmetic of the runtime. What it does with memory is replaced above. */
  #runtime(): WebAssembly.Exports {
    const module = new WebAssembly.Module(Buffer.from(runtimeBase64, 'base64'));
    const unused = (): never => {
      throw new Error('The runtime asked for memory');
    };
    const imports = Object.fromEntries(WebAssembly.Module.imports(module).map(({ name }) => [name, unused]));
    return new WebAssembly.Instance(module, { core: imports, env: { memory: this.#memory, abort: unused } }).exports;
  }

  load(input: Uint8Array, code: Uint8Array): void {
    this.#input = Uint8Array.from(input);
    this.#code = Uint8Array.from(code);
    this.#exception = undefined;
    this.#pending = undefined;
    const from = new DataView(this.#input.buffer);
    const bytes = this.#bytes;
    bytes.set(input.subarray(GPR, GPR + 128), CORE + state.GPR);
    bytes.set(input.subarray(YMM, YMM + 512), CORE + state.YMM);
    this.#set64(state.RIP, from.getBigUint64(RIP, true));
    this.#loadFlags(from.getUint32(RFLAGS, true));
    this.#set32(state.CPL, 3);
    this.#set32(state.LONG_MODE, 1);
    const mxcsr = from.getUint32(MXCSR, true);
    this.#set32(state.MXCSR, mxcsr);
    this.#set32(SSE_FAST, (mxcsr & 0x7fa0) === 0x1fa0 ? 1 : 0);
    // OSFXSR, OSXMMEXCPT.
    this.#set32(state.CR4, 0x600);
    // PE.
    this.#set32(state.CR0, 1);
    const status = from.getUint16(FSW, true);
    this.#set32(state.X87_CONTROL, from.getUint16(FCW, true));
    this.#set32(state.X87_STATUS, status & ~0x3800);
    bytes.set(input.subarray(X87, X87 + 128), CORE + state.ST);
    this.#set32(state.X87_TOP, (status >> 11) & 7);
    this.#set32(state.X87_EMPTY, ~from.getUint8(FTW) & 255);
    for (let segment = 0; segment < 6; segment++) {
      const at = state.SEGMENTS + segment * state.SEGMENT_BYTES;
      this.#view.setUint16(CORE + at + state.SEGMENT_SELECTOR, from.getUint16(SELECTORS + 2 * segment, true), true);
      this.#set64(at + state.SEGMENT_BASE, segment === 4 ? from.getBigUint64(FS_BASE, true) : segment === 5 ? from.getBigUint64(GS_BASE, true) : 0n);
    }
    bytes.fill(0xf4, PAGES, DATA_PAGES);
    const start = this.#place(from.getBigUint64(RIP, true));
    if (start !== undefined) bytes.set(code.subarray(0, DATA_PAGES - start), start);
    bytes.set(input.subarray(MEMORY), DATA_PAGES);
    this.#interpreter.flush();
  }

  /** The HLT behind the instruction ends the run: a string instruction may take many rounds. */
  execute(): boolean {
    const start = this.#place(this.#startRip) as number;
    if (start + this.#code.length > DATA_PAGES) {
      this.#halted = false;
      this.#raise(14, 0x14, (this.#startRip & ~0x1fffn) + BigInt(CODE_BYTES));
      return true;
    }
    const decoded = decode(64, this.#code);
    if (decoded.kind === 'instruction' && meaningOf(shapeOf(decoded, longMode, false)) === undefined) return false;
    try {
      const reason = this.#interpreter.run(1_000_000);
      this.#halted = reason === Reason.assist && this.#isHalt();
      if (reason === Reason.assist && !this.#halted) return false;
    } catch (error) {
      if (error instanceof WebAssembly.LinkError || error instanceof WebAssembly.CompileError || error instanceof TypeError) return false;
      throw error;
    }
    return true;
  }

  save(into: Uint8Array): void {
    const to = new DataView(into.buffer, into.byteOffset, into.byteLength);
    into.set(this.#input);
    into.set(this.#bytes.subarray(CORE + state.GPR, CORE + state.GPR + 128), GPR);
    into.set(this.#bytes.subarray(CORE + state.YMM, CORE + state.YMM + 512), YMM);
    for (let register = 0; register < 8; register++) {
      const at = CORE + state.ST + 16 * register;
      into.set(this.#bytes.subarray(at, at + 10), X87 + 16 * register);
    }
    const rip = this.#get64(state.RIP);
    to.setBigUint64(RIP, BigInt.asUintN(64, rip), true);
    to.setUint32(RFLAGS, this.#flags(), true);
    to.setUint32(MXCSR, this.#get32(state.MXCSR), true);
    to.setUint16(FCW, this.#get32(state.X87_CONTROL), true);
    to.setUint16(FSW, this.#get32(state.X87_STATUS) | (this.#get32(state.X87_TOP) << 11), true);
    to.setUint8(FTW, ~this.#get32(state.X87_EMPTY) & 255);
    to.setBigUint64(FS_BASE, this.#get64(state.SEGMENTS + 4 * state.SEGMENT_BYTES), true);
    to.setBigUint64(GS_BASE, this.#get64(state.SEGMENTS + 5 * state.SEGMENT_BYTES), true);
    into.set(this.#bytes.subarray(DATA_PAGES, DATA_PAGES + MEMORY_BYTES), MEMORY);
    if (this.#exception === undefined || rip !== this.#startRip) return;
    to.setUint8(EXCEPTION, this.#exception.vector + 1);
    to.setUint32(ERROR_CODE, this.#exception.code, true);
    to.setBigUint64(ADDRESS, this.#exception.address, true);
  }

  /** Whether the HLT was reached that lies all around the instruction. */
  #isHalt(): boolean {
    const rip = this.#get64(state.RIP);
    const place = this.#place(rip);
    return rip !== this.#startRip && place !== undefined && this.#bytes[place] === 0xf4;
  }

  get #startRip(): bigint {
    return new DataView(this.#input.buffer).getBigUint64(RIP, true);
  }

  #set32(offset: number, value: number): void {
    this.#view.setInt32(CORE + offset, value, true);
  }

  #get32(offset: number): number {
    return this.#view.getUint32(CORE + offset, true);
  }

  #set64(offset: number, value: bigint): void {
    this.#view.setBigUint64(CORE + offset, value, true);
  }

  #get64(offset: number): bigint {
    return this.#view.getBigUint64(CORE + offset, true);
  }

  #raise(vector: number, code: number, address: bigint): void {
    this.#exception ??= { vector, code, address };
  }

  /** Where a linear address lies in the host's memory. */
  #place(address: bigint, write = false): number | undefined {
    const low = address >= HIGH && address < HIGH + 0x1_0000_0000n ? address - HIGH : address;
    if (low >= CODE && low < CODE + BigInt(CODE_BYTES)) return PAGES + Number(low - CODE);
    const end = DATA + (write ? 2n * PAGE : 3n * PAGE);
    return low >= DATA && low < end ? DATA_PAGES + Number(low - DATA) : undefined;
  }

  #fetch(rip: bigint): Uint8Array {
    const place = this.#place(rip);
    return place === undefined ? new Uint8Array() : this.#bytes.subarray(place, Math.min(place + 15, place < DATA_PAGES ? DATA_PAGES : DATA_PAGES + MEMORY_BYTES));
  }

  #translate(address: bigint, bytes: number, access: number): number {
    const write = (access & 1) !== 0;
    if (BigInt.asIntN(48, address) !== BigInt.asIntN(64, address)) {
      this.#raise(13, 0, 0n);
      return 0;
    }
    const last = BigInt.asUintN(64, address + BigInt(bytes - 1));
    for (const at of [address, last]) {
      if (this.#place(at, write) !== undefined) continue;
      const present = this.#place(at) !== undefined;
      this.#raise(14, 4 | (write ? 2 : 0) | (present ? 1 : 0), at === address ? at : last & ~(PAGE - 1n));
      return 0;
    }
    if ((this.#get32(state.RFLAGS_SYSTEM) & 0x4_0000) !== 0 && [2, 4, 8].includes(bytes) && address % BigInt(bytes) !== 0n) {
      this.#raise(17, 0, 0n);
      return 0;
    }
    // Always by way of BOUNCE, so that nothing enters the TLB.
    const host = this.#place(address) as number;
    const bounce = CORE + state.BOUNCE + (access >> 4) * state.BOUNCE_BYTES;
    this.#bytes.copyWithin(bounce, host, host + bytes);
    this.#pending = { host, bytes, bounce };
    return bounce;
  }

  #commit(): void {
    if (this.#pending === undefined) throw new Error('A commit without a translation');
    const { host, bytes, bounce } = this.#pending;
    this.#bytes.copyWithin(host, bounce, bounce + bytes);
  }

  #loadFlags(value: number): void {
    const zero = (value & 0x40) !== 0;
    const parity = (value & 4) !== 0 ? 0n : 1n;
    const result = zero ? 0n : 1n;
    const carry = BigInt(value & 1);
    const overflow = BigInt((value >> 11) & 1);
    this.#set64(state.FLAG_RESULT, result);
    this.#set64(state.FLAG_CARRY, (carry << 63n) | ((carry ^ overflow) << 62n));
    this.#set64(state.FLAG_AUX, BigInt(value & 0x10) | ((parity ^ result) << 8n) | (BigInt((value >> 7) & 1) << 63n));
    this.#set64(state.DIRECTION, (value & 0x400) !== 0 ? 0xffff_ffff_ffff_ffffn : 1n);
    this.#set32(state.RFLAGS_SYSTEM, value & 0x3f_7300);
  }

  #flags(): number {
    const [result, carry, aux] = [this.#get64(state.FLAG_RESULT), this.#get64(state.FLAG_CARRY), this.#get64(state.FLAG_AUX)];
    let ones = 0;
    for (let bit = 0n; bit < 8n; bit++) ones += Number(((result ^ (aux >> 8n)) >> bit) & 1n);
    const top = carry >> 63n;
    return (
      2 |
      Number(top) |
      (ones % 2 === 0 ? 4 : 0) |
      Number(aux & 0x10n) |
      (result === 0n ? 0x40 : 0) |
      (Number((result ^ aux) >> 63n) << 7) |
      (this.#get64(state.DIRECTION) === 1n ? 0 : 0x400) |
      (Number(top ^ ((carry >> 62n) & 1n)) << 11) |
      (this.#get32(state.RFLAGS_SYSTEM) & ~0x1_0000)
    );
  }
}
