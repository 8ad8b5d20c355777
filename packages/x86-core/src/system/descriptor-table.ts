/** Access to the descriptor tables: GDT, LDT, IDT, and the flags the processor keeps in descriptors. */
import { type CoreContext, Segment } from './core-context.ts';
import { type CpuFault } from './cpu-fault.ts';
import { Attribute, type Descriptor, descriptorOf, isSegment } from './descriptor.ts';
import { isLongMode } from './mode.ts';

/** The error code of a selector: without its RPL (SDM 3A 6.13). */
export function errorOf(selector: number): number {
  return selector & 0xfffc;
}

/** The error code of an entry of the IDT. */
export function idtError(vector: number): number {
  return vector * 8 + 2;
}

export function isNull(selector: number): boolean {
  return (selector & 0xfffc) === 0;
}

/** The linear address of a descriptor; undefined outside of its table. */
function addressOf(core: CoreContext, selector: number, bytes: number): bigint | undefined {
  const offset = selector & 0xfff8;
  if ((selector & 4) === 0) return offset + bytes - 1 > core.gdtr.limit ? undefined : core.gdtr.base + BigInt(offset);
  const { base, limit, attributes } = core.segment(Segment.ldtr);
  if ((attributes & Attribute.unusable) !== 0 || offset + bytes - 1 > limit) return undefined;
  return base + BigInt(offset);
}

/** @returns undefined outside of the table. System descriptors of long mode come with their upper half. */
export function findDescriptor(core: CoreContext, selector: number): Descriptor | undefined {
  const address = addressOf(core, selector, 8);
  if (address === undefined) return undefined;
  const first = core.read(address, 8, 'system');
  const descriptor = descriptorOf(first);
  if (!isLongMode(core) || isSegment(descriptor)) return descriptor;
  if (addressOf(core, selector, 16) === undefined) return undefined;
  return descriptorOf(first, core.read(address + 8n, 8, 'system'));
}

/** @throws CpuFault made by `fault` with the selector's code where the selector lies outside of its table. */
export function readDescriptor(core: CoreContext, selector: number, fault: (code: number) => CpuFault): Descriptor {
  const descriptor = findDescriptor(core, selector);
  if (descriptor === undefined) throw fault(errorOf(selector));
  return descriptor;
}

/** Sets the accessed flag of a segment's descriptor, in memory and in what is returned. */
export function markAccessed(core: CoreContext, selector: number, descriptor: Descriptor): Descriptor {
  return setType(core, selector, descriptor, Attribute.accessed, 0);
}

const BUSY = 2;

export function markBusy(core: CoreContext, selector: number, descriptor: Descriptor): Descriptor {
  return setType(core, selector, descriptor, BUSY, 0);
}

export function markAvailable(core: CoreContext, selector: number, descriptor: Descriptor): Descriptor {
  return setType(core, selector, descriptor, 0, BUSY);
}

function setType(core: CoreContext, selector: number, descriptor: Descriptor, set: number, clear: number): Descriptor {
  const high = (descriptor.high | (set << 8)) & ~(clear << 8);
  if (high === descriptor.high) return descriptor;
  const address = addressOf(core, selector, 8);
  if (address !== undefined) core.write(address + 5n, 1, BigInt((high >> 8) & 0xff), 'system');
  return { ...descriptor, high };
}
