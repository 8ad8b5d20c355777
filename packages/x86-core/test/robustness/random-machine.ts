/**
 * A core in a random state with random memory, devices and events, and what must hold whatever it does:
 *
 *  - nothing is thrown, and `run` returns behind its budget;
 *  - TypeScript is entered a bounded number of times for each instruction, so that no event is taken for ever;
 *  - of the linear memory nothing changes that is another core's, the runtime's, or memory that the guest does not have.
 */
import { Cpu, emptyBus, type Mode, PhysicalMemory } from '../../src/index.ts';
import * as shared from '../../src/semantics/machine-memory.ts';
import * as state from '../../src/semantics/state.ts';
import { Segment, type SegmentNumber } from '../../src/system/core-context.ts';
import { Cr0, Cr4, Efer, RFLAGS_DEFINED, Rflags } from '../../src/system/register-bits.ts';
import type { Random } from './random.ts';
import { randomCode } from './random-code.ts';

const PAGE = 4096;
const RAM = 1 << 20;
const GUARD = 1 << 16;
/** Page tables, descriptor tables, code: all within the RAM, so that stacks and stores hit them. */
const TABLES = 0x1_0000;
const DESCRIPTORS = 0x2_0000;
const CODE = 0x3_0000;
const CODE_BYTES = 0x800;
/** The runtime's own variables end below this; what follows is free up to the map of physical memory. */
const RUNTIME_DATA = 0x8_0000;
/** What TypeScript may be entered for in a run: a few times for each instruction, hundreds for an image of XSAVE or a task. */
const ENTRIES = 2000;
const ENTRIES_PER_INSTRUCTION = 200;
/** A block more than the budget, of 64 instructions and its ending, of which one may be a string instruction on a whole page. */
const MORE_THAN_BUDGET = 66 + PAGE;
const ALIGNED = 0xfff_f000;

const modes = ['real', 'big real', 'protected', 'paged', 'pae', 'v86', 'long', 'compatibility', 'odd'] as const;
type ModeName = (typeof modes)[number];

/** Of one core and all that lies around it. Made once: each test fills it anew. */
export class RandomMachine {
  readonly #memory: PhysicalMemory;
  readonly #ram: Uint8Array;
  readonly #view: DataView;
  readonly #guards: Uint8Array[];
  readonly #cpu: Cpu;
  #random: Random;
  #entries = 0;
  #allowed = Number.POSITIVE_INFINITY;

