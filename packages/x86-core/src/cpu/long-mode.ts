/** Puts a core into 64-bit mode at once, without boot code: for whoever wants to run a function, not a system. */
import { Segment, type SegmentNumber, type SegmentRegister } from '../system/core-context.ts';
import { Cr0, Cr4, Efer, Rflags, Xcr0 } from '../system/register-bits.ts';
import type { Cpu } from './cpu.ts';

export interface LongModeStart {
  readonly rip: bigint;
  readonly rsp: bigint;
  /** Guest-physical address of 8 KiB of RAM for the page tables, a multiple of 4096. */
  readonly tables: number;
}

const code: SegmentRegister = { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0xa09b };
const data: SegmentRegister = { selector: 16, base: 0n, limit: 0xffff_ffff, attributes: 0xc093 };

/**
 * 64-bit code at CPL 0, with SSE and AVX on and interrupts off. The first 4 GiB are mapped one to one, writable and executable. There is no
 * descriptor table and no interrupt table: an exception becomes `shutdown`.
 *
 * @throws RangeError where the tables are not in RAM
 */
export function enterLongMode(cpu: Cpu, { rip, rsp, tables }: LongModeStart): void {
  const { context } = cpu;
  const entries = new BigUint64Array(1024);
  entries[0] = BigInt(tables + 0x1000) | 3n;
  // Four pages of 1 GiB: present, writable, large (SDM 3A 4.5.4).
  for (let gibibyte = 0; gibibyte < 4; gibibyte++) entries[512 + gibibyte] = (BigInt(gibibyte) << 30n) | 0x83n;
  if (tables % 4096 !== 0 || !cpu.memory.write(tables, new Uint8Array(entries.buffer))) {
    throw new RangeError(`No page tables fit at ${tables.toString(16)}h. Give a multiple of 4096 with 8 KiB of RAM.`);
  }
  context.cr3 = BigInt(tables);
  context.cr4 = Cr4.pae | Cr4.osfxsr | Cr4.osxmmexcpt | Cr4.osxsave;
  context.xcr0 = Xcr0.x87 | Xcr0.sse | Xcr0.avx;
  context.efer = Efer.lme | Efer.lma | Efer.nxe | Efer.sce;
  context.cr0 = Cr0.pe | Cr0.mp | Cr0.et | Cr0.ne | Cr0.wp | Cr0.pg;
  context.setSegment(Segment.cs, code);
  for (const number of [0, 2, 3, 4, 5] as SegmentNumber[]) context.setSegment(number, data);
  context.cpl = 0;
  context.rflags = Rflags.fixed;
  context.flushTlb('all');
  context.rip = rip;
  cpu.registers.set('rsp', rsp);
}
