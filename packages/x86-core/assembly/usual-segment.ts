/**
 * Segments as far transfers usually load them. src/system (descriptor.ts, descriptor-table.ts) says what descriptors mean, `CoreState.setSegment`
 * (src/cpu/core-state.ts) what a loaded segment is; here are descriptors of the GDT that are present and accessed, data that grows up.
 */
import {
  GDTR,
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_LIMIT,
  SEGMENT_READ,
  SEGMENT_SELECTOR,
  SEGMENT_WRITE,
  SEGMENTS,
} from '../src/semantics/state';
import { hostOf } from './tlb';

export const ES: usize = 0;
export const CS: usize = 1;
export const SS: usize = 2;
export const DS: usize = 3;
export const FS: usize = 4;
export const GS: usize = 5;
export const TR: usize = 7;

/** Bits of the attributes of a segment. */
export const WRITABLE: u32 = 0x2;
export const READABLE: u32 = 0x2;
export const EXPAND_DOWN: u32 = 0x4;
export const CONFORMING: u32 = 0x4;
export const CODE: u32 = 0x8;
export const UNUSABLE: u32 = 0x100;
export const LONG: u32 = 0x2000;
export const BIG: u32 = 0x4000;
/** Of a descriptor, at the same place: present, a segment, accessed. */
const USUAL: u32 = 0x91;
const GRANULAR: u64 = 1 << 55;

export function segmentAt(core: usize, number: usize): usize {
  return core + SEGMENTS + number * SEGMENT_BYTES;
}

export function attributesAt(segment: usize): u32 {
  return load<u16>(segment + SEGMENT_ATTRIBUTES);
}

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
  setSegment(core, number, selector, baseOf(descriptor), limitOf(descriptor), attributesOf(descriptor));
}

/** What a null selector loads; SS keeps a privilege level. */
export function loadNull(core: usize, number: usize, selector: u32, dpl: u32): void {
  setSegment(core, number, selector, 0, 0, UNUSABLE | (dpl << 5));
}

/** All of a segment, outside of real and virtual-8086 mode. */
export function setSegment(core: usize, number: usize, selector: u32, base: u64, limit: u32, attributes: u32): void {
  const segment = segmentAt(core, number);
  store<u64>(segment + SEGMENT_BASE, base);
  store<u32>(segment + SEGMENT_LIMIT, limit);
  store<u16>(segment + SEGMENT_SELECTOR, selector);
  store<u16>(segment + SEGMENT_ATTRIBUTES, attributes);
  const isUsable = (attributes & UNUSABLE) == 0;
  const isCode = (attributes & CODE) != 0;
  const expandsDown = !isCode && (attributes & EXPAND_DOWN) != 0;
  const top: u32 = (attributes & BIG) == 0 ? 0xffff : 0xffff_ffff;
  const isEmpty = !isUsable || (expandsDown && limit >= top);
  const first = expandsDown ? limit + 1 : 0;
  const last = expandsDown ? top : limit;
  setRange(segment + SEGMENT_READ, !isEmpty && (!isCode || (attributes & READABLE) != 0), first, last);
  setRange(segment + SEGMENT_WRITE, !isEmpty && !isCode && (attributes & WRITABLE) != 0, first, last);
}

/** Of nothing: the first behind the last. */
function setRange(at: usize, isAny: bool, first: u32, last: u32): void {
  store<u32>(at, isAny ? first : 1);
  store<u32>(at + 4, isAny ? last : 0);
}