  constructor(random: Random) {
    this.#random = random;
    this.#memory = new PhysicalMemory({ bytes: RAM + 2 * GUARD + PAGE, cores: 2, codeBytes: 1 << 18 });
    const memory = this.#memory;
    const before = memory.mapRam(0x8000_0000, GUARD);
    this.#ram = memory.mapRam(0, RAM);
    const after = memory.mapRam(0x8000_0000, GUARD);
    memory.unmap(0x8000_0000, GUARD);
    memory.mapRom(0xf_f000 + 0x10_0000, random.bytes(PAGE));
    memory.mapAlias(0xffff_e000, this.#ram.subarray(CODE, CODE + 2 * PAGE), true);
    this.#view = new DataView(this.#ram.buffer, this.#ram.byteOffset, RAM);
    this.#count('translateLinear');
    this.#count('flushTlb');
    const handlers = memory.handlers;
    const run = handlers.run;
    Object.defineProperty(handlers, 'run', {
      configurable: true,
      writable: true,
      value: (record: number, core: number): void => {
        this.#enter();
        run(record, core);
      },
    });
    const random32 = (): number => this.#random.u32();
    const masked = (bytes: number): number => (random32() & (2 ** (8 * bytes) - 1)) >>> 0;
    this.#cpu = new Cpu(
      {
        ...emptyBus,
        readPort: (_port, bytes) => masked(bytes),
        readMemory: (_physical, bytes) => masked(bytes),
        acknowledgeInterrupt: () => this.#random.below(256),
      },
      { memory, random: () => this.#random.u64() },
    );
    const other = this.#cpu.context.state.base + memory.coreBytes;
    new Cpu(emptyBus, { memory });
    const places: readonly (readonly [number, number])[] = [
      [RUNTIME_DATA, shared.PHYSICAL - RUNTIME_DATA],
      [other + state.GPR, state.BUDGET - state.GPR],
      [other + state.RECORDS, memory.coreBytes - state.RECORDS],
      [before.byteOffset, GUARD],
      [after.byteOffset, GUARD],
    ];
    this.#guards = places.map(([at, bytes]) => memory.bytes.subarray(at, at + bytes));
    for (const guard of this.#guards) guard.set(random.bytes(guard.length));
  }

  #count(name: 'translateLinear' | 'flushTlb'): void {
    const { runtime } = this.#memory;
    const real: (...given: never[]) => unknown = runtime[name].bind(runtime);
    const counted = (...given: unknown[]): unknown => {
      this.#enter();
      return real(...(given as never[]));
    };
    Object.defineProperty(this.#memory, 'runtime', { value: { ...runtime, [name]: counted } });
  }

  #enter(): void {
    if (++this.#entries > this.#allowed) throw new Error(`TypeScript was entered ${this.#allowed} times`);
  }

  /** Runs what a seed stands for. @throws Error when something does not hold, with the mode */
  run(random: Random, turns: number, budget: number): void {
    this.#random = random;
    const kept = this.#guards.map((guard) => guard.slice());
    const mode = random.pick(modes);
    try {
      this.#prepare(mode);
      for (let turn = 0; turn < turns; turn++) this.#turn(random.once(8) ? 1 : 1 + random.below(budget));
    } catch (error) {
      throw new Error(`${mode}, at ${this.#cpu.registers.rip.toString(16)}: ${String(error)}`, { cause: error });
    }
    for (const [number, guard] of this.#guards.entries()) {
      const before = kept[number] as Uint8Array;
      if (Buffer.compare(before, guard) === 0) continue;
      const at = guard.findIndex((byte, index) => byte !== before[index]);
      throw new Error(`${mode}: guard ${number} was written at ${at.toString(16)}`);
    }
  }

  #turn(budget: number): void {
    const random = this.#random;
    const cpu = this.#cpu;
    this.#event();
    this.#entries = 0;
    this.#allowed = Number.POSITIVE_INFINITY;
    const before = cpu.instructions;
    this.#allowed = ENTRIES + ENTRIES_PER_INSTRUCTION * budget;
    if (random.once(10)) cpu.step();
    else cpu.run(budget);
    const count = cpu.instructions - before;
    if (count < 0 || count > budget + MORE_THAN_BUDGET)
      throw new Error(`${count} instructions for a budget of ${budget}`);
    this.#allowed = Number.POSITIVE_INFINITY;
  }

  /** Something from outside, now and then. */
  #event(): void {
    const random = this.#random;
    const cpu = this.#cpu;
    const address = random.once(2) ? BigInt(CODE + random.below(CODE_BYTES)) : random.edge();
    switch (random.below(40)) {
      case 0:
        return cpu.nmi();
      case 1:
      case 2:
        return cpu.interrupt(random.once(2));
      case 3:
        return cpu.init();
      case 4:
        return cpu.sipi(random.below(256));
      case 5:
        return cpu.setBreakpoint(address);
      case 6:
        return cpu.clearBreakpoint(address);
      case 7:
        return cpu.restore(structuredClone(cpu.save()));
      case 8:
        return void this.#memory.write(CODE + random.below(CODE_BYTES), random.bytes(1 + random.below(64)));
      case 9:
        return this.#memory.unmap(PAGE * random.below(RAM / PAGE), PAGE);
      case 10:
        return this.#memory.mapAlias(PAGE * random.below(RAM / PAGE), this.#page(), random.once(2));
      case 11:
        return cpu.system.raiseNmi();
      case 12:
        cpu.registers.rflags =
          random.bits(RFLAGS_DEFINED & ~Rflags.vm) | Rflags.fixed | (cpu.registers.rflags & Rflags.vm);
        return;
      default:
        if (cpu.system.activity !== 'running' && random.once(2)) this.#prepare(random.pick(modes));
    }
  }

