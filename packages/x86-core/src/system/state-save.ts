/** FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XSAVEC, XRSTOR (SDM 1 10.5, 13.7 to 13.10). */
import type { Instruction } from '../decode/instruction.ts';
import { checkAlignment, linearAddress } from './address.ts';
import type { CoreContext } from './core-context.ts';
import { deviceNotAvailable, generalProtection, invalidOpcode } from './cpu-fault.ts';
import {
  checkedMxcsr,
  FXSAVE_BYTES,
  initializeX87,
  isX87Initial,
  loadX87,
  loadXmm,
  storeMxcsr,
  storeX87,
  storeXmm,
  xmmCount,
} from './fxsave-image.ts';
import { effectiveAddress, readEdxEax } from './operand.ts';
import { Cr0, Cr4, Xcr0 } from './register-bits.ts';
import { XSAVE_HEADER, XSAVE_HEADER_BYTES, xsaveOffset, xsaveSize } from './xsave-layout.ts';

const COMPACTED = 1n << 63n;
const MXCSR_INITIAL = 0x1f80;

/**
 * The area's linear address. Where several of its pages fault, the one of the byte `touched` is told, as processors do it: the last byte; with XRSTOR
 * XCOMP_BV.
 * @throws CpuFault #NM, #AC(0), #GP(0) where it is not aligned, #PF
 */
function areaOf(
  core: CoreContext,
  instruction: Instruction,
  bytes: number,
  alignment: 16n | 64n,
  write: boolean,
  touched: number = bytes - 1,
): bigint {
  if ((core.cr0 & Cr0.ts) !== 0) throw deviceNotAvailable();
  const { segment, offset } = effectiveAddress(core, instruction, 0);
  const linear = linearAddress(core, segment, offset, bytes, write);
  if (alignment === 16n) checkAlignment(core, linear, 8);
  if ((linear & (alignment - 1n)) !== 0n) throw generalProtection();
  const first = BigInt.asUintN(64, linear + BigInt(touched));
  if (write) core.checkWrite(first, 1, 'current');
  else core.read(first, 1, 'current');
  return linear;
}

function isWide(instruction: Instruction): boolean {
  return instruction.row.mnemonic.endsWith('64');
}

/** Bytes 464 to 511 are the program's own. */
export function fxsave(core: CoreContext, instruction: Instruction): void {
  if ((core.cr0 & Cr0.em) !== 0) throw deviceNotAvailable();
  const area = areaOf(core, instruction, FXSAVE_BYTES, 16n, true);
  core.checkWrite(area, FXSAVE_BYTES, 'current');
  const image = core.readBytes(area, FXSAVE_BYTES, 'current').slice();
  storeX87(core, image, isWide(instruction));
  storeMxcsr(core, image);
  if ((core.cr4 & Cr4.osfxsr) !== 0) storeXmm(core, image);
  core.writeBytes(area, image, 'current');
}

export function fxrstor(core: CoreContext, instruction: Instruction): void {
  if ((core.cr0 & Cr0.em) !== 0) throw deviceNotAvailable();
  const area = areaOf(core, instruction, FXSAVE_BYTES, 16n, false);
  const image = core.readBytes(area, FXSAVE_BYTES, 'current').slice();
  const mxcsr = checkedMxcsr(image);
  loadX87(core, image, isWide(instruction));
  core.mxcsr = mxcsr;
  if ((core.cr4 & Cr4.osfxsr) !== 0) loadXmm(core, image);
}

/** Components that are not in their initial state (XINUSE, SDM 1 13.6). */
function inUse(core: CoreContext): number {
  let components = isX87Initial(core) ? 0 : Xcr0.x87;
  if (core.mxcsr !== MXCSR_INITIAL) components |= Xcr0.sse;
  for (let at = 0; at < xmmCount(core) * 32; at++) {
    if (core.vectors[at] !== 0) components |= (at & 16) === 0 ? Xcr0.sse : Xcr0.avx;
  }
  return core.pkru === 0 ? components : components | Xcr0.pkru;
}

function requireXsave(core: CoreContext): void {
  if ((core.cr4 & Cr4.osxsave) === 0) throw invalidOpcode();
}

/** EDX:EAX, as far as XCR0 goes. */
function requested(core: CoreContext): number {
  return core.xcr0 & Number(readEdxEax(core) & 0xffff_ffffn);
}

/**
 * standard: XSAVE. optimized: XSAVEOPT, which leaves out components in their initial state. compacted: XSAVEC, which does so too and packs the rest.
 */
