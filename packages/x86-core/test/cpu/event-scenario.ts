/** Random tables, stacks, frames and registers around one instruction that changes where code runs: mostly in order, each with its own small disorder. */
import { Segment, type SegmentNumber } from '../../src/system/core-context.ts';
import { Cr0, Cr4, Efer, Rflags, RFLAGS_DEFINED } from '../../src/system/register-bits.ts';
import * as state from '../../src/semantics/state.ts';
import type { Random } from '../robustness/random.ts';
import { descriptor, gate } from '../system/environment.ts';
import type { Line } from './assemble.ts';
import type { TestMachine } from './machine.ts';
import { eax, mem32 } from '../../src/index.ts';

export const modes = ['protected', 'long'] as const;
export type ModeName = (typeof modes)[number];

const CODE = 0x1000;
/** Of no-operations: what gates, frames and registers lead to. */
const HANDLERS = 0x3000;
const HANDLER_BYTES = 0x800;
const GDT = 0x2_0000;
const IDT = 0x2_1000;
const TSS = 0x2_2000;
const STACKS = 0x3_0000;
/** Of all that a scenario has, without the page tables of long mode. */
export const END_OF_SCENARIO = 0xa_0000;
const PAGE = 4096;
const TABLE_32 = 0x9_0000;
const NOT_MAPPED = 0x60_0000;
const DATA = 2;
const LONG_CODE = 3;

const instructions: Readonly<Record<ModeName, readonly (readonly [number, Line])[]>> = {
  protected: [
    [3, ['iretd']],
    [2, ['ud2']],
    [1, ['int', 0x20]],
    [1, ['int3']],
    [1, ['hlt']],
    [1, ['mov', eax, mem32({ displacement: NOT_MAPPED, addressBits: 32 })]],
  ],
  long: [
    [4, ['iretq']],
    [2, ['ud2']],
    [1, ['int', 0x20]],
    [1, ['int3']],
    [1, ['hlt']],
    [1, ['mov', eax, mem32({ displacement: NOT_MAPPED, addressBits: 32 })]],
    [2, ['syscall']],
    [2, ['sysretq']],
    [2, ['swapgs']],
    [1, ['stac']],
    [1, ['clac']],
    [1, ['iretd']],
  ],
};

/** Selector of the GDT's code (1), data (2) or 64-bit code (3) of a level. */
function selectorOf(kind: number, level: number): number {
  return 8 * (3 * level + kind) + level;
}

/** What a seed stands for can be set up on several machines: `random` must be fresh for each. @returns the instruction's name */
export function setUp(machine: TestMachine, mode: ModeName, random: Random): string {
  const { context, system } = machine.cpu;
  const long = mode === 'long';
  const code = long ? LONG_CODE : 1;
  const cpl = random.pick([0, 0, 3, 3, 3, 1, 2]);
  machine.ram.fill(0, 0, END_OF_SCENARIO);
  machine.startLong(CODE);
  if (!long) startProtected(machine);
  machine.load(HANDLERS, 32, [new Uint8Array(HANDLER_BYTES + 64).fill(0x90)]);
  const choices = instructions[mode].flatMap(([times, line]) => Array.from({ length: times }, () => line));
  const line = random.pick(choices);
  machine.load(CODE, long ? 64 : 32, [line, new Uint8Array(16).fill(0x90)]);
  writeTables(machine, long, random);

  const pointer = odd(random, STACKS + 0x800 + 16 * random.below(64), 8, () => STACKS + random.below(2 * PAGE));
  const target = cpl + random.below(4 - cpl);
  writeFrame(
    machine,
    long,
    random,
    pointer,
    odd(random, target, 12, () => random.below(4)),
    code,
  );
  for (let number = 0; number < 16; number++) context.gpr[number] = random.edge();
  context.gpr[4] = odd(random, BigInt(pointer), 24, () => random.edge());
  context.gpr[1] = odd(random, BigInt(HANDLERS + random.below(HANDLER_BYTES)), 6, () => random.edge());
  context.msr.star = (BigInt(8 * random.below(10)) << 48n) | (BigInt(8 * random.below(10)) << 32n);
  context.msr.lstar = BigInt(HANDLERS + random.below(HANDLER_BYTES));
  context.msr.sfmask = BigInt(random.u32());
  context.msr.kernelGsBase = random.edge();

  segments(machine, long, random, cpl, code);
  context.cpl = cpl;
  const rare =
    odd(random, 0, 16, () => Rflags.nt) | odd(random, 0, 16, () => Rflags.tf) | odd(random, 0, 16, () => Rflags.rf);
  context.rflags =
    (random.bits(RFLAGS_DEFINED) & ~(Rflags.vm | Rflags.nt | Rflags.tf | Rflags.rf)) | rare | Rflags.fixed;
  for (const at of [state.FLAG_RESULT, state.FLAG_CARRY, state.FLAG_AUX]) context.state.set64(at, random.u64());
  context.cr0 = odd(random, context.cr0, 4, () => context.cr0 ^ Cr0.am);
  context.cr4 = odd(random, context.cr4, 12, () => context.cr4 ^ Cr4.smap);
  context.efer = odd(random, context.efer, 12, () => context.efer ^ Efer.sce);
  context.debug[7] = odd(random, 0x400n, 24, () => 0x401n);
  context.debug[0] = BigInt(HANDLERS);
  context.flushTlb('all');
  warm(machine, random);
  system.stepTraps = undefined;
  system.nmiBlocked = random.once(12);
  system.pendingDebug = 0;
  system.debugInhibited = false;
  system.interruptLine = random.once(8);
  context.rip = BigInt(CODE);
  context.cr2 = 0n;
  return (line as readonly [string])[0];
}

