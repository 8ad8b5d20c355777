/**
 * Segments as far transfers usually load them. src/system (descriptor.ts, descriptor-table.ts) says what descriptors mean; here are descriptors of the GDT
 * that are present and accessed, data that grows up.
 */
import { GDTR, SEGMENT_BASE } from '../src/semantics/state';
import { CODE, CONFORMING, CS, EXPAND_DOWN, SS, UNUSABLE, WRITABLE, segmentAt, setSegment } from './segment';
import { hostOf } from './tlb';

/** Of a descriptor, at the same place: present, a segment, accessed. */
const USUAL: u32 = 0x91;
const GRANULAR: u64 = 1 << 55;

/** A selector's descriptor, or 0 where it is unusual, or no segment's. */
export function usualDescriptor(core: usize, selector: u32): u64 {
  const offset = selector & 0xfff8;
  if ((selector & 4) != 0 || offset == 0 || offset + 7 > load<u32>(core + GDTR + 8)) return 0;
  const host = hostOf(core, load<u64>(core + GDTR) + offset, 8, false, false);
  if (host == 0) return 0;
  const descriptor = load<u64>(host);
  return (attributesOf(descriptor) & USUAL) == USUAL ? descriptor : 0;
}

export function attributesOf(descriptor: u64): u32 {
  return <u32>(descriptor >> 40) & 0xf0ff;
}

export function dplOf(descriptor: u64): u32 {
  return <u32>(descriptor >> 45) & 3;
}

export function baseOf(descriptor: u64): u64 {
  return ((descriptor >> 16) & 0xff_ffff) | ((descriptor >> 56) << 24);
}

/** Last valid byte. */
export function limitOf(descriptor: u64): u32 {
  const limit = (<u32>descriptor & 0xffff) | (<u32>(descriptor >> 32) & 0xf_0000);
  return (descriptor & GRANULAR) != 0 ? (limit << 12) | 0xfff : limit;
}

/** Whether a descriptor is code that runs at its DPL, and lies where the code does that runs now. */
export function isUsualCode(core: usize, descriptor: u64): bool {
  if ((attributesOf(descriptor) & (CODE | CONFORMING)) != CODE) return false;
  return baseOf(descriptor) == load<u64>(segmentAt(core, CS) + SEGMENT_BASE);
}

/** Whether a descriptor is a stack for a privilege level. */
export function isUsualStack(descriptor: u64, selector: u32, level: u32): bool {
  if ((selector & 3) != level || dplOf(descriptor) != level) return false;
  return (attributesOf(descriptor) & (CODE | EXPAND_DOWN | WRITABLE)) == WRITABLE;
}

export function loadSegment(core: usize, number: usize, selector: u32, descriptor: u64): void {
  setSegment(core, number, selector, baseOf(descriptor), limitOf(descriptor), attributesOf(descriptor), false);
}

/** What a null selector loads; SS keeps a privilege level. */
export function loadNull(core: usize, number: usize, selector: u32, dpl: u32): void {
  setSegment(core, number, selector, 0, 0, UNUSABLE | (dpl << 5), false);
}
