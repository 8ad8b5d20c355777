/** Random programs for 64-bit code: integers, memory, flags, jumps forward, counted loops, SSE and AVX. They end at what stands behind them. */
import { CODE, DATA, FSW, GPR, MXCSR, RFLAGS, RIP, STATE_BYTES } from '@drift-os/x86-vectors';
import {
  CodeBuffer,
  EncodeError,
  emitForm,
  encode,
  gpr8,
  gpr16,
  gpr32,
  gpr64,
  gprHigh,
  mem,
  type Operand,
  type OperandKind,
  prepareForm,
  r15,
  rbp,
  rbx,
  rdi,
  rsi,
  type Register,
  type Row,
  rows,
  xmm,
  ymm,
} from '../../src/index.ts';

export interface RandomProgram {
  readonly code: Uint8Array;
  readonly state: Uint8Array;
  /** Status flags that the program leaves undefined, as letters of the flags column. */
  readonly undefinedFlags: ReadonlySet<string>;
  readonly text: readonly string[];
}

/** execute.c takes so many bytes of code. */
const MAXIMUM_BYTES = 240;
/** Point into the data pages, and are never written. */
const bases = [rbx, rsi, rdi, rbp];
/** Counts loops. */
const counter = r15;
/** RAX, RDX, R8 to R14. */
const free = [0, 2, 8, 9, 10, 11, 12, 13, 14];

/** Approximations, what depends on more than operands, what leaves the program, what moves a base. */
const leftOut =
  /^(v?r(cp|sqrt)|div|idiv|aa|da|push|pop|call|ret|enter|leave|j|loop|int|iret|bound|ud|xlat|cmps|scas|lods|stos|movs[bwdq]$|ins|outs|in$|out$|hlt|cl[idt]|st[dic]|cld|popf|lahf|sahf|rd|wr|x(save|rstor|get|set)|fx|ldmxcsr|stmxcsr|v(ld|st)mxcsr|v?maskmov|.*gather|v?p?maskmov|monitor|mwait|l[defgs]s|lgdt|lidt|sgdt|sidt|sldt|str|smsw|lmsw|lldt|ltr|ver[rw]|lar|lsl|arpl|clac|swapgs|sys|cpuid|inv|wb|clflush|clwb|prefetch|pause|nop|reserved|endbr|rsm|vm|umon|umwait|tpause|emms|vzero|mulx|mul$|imul|cwd|cdq|cqo|cbw|cwde|cdqe|cmpxchg|bt|pcmp.str|v?pcmp.str|cvt.*pi|crc32|cvtpi|[lms]fence|into|rsqrt|xbegin|xabort|cmc|salc)/;
const features = new Set([
  undefined,
  'CMOV',
  'SSE',
  'SSE2',
  'SSE3',
  'SSSE3',
  'SSE4.1',
  'SSE4.2',
  'AVX',
  'AVX2',
  'FMA',
  'F16C',
  'BMI1',
  'BMI2',
  'POPCNT',
  'LZCNT',
  'MOVBE',
  'AES',
  'ADX',
]);

const usable: readonly Row[] = rows().filter(
  (row) =>
    row.modes.includes(64) &&
    row.feature !== 'FPU' &&
    features.has(row.feature) &&
    !leftOut.test(row.mnemonic) &&
    row.operands.every(
      ({ type, registerClass }) =>
        ['location', 'fixed', 'one', 'immediate'].includes(type) &&
        !['segment', 'control', 'debug', 'x87', 'mmx'].includes(registerClass ?? ''),
    ) &&
    row.operands.every(
      ({ fixed }) => fixed === undefined || ['al', 'ax', 'eax', 'rax', 'cl', 'xmm0'].includes(fixed.name),
    ),
);

export class ProgramMaker {
  #seed: number;
  readonly #out = new CodeBuffer(512);
  #undefined = new Set<string>();
  #text: string[] = [];

  constructor(seed: number) {
    this.#seed = Math.imul(seed, 0x9e37_79b1) | 1;
  }

  /** xorshift32. */
  #below(limit: number): number {
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    return (this.#seed >>> 0) % limit;
  }

  #pick<T>(some: readonly T[]): T {
    return some[this.#below(some.length)] as T;
  }

