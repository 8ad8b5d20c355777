/** Whether a program may use a port: IOPL, or the I/O permission bitmap of its TSS (SDM 1 18.5). */
import { type CoreContext, Segment } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';
import { iopl, isLongMode, isRealMode, isVirtual8086 } from './mode.ts';

const MAP_BASE = 102;

/** @throws CpuFault #GP(0) */
export function requirePort(core: CoreContext, port: number, bytes: number): void {
  if (isRealMode(core) || (core.cpl <= iopl(core) && !isVirtual8086(core))) return;
  const { base, limit, attributes } = core.segment(Segment.tr);
  if ((attributes & 8) === 0 || limit < MAP_BASE + 1) throw generalProtection();
  const at = (offset: number): bigint => BigInt.asUintN(isLongMode(core) ? 64 : 32, base + BigInt(offset));
  const first = Number(core.read(at(MAP_BASE), 2, 'system')) + (port >> 3);
  // Two bytes are read always: the map ends with a byte of ones (SDM 1 18.5.2).
  if (first + 1 > limit) throw generalProtection();
  const bits = Number(core.read(at(first), 2, 'system'));
  if (((bits >> (port & 7)) & ((1 << bytes) - 1)) !== 0) throw generalProtection();
}