/** One value nearly always; now and then another. */
function odd<T>(random: Random, usual: T, of: number, other: () => T): T {
  return random.once(of) ? other() : usual;
}

/** With one page of 4 MiB. */
function startProtected(machine: TestMachine): void {
  const { context } = machine.cpu;
  context.cr0 = Cr0.pe | Cr0.et | Cr0.ne;
  context.efer = 0;
  machine.view.setUint32(TABLE_32, 0xe7, true);
  context.cr3 = BigInt(TABLE_32);
  context.cr4 = Cr4.pse | Cr4.osfxsr | Cr4.osxmmexcpt;
  context.cr0 = Cr0.pg | Cr0.wp | Cr0.pe | Cr0.et | Cr0.ne;
}

function writeTables(machine: TestMachine, long: boolean, random: Random): void {
  const { context } = machine.cpu;
  const { view } = machine;
  const code = long ? LONG_CODE : 1;
  for (let level = 0; level < 4; level++) {
    const dpl = level << 5;
    const limit = odd(random, 0xf_ffff, 8, () => random.bits(0xf_ffff));
    const all = [
      descriptor(0, limit, 0x9b | dpl, 12),
      descriptor(0, limit, 0x93 | dpl, 12),
      descriptor(0, limit, 0x9b | dpl, 10),
    ];
    for (const [kind, usual] of all.entries()) {
      const value = odd(random, usual, 16, () => usual ^ (1n << BigInt(16 + random.below(48))));
      view.setBigUint64(GDT + (selectorOf(kind + 1, level) & ~7), value, true);
    }
    const stack = STACKS + PAGE * (2 + level) + 0x400 + odd(random, 0, 8, () => random.below(PAGE));
    if (long)
      view.setBigUint64(
        TSS + 4 + 8 * level,
        odd(random, BigInt(stack), 24, () => random.edge()),
        true,
      );
    else {
      view.setUint32(TSS + 4 + 8 * level, stack, true);
      view.setUint16(
        TSS + 8 + 8 * level,
        odd(random, selectorOf(DATA, level), 12, () => random.below(0x70)),
        true,
      );
    }
  }
  if (long)
    for (let number = 1; number < 8; number++)
      view.setBigUint64(TSS + 28 + 8 * number, BigInt(STACKS + PAGE * 7 - 64 * number), true);
  for (let vector = 0; vector < 0x30; vector++) {
    const level = random.pick([0, 0, 0, 0, 1, 2, 3]);
    const type = odd(random, 0x8e + random.below(2), 16, () => 0x80 | random.below(32)) | random.pick([0, 0x60]);
    const selector = odd(random, selectorOf(code, level), 16, () => random.below(0x70));
    const stack = long ? odd(random, 0, 4, () => random.below(8)) : 0;
    view.setBigUint64(
      IDT + (long ? 16 : 8) * vector,
      gate(selector, HANDLERS + random.below(HANDLER_BYTES), type, stack),
      true,
    );
    if (long)
      view.setBigUint64(
        IDT + 16 * vector + 8,
        odd(random, 0n, 24, () => BigInt(random.u32())),
        true,
      );
  }
  context.gdtr = { base: BigInt(GDT), limit: odd(random, 8 * 13 - 1, 16, () => random.below(128)) };
  context.idtr = { base: BigInt(IDT), limit: odd(random, 0x2ff, 16, () => random.below(0x300)) };
}