  #page(): Uint8Array {
    const at = PAGE * this.#random.below(RAM / PAGE);
    return this.#ram.subarray(at, at + PAGE);
  }

  #prepare(mode: ModeName): void {
    const random = this.#random;
    const cpu = this.#cpu;
    const { context } = cpu;
    cpu.reset();
    this.#memory.mapAlias(0, this.#ram, true);
    this.#memory.write(0, new Uint8Array(RAM));
    this.#writeTables(mode);
    const bits: Mode =
      mode === 'long'
        ? 64
        : mode === 'protected' || mode === 'paged' || mode === 'pae' || mode === 'compatibility'
          ? 32
          : 16;
    for (let at = 0; at < 4; at++)
      this.#memory.write(CODE + at * PAGE - 20, randomCode(random, random.once(8) ? 32 : bits, CODE_BYTES));
    this.#systemRegisters(mode);
    const user = mode === 'v86' || (mode !== 'real' && mode !== 'big real' && random.once(3));
    context.cpl = user ? 3 : 0;
    this.#segments(mode, bits, user ? 3 : 0);
    for (let register = 0; register < 16; register++) {
      const inRam = BigInt(random.below(RAM + 0x1000));
      context.gpr[register] = random.once(3) ? random.edge() : bits === 16 ? inRam & 0xffffn : inRam;
    }
    if (random.once(3)) context.gpr[4] = BigInt(random.below(9));
    context.vectors.set(random.bytes(512));
    context.mxcsr = random.once(2) ? 0x1f80 : random.bits(0xffff);
    const base = context.segment(Segment.cs).base;
    const start = random.once(10)
      ? random.edge()
      : BigInt.asUintN(64, BigInt(CODE + PAGE * random.below(4) + random.below(64)) - base);
    const top = random.pick([0xfff0n, 0xffff_fff0n, 0x7fff_ffff_fff0n, 0xffff_ffff_ffff_fff0n]);
    context.rip = BigInt.asUintN(bits, random.once(16) ? top + BigInt(random.below(16)) : start);
    const flags =
      random.bits(RFLAGS_DEFINED & ~Rflags.vm & ~Rflags.tf) | Rflags.fixed | (random.once(8) ? Rflags.tf : 0);
    context.rflags = mode === 'v86' ? flags | Rflags.vm : flags;
    if (random.once(4)) this.#debugRegisters();
  }

  #debugRegisters(): void {
    const random = this.#random;
    const { debug } = this.#cpu.context;
    for (let number = 0; number < 4; number++) {
      debug[number] = random.once(4) ? random.edge() : BigInt(CODE + random.below(CODE_BYTES));
    }
    debug[7] = BigInt(random.bits(0xffff_23ff) | 0x400);
  }

  /** Paging structures whose entries lead to any page of RAM, to themselves too; descriptors that are mostly present. */
  #writeTables(mode: ModeName): void {
    const random = this.#random;
    const wide = mode !== 'paged';
    const step = wide ? 8 : 4;
    const flat = random.once(2);
    for (let at = 0; at < 8 * PAGE; at += step) {
      const page =
        flat && at >= 4 * PAGE
          ? (at / step) % (RAM / PAGE)
          : random.once(3)
            ? 16 + random.below(8)
            : random.below(RAM / PAGE + 4);
      let entry =
        BigInt(page * PAGE) |
        BigInt(random.once(20) ? random.bits(0xfff) : random.pick([0x07, 0x67, 0x63, 0xe7, 0x05]));
      if (random.once(100)) entry ^= wide ? 1n << BigInt(random.below(64)) : 1n << BigInt(random.below(32));
      if (wide) this.#view.setBigUint64(TABLES + at, entry, true);
      else this.#view.setUint32(TABLES + at, Number(entry), true);
    }
    this.#memory.write(DESCRIPTORS, random.bytes(2 * PAGE));
    for (let at = 0; at < 2 * PAGE; at += 8) {
      if (random.once(4)) continue;
      const high = random.once(2) ? 0x00cf_0000 | random.bits(0x20_0000) : random.bits(0x00ff_00ff);
      const address = random.once(2) ? 0 : random.below(RAM);
      this.#view.setUint32(
        DESCRIPTORS + at,
        at >= PAGE ? ((8 * random.below(32)) << 16) | (CODE & 0xffff) | random.below(0x1000) : (address << 16) | 0xffff,
        true,
      );
      this.#view.setUint32(DESCRIPTORS + at + 4, high | (random.bits(0xff00) | 0x8000), true);
    }
    if (mode === 'real' || mode === 'big real' || random.once(3)) {
      for (let vector = 0; vector < 256; vector++) {
        this.#view.setUint32(4 * vector, ((CODE >> 4) << 16) | random.below(CODE_BYTES), true);
      }
    }
  }

  #systemRegisters(mode: ModeName): void {
    const random = this.#random;
    const { context } = this.#cpu;
    const long = mode === 'long' || mode === 'compatibility';
    const paged = long || mode === 'paged' || mode === 'pae' || (mode === 'v86' && random.once(2));
    const pe = mode === 'real' || mode === 'big real' ? 0 : Cr0.pe;
    const some = random.once(3) ? random.bits(Cr0.mp | Cr0.em | Cr0.ts | Cr0.am | Cr0.wp | Cr0.ne) : Cr0.ne | Cr0.mp;
    context.cr0 = (mode === 'odd' ? random.u32() : pe | some | Cr0.et | (paged ? Cr0.pg : 0)) >>> 0;
    const options =
      Cr4.tsd |
      Cr4.de |
      Cr4.pse |
      Cr4.pge |
      Cr4.umip |
      Cr4.fsgsbase |
      Cr4.smep |
      Cr4.smap |
      Cr4.pke |
      Cr4.pcide |
      Cr4.pce;
    let cr4 = Cr4.osfxsr | Cr4.osxmmexcpt | Cr4.osxsave | Cr4.pse;
    if (random.once(3)) cr4 = random.bits(options | cr4);
    if (long || mode === 'pae') cr4 |= Cr4.pae;
    else cr4 &= ~Cr4.pcide;
    if (mode === 'paged') cr4 &= ~Cr4.pae;
    if (long && random.once(4)) cr4 |= Cr4.la57;
    context.cr4 = mode === 'odd' ? random.bits(options | 0xfff | Cr4.la57 | Cr4.osxsave) : cr4;
    context.efer =
      mode === 'odd'
        ? random.bits(Efer.sce | Efer.nxe | Efer.lme | Efer.lma)
        : Efer.sce | random.bits(Efer.nxe) | (long ? Efer.lme | Efer.lma : 0);
    context.xcr0 = random.pick([1, 3, 7, 0x207]);
    context.pkru = random.once(4) ? random.u32() : 0;
    context.cr3 = BigInt(random.once(20) ? random.u32() & (ALIGNED | 0xfff) : TABLES + PAGE * random.below(4));
    for (let number = 0; number < 4; number++) context.pdptes[number] = BigInt(TABLES + PAGE * (4 + number)) | 1n;
    const tableAt = (offset: number): bigint => (random.once(12) ? random.edge() : BigInt(offset));
    context.gdtr = { base: tableAt(DESCRIPTORS), limit: random.once(8) ? random.below(0x1_0000) : 0xfff };
    const table = mode === 'real' || mode === 'big real' ? 0 : DESCRIPTORS + PAGE;
    context.idtr = { base: tableAt(table), limit: random.once(8) ? random.below(0x1_0000) : 0xfff };
    context.msr.star = random.u64();
    context.msr.lstar = random.once(2) ? BigInt(CODE) : random.edge();
    context.msr.cstar = random.edge();
    context.msr.sysenterCs = BigInt(random.below(0x100));
    context.msr.sysenterEip = BigInt(CODE);
    context.flushTlb('all');
  }

  #segments(mode: ModeName, bits: Mode, dpl: number): void {
    const random = this.#random;
    const { context } = this.#cpu;
    const real = mode === 'real' || mode === 'v86';
    for (const number of [0, 1, 2, 3, 4, 5, 6, 7] as SegmentNumber[]) {
      const selector = real ? random.pick([CODE >> 4, random.below(0x1_0000), 0]) : (8 * random.below(64)) | dpl;
      const isCode = number === Segment.cs;
      const size = isCode ? (bits === 64 ? 0x2000 : bits === 32 ? 0x4000 : 0) : random.once(3) ? 0 : 0x4000;
      const type =
        number === Segment.ldtr
          ? 0x82
          : number === Segment.tr
            ? mode === 'long' || random.once(2)
              ? 0x8b
              : 0x83
            : (isCode ? 0x9b : 0x93) | (dpl << 5);
      const any = random.once(16)
        ? random.bits(0xf0ff)
        : real && number < 6
          ? (isCode ? 0x93 : 0x93) | (mode === 'v86' ? 0x60 : 0)
          : type | size;
      const limit =
        number >= 6
          ? random.once(2)
            ? 0x67
            : random.below(0x3000)
          : real
            ? 0xffff
            : random.once(6)
              ? random.u32()
              : 0xffff_ffff;
      const system = BigInt(random.pick([0, DESCRIPTORS, TABLES, random.below(RAM)]));
      const base =
        number >= 6
          ? system
          : real
            ? BigInt(selector) * 16n
            : bits === 64 || random.once(2)
              ? 0n
              : BigInt(random.once(4) ? random.u32() : random.below(RAM));
      context.setSegment(number, {
        selector,
        base: isCode && !real ? (random.once(12) ? base : 0n) : base,
        limit,
        attributes: any,
      });
    }
  }
}
