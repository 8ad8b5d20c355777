/** ModRM, SIB and displacement of a memory operand: SDM 2 2.1.5, tables 2-1 to 2-3. */
import type { Memory, Mode, Register } from '../operand.ts';
import type { CodeBuffer } from './code-buffer.ts';

/** Why an address has no encoding. Turned into an EncodeError where the instruction is known. */
export class AddressError extends Error {}

/** Address size of the operand in bits: from its registers, else as it says, else the mode's. */
export function addressBitsOf(memory: Memory, mode: Mode): 16 | 32 | 64 {
  if (memory.base !== undefined && memory.base !== 'rip') return memory.base.bits as 16 | 32 | 64;
  if (memory.index !== undefined && memory.index.class === 'gpr') return memory.index.bits as 16 | 32 | 64;
  return memory.addressBits ?? mode;
}

/** REX.X and REX.B (bits 1 and 0) of the operand. */
export function rexXB(memory: Memory): number {
  const index = memory.index === undefined ? 0 : (memory.index.number >> 3) << 1;
  const base = memory.base === undefined || memory.base === 'rip' ? 0 : memory.base.number >> 3;
  return index | base;
}

/** Writes ModRM (with `reg` in the middle), SIB, displacement, and sets the buffer's displacement fields. */
export function writeAddress(out: CodeBuffer, memory: Memory, reg: number, mode: Mode): void {
  const bits = addressBitsOf(memory, mode);
  if (bits === 16) writeAddress16(out, memory, reg);
  else writeAddress32(out, memory, reg, bits, mode);
}

function writeDisplacement(
  out: CodeBuffer,
  memory: Memory,
  bytes: number,
  kind: 'abs16' | 'abs32' | 'abs32s' | 'rel32',
): void {
  out.displacementOffset = out.length;
  out.displacementBytes = bytes;
  if (memory.symbol === undefined) {
    out.write(memory.displacement, bytes);
    return;
  }
  const { name, addend } = memory.symbol;
  out.fixups.push({ offset: out.length, kind, symbol: name, addend: addend + memory.displacement });
  out.write(0, bytes);
}

function writeAddress32(out: CodeBuffer, memory: Memory, reg: number, bits: 32 | 64, mode: Mode): void {
  const { base, index, scale, symbol } = memory;
  const { bytes } = out;
  const middle = reg << 3;
  if (base === 'rip') {
    if (mode !== 64) throw new AddressError('RIP-relative addressing needs 64-bit mode');
    bytes[out.length++] = middle | 5;
    writeDisplacement(out, memory, 4, 'rel32');
    return;
  }
  const absolute = bits === 64 ? 'abs32s' : 'abs32';
  if (index !== undefined && index.class === 'gpr' && index.number === 4)
    throw new AddressError('the stack pointer cannot be an index');
  if (base !== undefined && index !== undefined && index.class === 'gpr' && index.bits !== base.bits) {
    throw new AddressError('base and index differ in size');
  }
  const sib = index === undefined ? 4 << 3 : (((scale >> 1) - (scale >> 3)) << 6) | ((index.number & 7) << 3);
  if (base === undefined) {
    checkDisplacement(memory.displacement, bits);
    if (index === undefined && mode !== 64) bytes[out.length++] = middle | 5;
    else {
      bytes[out.length++] = middle | 4;
      bytes[out.length++] = sib | 5;
    }
    writeDisplacement(out, memory, 4, absolute);
    return;
  }
  const low = base.number & 7;
  const needsSib = index !== undefined || low === 4;
  const displacement = bits === 32 ? memory.displacement | 0 : memory.displacement;
  checkDisplacement(memory.displacement, bits);
  const width =
    symbol !== undefined
      ? 4
      : displacement === 0 && low !== 5
        ? 0
        : displacement >= -128 && displacement <= 127
          ? 1
          : 4;
  const mod = width === 0 ? 0 : width === 1 ? 0x40 : 0x80;
  bytes[out.length++] = mod | middle | (needsSib ? 4 : low);
  if (needsSib) bytes[out.length++] = sib | low;
  if (width !== 0) writeDisplacement(out, memory, width, absolute);
}

function checkDisplacement(displacement: number, bits: 32 | 64): void {
  const limit = bits === 64 ? 0x7fff_ffff : 0xffff_ffff;
  if (!Number.isInteger(displacement) || displacement < -0x8000_0000 || displacement > limit) {
    throw new AddressError(`displacement ${displacement} does not fit in 32 bits`);
  }
}

/** rm of the base and index pairs of 16-bit addressing: bx+si, bx+di, bp+si, bp+di, si, di, bp, bx. */
function rm16(base: Register | undefined, index: Register | undefined): number {
  const numbers = [base, index].filter((each) => each !== undefined).map((each) => each.number);
  const key = numbers.sort((a, b) => a - b).join('+');
  return ['3+6', '3+7', '5+6', '5+7', '6', '7', '5', '3'].indexOf(key);
}

function writeAddress16(out: CodeBuffer, memory: Memory, reg: number): void {
  const { base, index, symbol, displacement } = memory;
  if (base === 'rip') throw new AddressError('RIP-relative addressing needs 64-bit mode');
  const { bytes } = out;
  if (!Number.isInteger(displacement) || displacement < -0x8000 || displacement > 0xffff) {
    throw new AddressError(`displacement ${displacement} does not fit in 16 bits`);
  }
  if (base === undefined && index === undefined) {
    bytes[out.length++] = (reg << 3) | 6;
    writeDisplacement(out, memory, 2, 'abs16');
    return;
  }
  const rm = rm16(base, index);
  if (rm < 0 || memory.scale !== 1 || (base ?? index)?.bits !== 16 || (index ?? base)?.bits !== 16) {
    throw new AddressError('16-bit addresses are bx or bp, plus si or di, plus a displacement');
  }
  const signed = (displacement << 16) >> 16;
  const width = symbol !== undefined ? 2 : signed === 0 && rm !== 6 ? 0 : signed >= -128 && signed <= 127 ? 1 : 2;
  bytes[out.length++] = (width << 6) | (reg << 3) | rm;
  if (width !== 0) writeDisplacement(out, memory, width, 'abs16');
}
