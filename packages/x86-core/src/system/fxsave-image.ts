/** The 512 bytes of FXSAVE, which are also the legacy region of XSAVE (SDM 1 10.5.1, tables 10-2 and 10-3). */
import { type CoreContext } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';
import { is64Bit } from './mode.ts';

export const FXSAVE_BYTES = 512;
/** DAZ and all exceptions and masks of MXCSR exist. */
const MXCSR_MASK = 0xffff;

const MXCSR = 24;
const REGISTERS = 32;
const XMM = 160;
const TOP = 0x3800;

function viewOf(image: Uint8Array): DataView {
  return new DataView(image.buffer, image.byteOffset, image.byteLength);
}

/** x87: control, status, abridged tags, last instruction and operand, registers from ST0 on. `wide`: 64-bit pointers instead of selectors. */
export function storeX87(core: CoreContext, image: Uint8Array, wide: boolean): void {
  const { x87 } = core;
  const view = viewOf(image);
  view.setUint16(0, x87.controlWord, true);
  view.setUint16(2, (x87.statusWord & ~TOP) | (x87.top << 11), true);
  view.setUint16(4, ~x87.emptyTags & 0xff, true);
  view.setUint16(6, x87.opcode, true);
  storePointer(view, 8, x87.instructionPointer, x87.codeSelector, wide);
  storePointer(view, 16, x87.dataPointer, x87.dataSelector, wide);
  for (let number = 0; number < 8; number++) {
    const physical = ((x87.top + number) & 7) * 16;
    const at = REGISTERS + number * 16;
    image.set(x87.registers.subarray(physical, physical + 10), at);
    image.fill(0, at + 10, at + 16);
  }
}

function storePointer(view: DataView, at: number, offset: bigint, selector: number, wide: boolean): void {
  if (wide) {
    view.setBigUint64(at, offset, true);
    return;
  }
  view.setUint32(at, Number(offset & 0xffff_ffffn), true);
  view.setUint32(at + 4, selector, true);
}

export function loadX87(core: CoreContext, image: Uint8Array, wide: boolean): void {
  const { x87 } = core;
  const view = viewOf(image);
  const status = view.getUint16(2, true);
  x87.controlWord = (view.getUint16(0, true) & 0x1f7f) | 0x40;
  x87.top = (status & TOP) >> 11;
  setStatus(core, status);
  x87.emptyTags = ~view.getUint8(4) & 0xff;
  x87.opcode = view.getUint16(6, true) & 0x7ff;
  x87.instructionPointer = wide ? view.getBigUint64(8, true) : BigInt(view.getUint32(8, true));
  x87.codeSelector = wide ? 0 : view.getUint16(12, true);
  x87.dataPointer = wide ? view.getBigUint64(16, true) : BigInt(view.getUint32(16, true));
  x87.dataSelector = wide ? 0 : view.getUint16(20, true);
  for (let number = 0; number < 8; number++) {
    const at = REGISTERS + number * 16;
    x87.registers.set(image.subarray(at, at + 10), ((x87.top + number) & 7) * 16);
  }
}

/** ES and B say whether an unmasked exception is pending. */
function setStatus(core: CoreContext, status: number): void {
  const { x87 } = core;
  const pending = (status & ~x87.controlWord & 0x3f) !== 0;
  x87.statusWord = (status & 0x477f) | (pending ? 0x8080 : 0);
}

export function initializeX87(core: CoreContext): void {
  const { x87 } = core;
  x87.controlWord = 0x37f;
  x87.statusWord = 0;
  x87.top = 0;
  x87.emptyTags = 0xff;
  x87.opcode = x87.codeSelector = x87.dataSelector = 0;
  x87.instructionPointer = x87.dataPointer = 0n;
  x87.registers.fill(0);
}

/** Whether x87 is as FNINIT leaves it, with zeros in its registers. */
export function isX87Initial({ x87 }: CoreContext): boolean {
  const control = x87.controlWord === 0x37f && x87.statusWord === 0 && x87.top === 0 && x87.emptyTags === 0xff;
  const pointers = x87.instructionPointer === 0n && x87.dataPointer === 0n && x87.opcode === 0;
  return control && pointers && x87.registers.every((byte) => byte === 0);
}

/** Eight XMM registers, sixteen in 64-bit mode. */
export function xmmCount(core: CoreContext): 8 | 16 {
  return is64Bit(core) ? 16 : 8;
}

export function storeXmm(core: CoreContext, image: Uint8Array): void {
  for (let number = 0; number < xmmCount(core); number++) {
    image.set(core.vectors.subarray(number * 32, number * 32 + 16), XMM + number * 16);
  }
}

export function loadXmm(core: CoreContext, image: Uint8Array): void {
  for (let number = 0; number < xmmCount(core); number++) {
    core.vectors.set(image.subarray(XMM + number * 16, XMM + number * 16 + 16), number * 32);
  }
}

export function storeMxcsr(core: CoreContext, image: Uint8Array): void {
  const view = viewOf(image);
  view.setUint32(MXCSR, core.mxcsr, true);
  view.setUint32(MXCSR + 4, MXCSR_MASK, true);
}

/** @throws CpuFault #GP(0) for reserved bits. */
export function checkedMxcsr(image: Uint8Array): number {
  const value = viewOf(image).getUint32(MXCSR, true);
  if ((value & ~MXCSR_MASK) !== 0) throw generalProtection();
  return value;
}