export function xsave(core: CoreContext, instruction: Instruction, form: 'standard' | 'optimized' | 'compacted'): void {
  requireXsave(core);
  const components = requested(core);
  const compacted = form === 'compacted';
  const size = xsaveSize(components, compacted);
  const area = areaOf(core, instruction, size, 64n, true);
  core.checkWrite(area, size, 'current');
  const image = core.readBytes(area, size, 'current').slice();
  const used = inUse(core);
  const written = form === 'standard' ? components : components & used;
  if ((written & Xcr0.x87) !== 0) storeX87(core, image, isWide(instruction));
  if ((written & Xcr0.sse) !== 0) storeXmm(core, image);
  const mxcsr = compacted ? written & Xcr0.sse : components & (Xcr0.sse | Xcr0.avx);
  if (mxcsr !== 0) storeMxcsr(core, image);
  if ((written & Xcr0.avx) !== 0) storeHighHalves(core, image, xsaveOffset(2, components, compacted));
  const view = new DataView(image.buffer);
  if ((written & Xcr0.pkru) !== 0) view.setUint32(xsaveOffset(9, components, compacted), core.pkru, true);
  const old = compacted ? 0n : view.getBigUint64(XSAVE_HEADER, true);
  view.setBigUint64(XSAVE_HEADER, (old & ~BigInt(components)) | BigInt(components & used), true);
  if (compacted) {
    view.setBigUint64(XSAVE_HEADER + 8, COMPACTED | BigInt(components), true);
    image.fill(0, XSAVE_HEADER + 16, XSAVE_HEADER + XSAVE_HEADER_BYTES);
  }
  core.writeBytes(area, image, 'current');
}

function storeHighHalves(core: CoreContext, image: Uint8Array, at: number): void {
  for (let number = 0; number < xmmCount(core); number++) {
    image.set(core.vectors.subarray(number * 32 + 16, number * 32 + 32), at + number * 16);
  }
}

export function xrstor(core: CoreContext, instruction: Instruction): void {
  requireXsave(core);
  const components = requested(core);
  const area = areaOf(core, instruction, XSAVE_HEADER + XSAVE_HEADER_BYTES, 64n, false, XSAVE_HEADER + 8);
  const header = core.readBytes(area + BigInt(XSAVE_HEADER), XSAVE_HEADER_BYTES, 'current').slice();
  const { present, layout, compacted } = checkHeader(core, header);
  const image = core.readBytes(area, xsaveSize(compacted ? layout : components, compacted), 'current').slice();
  const loaded = components & present;
  const mxcsr = newMxcsr(components, present, compacted, image);
  if ((components & Xcr0.x87) !== 0) {
    if ((loaded & Xcr0.x87) !== 0) loadX87(core, image, isWide(instruction));
    else initializeX87(core);
  }
  if (mxcsr !== undefined) core.mxcsr = mxcsr;
  if ((components & Xcr0.sse) !== 0) {
    if ((loaded & Xcr0.sse) !== 0) loadXmm(core, image);
    else clearHalves(core, 0);
  }
  if ((components & Xcr0.avx) !== 0) {
    if ((loaded & Xcr0.avx) !== 0) loadHighHalves(core, image, xsaveOffset(2, layout, compacted));
    else clearHalves(core, 16);
  }
  if ((components & Xcr0.pkru) !== 0) {
    const at = (loaded & Xcr0.pkru) !== 0 ? xsaveOffset(9, layout, compacted) : -1;
    core.pkru = at < 0 ? 0 : new DataView(image.buffer).getUint32(at, true);
    core.flushTlb('all');
  }
}

interface Header {
  /** XSTATE_BV. */
  readonly present: number;
  /** The components that the compacted form has room for. */
  readonly layout: number;
  readonly compacted: boolean;
}

/** @throws CpuFault #GP(0) for bits that are reserved or not in XCR0 (SDM 1 13.8.1). */
function checkHeader(core: CoreContext, header: Uint8Array): Header {
  const view = new DataView(header.buffer);
  const present = view.getBigUint64(0, true);
  const layout = view.getBigUint64(8, true);
  const compacted = (layout & COMPACTED) !== 0n && core.system.features.has('XSAVEC');
  const enabled = BigInt(core.xcr0);
  const components = layout & ~COMPACTED;
  const reserved = header.subarray(compacted ? 16 : 8, compacted ? XSAVE_HEADER_BYTES : 24).some((byte) => byte !== 0);
  if (reserved || (present & ~enabled) !== 0n) throw generalProtection();
  if (compacted && ((components & ~enabled) !== 0n || (present & ~components) !== 0n)) throw generalProtection();
  return { present: Number(present), layout: Number(components), compacted };
}

/** The standard form has MXCSR whenever SSE or AVX is asked for; the compacted one only with SSE. */
function newMxcsr(components: number, present: number, compacted: boolean, image: Uint8Array): number | undefined {
  if (!compacted) return (components & (Xcr0.sse | Xcr0.avx)) === 0 ? undefined : checkedMxcsr(image);
  if ((components & Xcr0.sse) === 0) return undefined;
  return (present & Xcr0.sse) === 0 ? MXCSR_INITIAL : checkedMxcsr(image);
}

function loadHighHalves(core: CoreContext, image: Uint8Array, at: number): void {
  for (let number = 0; number < xmmCount(core); number++) {
    core.vectors.set(image.subarray(at + number * 16, at + number * 16 + 16), number * 32 + 16);
  }
}

function clearHalves(core: CoreContext, half: 0 | 16): void {
  for (let number = 0; number < xmmCount(core); number++) {
    core.vectors.fill(0, number * 32 + half, number * 32 + half + 16);
  }
}