/** What IRET returns by. */
function writeFrame(
  machine: TestMachine,
  long: boolean,
  random: Random,
  pointer: number,
  level: number,
  code: number,
): void {
  const flags = random.u32() & ~odd(random, Rflags.vm | Rflags.nt | Rflags.tf, 12, () => 0);
  const stack = odd(random, selectorOf(DATA, level), 12, () => random.pick([level, random.below(0x70)]));
  const fields: [number | bigint, number][] = [
    [odd<number | bigint>(random, HANDLERS + random.below(HANDLER_BYTES), 16, () => random.edge()), 0],
    [odd(random, selectorOf(code, level), 12, () => random.below(0x70)), 1],
    [flags >>> 0, 2],
    [odd<number | bigint>(random, STACKS + 0x100 * random.below(64), 8, () => random.edge()), 3],
    [stack, 4],
  ];
  for (const [value, position] of fields) {
    if (long) machine.view.setBigUint64(pointer + 8 * position, BigInt(value), true);
    else machine.view.setUint32(pointer + 4 * position, Number(BigInt.asUintN(32, BigInt(value))), true);
  }
}

function segments(machine: TestMachine, long: boolean, random: Random, cpl: number, code: number): void {
  const { context } = machine.cpu;
  const dpl = cpl << 5;
  const whole = { base: 0n, limit: 0xffff_ffff };
  context.setSegment(Segment.cs, {
    ...whole,
    selector: selectorOf(code, cpl),
    attributes: (long ? 0xa09b : 0xc09b) | dpl,
  });
  const isNull = long && cpl < 3 && random.once(3);
  const stack = { ...whole, selector: selectorOf(DATA, cpl), attributes: 0xc093 | dpl };
  const unusual = (): typeof stack => ({
    ...stack,
    limit: random.pick([0xffff_ffff, STACKS + random.below(PAGE)]),
    attributes: stack.attributes ^ random.pick([0, 1, 2, 4, 0x4000]),
  });
  const none = { selector: cpl, base: 0n, limit: 0, attributes: 0x100 | dpl };
  context.setSegment(Segment.ss, isNull ? none : odd(random, stack, 12, unusual));
  for (const number of [Segment.es, Segment.ds, Segment.fs, Segment.gs] as SegmentNumber[]) {
    const level = odd(random, 3, 3, () => random.below(4));
    const data = { ...whole, selector: selectorOf(DATA, level), attributes: 0xc093 | (level << 5) };
    const odder = (): typeof data => ({
      ...data,
      base: BigInt(random.u32()),
      limit: random.u32(),
      attributes: data.attributes ^ random.bits(0x410e),
    });
    context.setSegment(number, odd(random, data, 8, odder));
  }
  const tss = {
    selector: 0x70,
    base: BigInt(TSS),
    limit: odd(random, 0x67, 12, () => random.below(0x68)),
    attributes: 0x8b,
  };
  context.setSegment(
    Segment.tr,
    odd(random, tss, 16, () => ({ ...tss, attributes: 0x83 })),
  );
}

/** Most pages are in the TLB, for as much as SMAP lets them. */
function warm(machine: TestMachine, random: Random): void {
  const { context } = machine.cpu;
  const stacks = [0, 1, 2, 3, 4, 5, 6].map((page) => STACKS + PAGE * page);
  for (const page of [GDT, IDT, TSS, ...stacks].map(BigInt)) {
    for (const access of ['system', 'user'] as const) {
      if (random.once(24) || (access === 'system' && (context.cr4 & Cr4.smap) !== 0)) continue;
      context.read(page, 4, access);
      if (!random.once(24)) context.write(page, 4, context.read(page, 4, access), access);
    }
  }
}
