/**
 * A `Cpu` as a subject: long mode with paging, the program at CPL 3, the pages of the vectors mapped where they were. Exceptions go through an IDT
 * to HLT in a kernel half, where the frame on the stack tells of them.
 */
import {
  ADDRESS,
  CODE,
  CODE_BYTES,
  DATA,
  ERROR_CODE,
  EXCEPTION,
  FCW,
  FDP,
  FIP,
  FOP,
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
  type Segment,
  SELECTORS,
  segments,
  X87,
  YMM,
} from '@drift-os/x86-vectors';
import { Cpu, emptyBus, PhysicalMemory, type Row } from '../../src/index.ts';
import type { SegmentRegister } from '../../src/system/core-context.ts';
import type { Subject } from './subject.ts';

/** Physical addresses; the kernel half has them all at KERNEL. */
const KERNEL = 0xffff_8000_0000_0000n;
const GDT = 0x1000;
const IDT = 0x2000;
const TSS = 0x3000;
const LDT = 0x4000;
const HANDLERS = 0x5000;
const STACK = 0x8000;
const TABLES = 0x1_0000;
const CODE_PAGES = 0x8_0000;
const DATA_PAGES = CODE_PAGES + CODE_BYTES;
const TASK_SELECTOR = 0x40;
const LOCAL_SELECTOR = 0x50;
const errorCodes: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);

/** PE MP ET NE WP AM PG; PAE OSFXSR OSXMMEXCPT FSGSBASE OSXSAVE; SCE LME LMA NXE. */
const CR0 = 0x8005_0033;
const CR4 = 0x5_0620;
const EFER = 0xd01;
const UNUSABLE = 0x100;

/** Bits 8 to 23 of the descriptor's second word, without the limit. */
function attributesOf({ selector, kind, bits, access, expandDown, present, limit }: Segment): number {
  const type = kind === 'code' ? 9 | (access ? 2 : 0) : 1 | (access ? 2 : 0) | (expandDown ? 4 : 0);
  const size = bits === 64 ? 0x2000 : bits === 32 ? 0x4000 : 0;
  // Linux sets AVL in the descriptors of an LDT.
  const available = (selector & 4) !== 0 ? 0x1000 : 0;
  return type | 0x70 | (present ? 0x80 : 0) | size | available | (limit > 0xf_ffff ? 0x8000 : 0);
}

function descriptorOf(segment: Segment): bigint {
  const attributes = attributesOf(segment);
  const limit = segment.limit > 0xf_ffff ? segment.limit >>> 12 : segment.limit;
  return (
    BigInt(limit & 0xffff) |
    ((segment.base & 0xff_ffffn) << 16n) |
    (BigInt(attributes & 0xff) << 40n) |
    (BigInt(((limit >> 16) & 15) | ((attributes >> 8) & 0xf0)) << 48n) |
    ((segment.base >> 24n) << 56n)
  );
}

const names = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;

/** Which tier executes: all is interpreted, or everything is compiled as soon as it can be. */
export type Tier = 'interpreter' | 'compiled';

/** JMP to itself: where a region that goes on behind the instruction uses up its budget. */
const LOOP = [0xeb, 0xfe];

export class CpuSubject implements Subject {
  readonly #cpu: Cpu;
  readonly #ram: Uint8Array;
  readonly #view: DataView;
  #input = new Uint8Array();
  #start = 0n;
  #repeated = false;
  #ended = false;
  readonly #tier: Tier;
  /** Instructions that were executed as regions. */
  compiled = 0;

  constructor(tier: Tier = 'interpreter') {
    this.#tier = tier;
    const options = tier === 'interpreter' ? { jit: false as const } : { hotAfter: 1 };
    const memory = new PhysicalMemory({ bytes: 0x10_0000, ...options });
    this.#ram = memory.mapRam(0, 0x10_0000);
    this.#view = new DataView(this.#ram.buffer, this.#ram.byteOffset, this.#ram.length);
    this.#cpu = new Cpu(emptyBus, { memory });
    this.#writeTables();
    this.#writePaging();
  }

