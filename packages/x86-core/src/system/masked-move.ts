/**
 * Moves of chosen elements that reach over the end of a page: SDM 2 VMASKMOV, VPMASKMOV. Only elements whose mask is set are
 * accessed, and none is changed where one of them faults.
 */
import type { Instruction } from '../decode/instruction.ts';
import { linearAddress } from './address.ts';
import type { CoreContext, MemoryBytes } from './core-context.ts';
import { effectiveAddress, isMemory, registerOperand, type SegmentedAddress } from './operand.ts';

/** A view of a vector register. */
function registerBytes(core: CoreContext, instruction: Instruction, position: number): Uint8Array {
  const { number, bits } = registerOperand(instruction, position);
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