  make(start: Uint8Array): RandomProgram {
    this.#out.length = 0;
    this.#undefined = new Set();
    this.#text = [];
    while (this.#out.length < MAXIMUM_BYTES - 60) {
      const kind = this.#below(12);
      if (kind === 0) this.#skip();
      else if (kind === 1) this.#loop();
      else this.#instruction(false);
    }
    const code = this.#out.toBytes();
    return { code, state: this.#stateFrom(start), undefinedFlags: this.#undefined, text: this.#text };
  }

  /** A conditional jump over some instructions, on flags that are defined. */
  #skip(): void {
    const conditions = rows().filter(
      ({ mnemonic, operands, modes, flags }) =>
        /^j[a-z]+$/.test(mnemonic) && operands[0]?.notation === 'rel8' && modes.includes(64) && flags.tested !== '',
    );
    const row = this.#pick(conditions);
    if (Array.from(row.flags.tested).some((flag) => this.#undefined.has(flag))) return;
    const form = prepareForm(row, 64);
    if (form === undefined) return;
    emitForm(this.#out, form, 0);
    this.#text.push(row.mnemonic);
    const end = this.#out.length;
    for (let count = 1 + this.#below(3); count > 0; count--) this.#instruction(true);
    this.#out.bytes[end - 1] = this.#out.length - end;
  }

  /** Some instructions a few times; the counter's own instructions define all flags but AF of none. */
  #loop(): void {
    encode(64, 'mov', [counter, 2 + this.#below(5)], this.#out);
    const start = this.#out.length;
    this.#text.push('loop');
    for (let count = 1 + this.#below(4); count > 0; count--) this.#instruction(true);
    encode(64, 'sub', [counter, 1], this.#out);
    this.#text.push('end');
    const distance = start - (this.#out.length + 2);
    if (distance < -128) throw new Error('The loop is too long');
    encode(64, 'jne', [distance], this.#out);
    this.#undefined.clear();
  }

  /** @param maybe it may not run, or run again with what comes behind it: it defines no flag, and tests none that any may leave undefined */
  #instruction(maybe: boolean): void {
    for (let attempt = 0; attempt < 50; attempt++) {
      const row = this.#pick(usable);
      const { flags, mnemonic } = row;
      if (Array.from(flags.tested).some((flag) => maybe || this.#undefined.has(flag))) continue;
      const form = prepareForm(row, 64);
      if (form === undefined) continue;
      const before = this.#out.length;
      try {
        const operands = this.#operands(row);
        emitForm(this.#out, form, operands[0], operands[1], operands[2], operands[3]);
      } catch (error) {
        if (!(error instanceof EncodeError)) throw error;
        this.#out.truncate(before);
        continue;
      }
      // A count of 0 leaves all flags as they are.
      const counted = /^(sh|sa|ro|rc)/.test(mnemonic);
      if (!maybe && !counted)
        for (const flag of flags.written + flags.cleared + flags.set) this.#undefined.delete(flag);
      for (const flag of flags.undefined) this.#undefined.add(flag);
      this.#text.push(mnemonic);
      return;
    }
  }

  #operands(row: Row): Operand[] {
    let field = 0;
    const memoryAt = row.operands.findIndex(({ memory }) => memory);
    const useMemory = memoryAt >= 0 && this.#below(2) === 0;
    return row.operands.map((kind, position): Operand => {
      if (kind.type === 'fixed') return kind.fixed as Register;
      if (kind.type === 'one') return 1;
      if (kind.type === 'immediate') {
        const bytes = row.trailing[field++]?.bytes ?? 1;
        return this.#below(2) === 0
          ? this.#below(100)
          : bytes === 8
            ? BigInt(this.#below(2 ** 31))
            : this.#below(2 ** (8 * bytes - 1));
      }
      if (position === memoryAt && (useMemory || kind.registerClass === undefined)) return this.#memory(kind);
      return this.#register(kind);
    });
  }

  /** On the first data page, aligned as vectors want it. */
  #memory(kind: OperandKind): Operand {
    const bytes = Math.max(kind.memoryBits / 8, 1);
    const displacement = this.#below(0x700);
    const aligned = bytes >= 16 ? displacement - (displacement % bytes) : displacement;
    return mem({ base: this.#pick(bases), displacement: aligned, bits: kind.memoryBits });
  }

  #register(kind: OperandKind): Register {
    const number = this.#pick(free);
    if (kind.registerClass === 'xmm') return xmm[this.#below(16)] as Register;
    if (kind.registerClass === 'ymm') return ymm[this.#below(16)] as Register;
    if (kind.registerBits === 8)
      return this.#below(6) === 0 ? this.#pick([gprHigh[0], gprHigh[2]] as Register[]) : (gpr8[number] as Register);
    return (kind.registerBits === 16 ? gpr16 : kind.registerBits === 32 ? gpr32 : gpr64)[number] as Register;
  }

  #stateFrom(start: Uint8Array): Uint8Array {
    const state = new Uint8Array(STATE_BYTES);
    state.set(start);
    const view = new DataView(state.buffer);
    view.setBigUint64(RIP, CODE + 0x400n, true);
    view.setUint32(RFLAGS, 0x202 | (this.#below(0x1000) & 0x8d5), true);
    view.setUint32(MXCSR, 0x1f80 | (this.#below(4) << 13) | (this.#below(4) === 0 ? 0x8040 : 0), true);
    view.setUint16(FSW, 0, true);
    for (const { number } of bases) view.setBigUint64(GPR + 8 * number, DATA + BigInt(64 * this.#below(16)), true);
    view.setBigUint64(GPR + 8 * counter.number, 1n, true);
    return state;
  }
}