  #put64(physical: number, value: bigint): void {
    this.#view.setBigUint64(physical, BigInt.asUintN(64, value), true);
  }

  #writeTables(): void {
    for (const segment of segments) {
      this.#put64(((segment.selector & 4) !== 0 ? LDT : GDT) + (segment.selector & ~7), descriptorOf(segment));
    }
    this.#put64(GDT + 0x10, 0x00af_9b00_0000_ffffn);
    this.#put64(GDT + 0x18, 0x00cf_9300_0000_ffffn);
    for (let vector = 0; vector < 256; vector++) {
      const target = KERNEL + BigInt(HANDLERS + vector);
      const dpl = vector === 3 || vector === 4 ? 0xeen : 0x8en;
      this.#put64(
        IDT + 16 * vector,
        (target & 0xffffn) | (0x10n << 16n) | (dpl << 40n) | (((target >> 16n) & 0xffffn) << 48n),
      );
      this.#put64(IDT + 16 * vector + 8, target >> 32n);
    }
    this.#ram.fill(0xf4, HANDLERS, HANDLERS + 256);
    this.#put64(TSS + 4, KERNEL + BigInt(STACK));
    this.#view.setUint16(TSS + 0x66, 0x68, true);
  }

  /** The same tables below 4 GiB and at HIGH; the kernel half as one large page. */
  #writePaging(): void {
    const table = (index: number): number => TABLES + 0x1000 * index;
    const user = 0x67n;
    const link = (at: number, index: number, to: number): void =>
      this.#put64(table(at) + 8 * index, BigInt(table(to)) | user);
    const indexOf = (address: bigint, level: number): number => Number((address >> BigInt(12 + 9 * level)) & 511n);
    link(0, 0, 1);
    link(0, indexOf(HIGH, 3), 2);
    link(1, 0, 3);
    link(2, indexOf(HIGH, 2), 3);
    link(3, indexOf(CODE, 1), 4);
    link(3, indexOf(DATA, 1), 5);
    link(0, indexOf(KERNEL, 3), 6);
    this.#put64(table(6), BigInt(table(7)) | 0x63n);
    this.#put64(table(7), 0xe3n);
    for (let page = 0; page < 2; page++) this.#put64(table(4) + 8 * page, BigInt(CODE_PAGES + 4096 * page) | user);
    for (let page = 0; page < 3; page++) {
      this.#put64(table(5) + 8 * page, BigInt(DATA_PAGES + 4096 * page) | (page < 2 ? user : 0x65n) | (1n << 63n));
    }
  }

  offers(row: Row): boolean {
    return row.feature === undefined || this.#cpu.system.features.offers(row.feature);
  }

  /** `isOne`: the code is one instruction. */
  load(input: Uint8Array, code: Uint8Array, isOne = false): void {
    this.#input = Uint8Array.from(input);
    const from = new DataView(this.#input.buffer);
    const core = this.#cpu.context;
    this.#ended = false;
    this.#systemRegisters();
    for (const [index, name] of names.entries()) {
      const selector = from.getUint16(SELECTORS + 2 * index, true);
      this.#cpu.registers.setSegment(name, this.#segment(selector, index, from));
    }
    core.cpl = 3;
    this.#start = from.getBigUint64(RIP, true);
    core.rip = this.#start;
    core.rflags = from.getUint32(RFLAGS, true);
    for (let register = 0; register < 16; register++) core.gpr[register] = from.getBigUint64(GPR + 8 * register, true);
    core.vectors.set(this.#input.subarray(YMM, YMM + 512));
    core.mxcsr = from.getUint32(MXCSR, true);
    const { x87 } = core;
    x87.registers.fill(0);
    for (let register = 0; register < 8; register++) {
      x87.registers.set(this.#input.subarray(X87 + 16 * register, X87 + 16 * register + 10), 16 * register);
    }
    const status = from.getUint16(FSW, true);
    x87.controlWord = from.getUint16(FCW, true);
    x87.statusWord = status & ~0x3800;
    x87.top = (status >> 11) & 7;
    x87.emptyTags = ~from.getUint8(FTW) & 255;
    x87.opcode = from.getUint16(FOP, true);
    x87.instructionPointer = from.getBigUint64(FIP, true);
    x87.dataPointer = from.getBigUint64(FDP, true);
    this.#loadMemory(code, isOne);
  }

  #systemRegisters(): void {
    const core = this.#cpu.context;
    core.cr0 = CR0;
    core.cr4 = CR4;
    core.efer = EFER;
    core.cr3 = BigInt(TABLES);
    core.cr2 = 0n;
    core.xcr0 = 7;
    core.gdtr = { base: KERNEL + BigInt(GDT), limit: 0x7f };
    core.idtr = { base: KERNEL + BigInt(IDT), limit: 0xfff };
    const local: SegmentRegister = {
      selector: LOCAL_SELECTOR,
      base: KERNEL + BigInt(LDT),
      limit: 0x3f,
      attributes: 0x82,
    };
    this.#cpu.registers.setSegment('ldtr', local);
    this.#cpu.registers.setSegment('tr', {
      selector: TASK_SELECTOR,
      base: KERNEL + BigInt(TSS),
      limit: 0x67,
      attributes: 0x8b,
    });
    this.#cpu.system.activity = 'running';
  }

  #segment(selector: number, index: number, from: DataView): SegmentRegister {
    const segment = segments.find((each) => each.selector === selector);
    const long = from.getUint16(SELECTORS + 2, true) === 0x33;
    const ownBase =
      index === 4 ? from.getBigUint64(FS_BASE, true) : index === 5 ? from.getBigUint64(GS_BASE, true) : 0n;
    if (segment === undefined) return { selector, base: long ? ownBase : 0n, limit: 0, attributes: UNUSABLE };
    return { selector, base: segment.base, limit: segment.limit, attributes: attributesOf(segment) };
  }

  #loadMemory(code: Uint8Array, isOne: boolean): void {
    const { memory } = this.#cpu;
    const pages = new Uint8Array(CODE_BYTES + MEMORY_BYTES);
    pages.fill(0xf4, 0, CODE_BYTES);
    const selector = new DataView(this.#input.buffer).getUint16(SELECTORS + 2, true);
    const base = segments.find((each) => each.selector === selector)?.base ?? 0n;
    const offset = Number((this.#start + base - CODE) & 0xffffn);
    pages.set(code.subarray(0, CODE_BYTES - offset), offset);
    if (this.#tier === 'compiled' && isOne) pages.set(LOOP, (offset + code.length) % CODE_BYTES);
    pages.set(this.#input.subarray(MEMORY), CODE_BYTES);
    memory.write(CODE_PAGES, pages);
    this.#repeated = code.some((byte) => byte === 0xf2 || byte === 0xf3);
  }

  /** A step of a repeated string instruction may be one of its rounds. */
  execute(): void {
    const core = this.#cpu.context;
    if (this.#tier === 'compiled' && this.#cpu.compile()) {
      this.compiled++;
      this.#cpu.run(1);
      for (let round = 0; this.#repeated && core.rip === this.#start && core.cpl === 3 && round < 0x1_0000; round++)
        this.#cpu.run(1);
      return;
    }
    for (let round = 0; round < 0x1_0000; round++) {
      this.#cpu.step();
      if (!this.#repeated || core.rip !== this.#start || core.cpl !== 3) return;
    }
  }

  /** Runs until an exception ends the program: mostly the #GP of the HLT behind it, which is none of its own. */
  runToEnd(): void {
    const core = this.#cpu.context;
    let reason = 'budget';
    for (let slice = 0; slice < 100 && reason === 'budget'; slice++) reason = this.#cpu.run(1000);
    // The handler's HLT was executed, too.
    core.rip -= 1n;
    const place = Number(this.#view.getBigUint64(STACK - 40, true) - CODE);
    this.#ended = core.rip === KERNEL + BigInt(HANDLERS + 13) && this.#ram[CODE_PAGES + place] === 0xf4;
  }

  save(into: Uint8Array): void {
    const core = this.#cpu.context;
    const to = new DataView(into.buffer, into.byteOffset, into.byteLength);
    into.set(this.#input);
    for (let register = 0; register < 16; register++)
      to.setBigUint64(GPR + 8 * register, core.gpr[register] as bigint, true);
    into.set(core.vectors, YMM);
    for (const [index, name] of names.entries())
      to.setUint16(SELECTORS + 2 * index, this.#cpu.registers.segment(name).selector, true);
    if (this.#isLong) {
      to.setBigUint64(FS_BASE, this.#cpu.registers.segment('fs').base, true);
      to.setBigUint64(GS_BASE, this.#cpu.registers.segment('gs').base, true);
    }
    to.setBigUint64(RIP, core.rip, true);
    to.setUint32(RFLAGS, core.rflags & ~0x1_0000, true);
    to.setUint32(MXCSR, core.mxcsr, true);
    const { x87 } = core;
    for (let register = 0; register < 8; register++) {
      into.set(x87.registers.subarray(16 * register, 16 * register + 10), X87 + 16 * register);
    }
    to.setUint16(FCW, x87.controlWord, true);
    to.setUint16(FSW, x87.statusWord | (x87.top << 11), true);
    to.setUint8(FTW, ~x87.emptyTags & 255);
    to.setUint16(FOP, x87.opcode, true);
    to.setBigUint64(FIP, x87.instructionPointer, true);
    to.setBigUint64(FDP, x87.dataPointer, true);
    into.set(this.#ram.subarray(DATA_PAGES, DATA_PAGES + MEMORY_BYTES), MEMORY);
    if (core.cpl === 0) this.#saveException(to);
    if (this.#ended) to.setUint8(EXCEPTION, 0);
  }

  get #isLong(): boolean {
    return new DataView(this.#input.buffer).getUint16(SELECTORS + 2, true) === 0x33;
  }

  /** The kernel's handler was reached: what is on its stack is the program's. */
  #saveException(to: DataView): void {
    const core = this.#cpu.context;
    const vector = Number(core.rip - KERNEL) - HANDLERS;
    let at = Number((core.gpr[4] as bigint) - KERNEL);
    const next = (): bigint => {
      const value = this.#view.getBigUint64(at, true);
      at += 8;
      return value;
    };
    to.setUint8(EXCEPTION, vector + 1);
    if (errorCodes.has(vector)) to.setUint32(ERROR_CODE, Number(next()), true);
    if (vector === 14) to.setBigUint64(ADDRESS, core.cr2, true);
    to.setBigUint64(RIP, next(), true);
    to.setUint16(SELECTORS + 2, Number(next()), true);
    to.setUint32(RFLAGS, Number(next()) & ~0x1_0000, true);
    to.setBigUint64(GPR + 32, next(), true);
    to.setUint16(SELECTORS + 4, Number(next()), true);
  }
}
