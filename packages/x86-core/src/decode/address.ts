/** Memory operands from ModRM and SIB: SDM 2 tables 2-1 to 2-3. */
import type { Memory, MemoryBits, Register } from '../operand.ts';
import { gpr16, gpr32, gpr64, segments, xmm, ymm } from '../register.ts';
import type { Fetch } from './fetch.ts';

/** Reads SIB and displacement. @returns undefined when a vector index is asked for and there is no SIB. */
export function readAddress(from: Fetch, bits: MemoryBits | 0, vectorIndex: 128 | 256 | undefined): Memory | undefined {
  const size = from.addressSize;
  if (vectorIndex !== undefined && (size === 16 || (from.modRm & 7) !== 4)) return undefined;
  const segment = from.segment < 0 ? undefined : segments[from.segment];
  return size === 16 ? readAddress16(from, bits, segment) : readAddress32(from, bits, segment, size, vectorIndex);
}

const bases16 = [3, 3, 5, 5, 6, 7, 5, 3];
const indexes16 = [6, 7, 6, 7];

function readAddress16(from: Fetch, bits: MemoryBits | 0, segment: Register | undefined): Memory {
  const mod = from.modRm >> 6;
  const rm = from.modRm & 7;
  const absolute = mod === 0 && rm === 6;
  const index = indexes16[rm];
  return {
    kind: 'memory',
    bits,
    base: absolute ? undefined : gpr16[bases16[rm] as number],
    index: index === undefined ? undefined : gpr16[index],
    scale: 1,
    displacement: absolute ? readDisplacement(from, 2, false) : mod === 0 ? 0 : readDisplacement(from, mod, true),
    symbol: undefined,
    segment,
    addressBits: absolute ? 16 : undefined,
  };
}

function readAddress32(
  from: Fetch,
  bits: MemoryBits | 0,
  segment: Register | undefined,
  size: 32 | 64,
  vectorIndex: 128 | 256 | undefined,
): Memory {
  const registers = size === 64 ? gpr64 : gpr32;
  const mod = from.modRm >> 6;
  const rm = from.modRm & 7;
  let base: Register | 'rip' | undefined;
  let index: Register | undefined;
  let scale: Memory['scale'] = 1;
  let low = rm;
  if (rm === 4) {
    const sib = from.u8();
    low = sib & 7;
    const number = ((sib >> 3) & 7) | ((from.rex & 2) << 2);
    if (vectorIndex !== undefined) index = (vectorIndex === 128 ? xmm : ymm)[number];
    else if (number !== 4) index = registers[number];
    if (index !== undefined) scale = (1 << (sib >> 6)) as Memory['scale'];
  }
  const none = mod === 0 && low === 5;
  if (!none) base = registers[low | ((from.rex & 1) << 3)];
  else if (rm === 5 && from.mode === 64) base = 'rip';
  const width = none ? 4 : mod === 0 ? 0 : mod === 1 ? 1 : 4;
  const signed = size === 64 || base !== undefined || index !== undefined;
  return {
    kind: 'memory',
    bits,
    base,
    index,
    scale,
    displacement: width === 0 ? 0 : readDisplacement(from, width, signed),
    symbol: undefined,
    segment,
    addressBits: (base === undefined || base === 'rip') && index?.class !== 'gpr' ? size : undefined,
  };
}

function readDisplacement(from: Fetch, bytes: number, signed: boolean): number {
  from.displacementOffset = from.at - from.start;
  return signed ? from.signed(bytes) : from.unsigned(bytes);
}
