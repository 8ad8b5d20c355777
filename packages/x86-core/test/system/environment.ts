/** Descriptor tables and handlers for the tests: a GDT with everything in it, an IDT whose handlers tell their vector by their address. */
import { Segment, type SegmentNumber } from '../../src/system/index.ts';
import { PlainCore } from './plain-core.ts';

export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
export const OTHER_TSS = 0x3400;
export const HANDLERS = 0x1_0000;
export const STACK = 0x8000;
export const INNER_STACK = 0x9000;

/** Selectors. The number in a name is the DPL. */
export const Selector = {
  code0: 0x08,
  data0: 0x10,
  code3: 0x18,
  data3: 0x20,
  tss: 0x28,
  ldt: 0x38,
  otherTss: 0x48,
  callGate: 0x58,
  conforming0: 0x68,
  absentData: 0x70,
  absentStack: 0x78,
  readOnly: 0x80,
  long0: 0x88,
  long3: 0x90,
  code16: 0x98,
  taskGate: 0xa0,
  executeOnly: 0xa8,
} as const;

const END_OF_GDT = 0xb0;

/** A segment or system descriptor. `access` is its byte 5, `flags` the high four bits of byte 6 (G D L AVL). */
export function descriptor(base: number, limit: number, access: number, flags: number): bigint {
  const low = BigInt(limit & 0xffff) | (BigInt(base & 0xff_ffff) << 16n);
  const high =
    BigInt(access) | (BigInt((limit >> 16) & 15) << 8n) | (BigInt(flags) << 12n) | (BigInt(base >>> 24) << 16n);
  return low | (high << 40n);
}

export function gate(selector: number, offset: number, access: number, parameters = 0): bigint {
  const low =
    BigInt(offset & 0xffff) | (BigInt(selector) << 16n) | (BigInt(parameters) << 32n) | (BigInt(access) << 40n);
  return low | (BigInt(offset >>> 16) << 48n);
}

function tables(core: PlainCore): void {
  const entries: [number, bigint][] = [
    [Selector.code0, descriptor(0, 0xfffff, 0x9a, 0xc)],
    [Selector.data0, descriptor(0, 0xfffff, 0x92, 0xc)],
    [Selector.code3, descriptor(0, 0xfffff, 0xfa, 0xc)],
    [Selector.data3, descriptor(0, 0xfffff, 0xf2, 0xc)],
    [Selector.tss, descriptor(TSS, 0x1ff, 0x89, 0)],
    [Selector.ldt, descriptor(0x3800, 0xff, 0x82, 0)],
    [Selector.otherTss, descriptor(OTHER_TSS, 0x67, 0x89, 0)],
    [Selector.callGate, gate(Selector.code0, 0x5000, 0xec)],
    [Selector.conforming0, descriptor(0, 0xfffff, 0x9e, 0xc)],
    [Selector.absentData, descriptor(0, 0xfffff, 0x72, 0xc)],
    [Selector.absentStack, descriptor(0, 0xfffff, 0x12, 0xc)],
    [Selector.readOnly, descriptor(0, 0xfffff, 0xf0, 0xc)],
    [Selector.long0, descriptor(0, 0xfffff, 0x9a, 0xa)],
    [Selector.long3, descriptor(0, 0xfffff, 0xfa, 0xa)],
    [Selector.code16, descriptor(0, 0xffff, 0x9a, 0)],
    [Selector.taskGate, gate(Selector.otherTss, 0, 0xe5)],
    [Selector.executeOnly, descriptor(0, 0xfffff, 0xf8, 0xc)],
  ];
  for (const [selector, value] of entries) core.poke(GDT + selector, value);
  core.gdtr = { base: BigInt(GDT), limit: END_OF_GDT - 1 };
}

export function handlerOf(vector: number): bigint {
  return BigInt(HANDLERS + vector * 16);
}

/** Flat segments at CPL 0 in 32-bit protected mode, interrupt gates for all vectors, a TSS whose ESP0 is INNER_STACK. */
export function protectedCore(): PlainCore {
  const core = new PlainCore();
  tables(core);
  for (let vector = 0; vector < 256; vector++) {
    core.poke(IDT + vector * 8, gate(Selector.code0, Number(handlerOf(vector)), vector === 0x80 ? 0xee : 0x8e));
  }
  core.idtr = { base: BigInt(IDT), limit: 256 * 8 - 1 };
  core.cr0 = 0x11;
  core.poke(TSS + 4, BigInt(INNER_STACK), 4);
  core.poke(TSS + 8, BigInt(Selector.data0), 4);
  core.poke(TSS + 102, 0x68n, 2);
  core.setSegment(Segment.tr, { selector: Selector.tss, base: BigInt(TSS), limit: 0x1ff, attributes: 0x8b });
  core.poke(GDT + Selector.tss, descriptor(TSS, 0x1ff, 0x8b, 0));
  level(core, 0);
  core.rip = 0x4000n;
  core.gpr[4] = BigInt(STACK);
  return core;
}

/** Flat code and data of a privilege level. */
export function level(core: PlainCore, cpl: 0 | 3): void {
  const [code, data] = cpl === 0 ? [Selector.code0, Selector.data0] : [Selector.code3, Selector.data3];
  const dpl = cpl << 5;
  const flat = (selector: number, attributes: number) => ({
    selector: selector | cpl,
    base: 0n,
    limit: 0xffff_ffff,
    attributes: attributes | dpl,
  });
  core.setSegment(Segment.cs, flat(code, 0xc09b));
  for (const number of [Segment.ss, Segment.ds, Segment.es, Segment.fs, Segment.gs] as SegmentNumber[]) {
    core.setSegment(number, flat(data, 0xc093));
  }
  core.cpl = cpl;
}

/** 64-bit code at CPL 0 or 3, 16-byte gates, RSP0 at INNER_STACK, IST1 at 0xa000. */
export function longCore(cpl: 0 | 3 = 0): PlainCore {
  const core = protectedCore();
  core.cr0 = 0x8000_0011 | 0;
  core.cr4 = 0x20;
  core.efer = 0x500;
  for (let vector = 0; vector < 256; vector++) {
    const type = vector === 0x80 ? 0xee : 0x8e;
    core.poke(IDT + vector * 16, gate(Selector.long0, Number(handlerOf(vector)), type));
    core.poke(IDT + vector * 16 + 8, 0n);
  }
  core.idtr = { base: BigInt(IDT), limit: 256 * 16 - 1 };
  core.poke(TSS + 4, BigInt(INNER_STACK), 8);
  core.poke(TSS + 36, 0xa000n, 8);
  level(core, cpl);
  const selector = (cpl === 0 ? Selector.long0 : Selector.long3) | cpl;
  core.setSegment(Segment.cs, { selector, base: 0n, limit: 0xffff_ffff, attributes: 0xa09b | (cpl << 5) });
  return core;
}

/** The vector whose handler RIP is at, or -1. */
export function vectorOf(core: PlainCore): number {
  const distance = Number(core.rip) - HANDLERS;
  return distance >= 0 && distance < 256 * 16 ? distance / 16 : -1;
}

/** `#13(28h)`: what was delivered to a handler of the same or an inner level, with the error code on the stack. */
export function delivered(core: PlainCore): string {
  const vector = vectorOf(core);
  const withCode = [8, 10, 11, 12, 13, 14, 17].includes(vector);
  if (!withCode) return `#${vector}`;
  return `#${vector}(${core.peek(Number(core.gpr[4])).toString(16)}h)`;
}
