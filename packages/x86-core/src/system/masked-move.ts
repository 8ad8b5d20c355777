/**
 * Moves of chosen elements that reach over the end of a page: SDM 2 MASKMOVQ, MASKMOVDQU, VMASKMOV, VPMASKMOV. Only elements whose mask is set are
 * accessed, and none is changed where one of them faults.
 */
import type { Instruction } from '../decode/instruction.ts';
import { linearAddress } from './address.ts';
import { type CoreContext, type MemoryBytes, Segment, type SegmentNumber } from './core-context.ts';
import { CpuFault, Vector } from './cpu-fault.ts';
import { effectiveAddress, isMemory, registerOperand, type SegmentedAddress } from './operand.ts';

const RDI = 7;
const EXCEPTION_SUMMARY = 0x80;

/** A view of a vector or MMX register. */
function registerBytes(core: CoreContext, instruction: Instruction, position: number): Uint8Array {
  const { class: registerClass, number, bits } = registerOperand(instruction, position);
  if (registerClass === 'mmx') return core.x87.registers.subarray(16 * number, 16 * number + 8);
  return core.vectors.subarray(32 * number, 32 * number + bits / 8);
}

interface Element {
  /** In the registers. */
  readonly at: number;
  readonly linear: bigint;
}

/** Those whose mask has its top bit set. */
function chosenElements(
  core: CoreContext,
  mask: Uint8Array,
  bytes: MemoryBytes,
  { segment, offset }: SegmentedAddress,
  addressSize: number,
  write: boolean,
): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < mask.length; at += bytes) {
    if (((mask[at + bytes - 1] as number) & 0x80) === 0) continue;
    const place = BigInt.asUintN(addressSize, offset + BigInt(at));
    elements.push({ at, linear: linearAddress(core, segment, place, bytes, write) });
  }
  return elements;
}

function store(core: CoreContext, source: Uint8Array, elements: readonly Element[], bytes: MemoryBytes): void {
  for (const { linear } of elements) core.checkWrite(linear, bytes, 'current');
  for (const { at, linear } of elements) core.writeBytes(linear, source.subarray(at, at + bytes), 'current');
}

const elementBytes: Readonly<Record<string, 4 | 8>> = { vmaskmovps: 4, vmaskmovpd: 8, vpmaskmovd: 4, vpmaskmovq: 8 };

/** VMASKMOVPS, VMASKMOVPD, VPMASKMOVD, VPMASKMOVQ. */
export function moveMaskedElements(core: CoreContext, instruction: Instruction): void {
  const size = elementBytes[instruction.row.mnemonic];
  if (size === undefined) throw new Error(`No masked move: ${instruction.row.text}`);
  const toMemory = isMemory(instruction, 0);
  const mask = registerBytes(core, instruction, 1);
  const address = effectiveAddress(core, instruction, toMemory ? 0 : 2);
  const elements = chosenElements(core, mask, size, address, instruction.addressSize, toMemory);
  if (toMemory) {
    store(core, registerBytes(core, instruction, 2), elements, size);
    return;
  }
  const loaded = new Uint8Array(32);
  for (const { at, linear } of elements) loaded.set(core.readBytes(linear, size, 'current'), at);
  core.vectors.set(loaded, 32 * registerOperand(instruction, 0).number);
}

/** MASKMOVQ, MASKMOVDQU, VMASKMOVDQU: bytes, to RDI. */
export function moveMaskedBytes(core: CoreContext, instruction: Instruction): void {
  const isMmx = instruction.row.mnemonic === 'maskmovq';
  if (isMmx && (core.x87.statusWord & EXCEPTION_SUMMARY) !== 0) throw new CpuFault(Vector.floatingPoint);
  const segment = (instruction.segment?.number ?? Segment.ds) as SegmentNumber;
  const offset = BigInt.asUintN(instruction.addressSize, core.gpr[RDI] as bigint);
  const mask = registerBytes(core, instruction, 1);
  const elements = chosenElements(core, mask, 1, { segment, offset }, instruction.addressSize, true);
  store(core, registerBytes(core, instruction, 0), elements, 1);
  if (!isMmx) return;
  core.x87.top = 0;
  core.x87.emptyTags = 0;
}
