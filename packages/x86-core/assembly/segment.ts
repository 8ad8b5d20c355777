/** The segment registers: where they are, and what a loaded one is. */
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_LIMIT,
  SEGMENT_READ,
  SEGMENT_SELECTOR,
  SEGMENT_WRITE,
  SEGMENTS,
} from '../src/semantics/state';

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

export function segmentAt(core: usize, number: usize): usize {
  return core + SEGMENTS + number * SEGMENT_BYTES;
}

export function attributesAt(segment: usize): u32 {
  return load<u16>(segment + SEGMENT_ATTRIBUTES);
}

/** `real`: the type does not restrict accesses (real and virtual-8086 mode). */
export function setSegment(
  core: usize,
  number: usize,
  selector: u32,
  base: u64,
  limit: u32,
  attributes: u32,
  real: bool,
): void {
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
  setRange(segment + SEGMENT_READ, !isEmpty && (!isCode || (attributes & READABLE) != 0 || real), first, last);
  setRange(segment + SEGMENT_WRITE, !isEmpty && ((!isCode && (attributes & WRITABLE) != 0) || real), first, last);
}

/** Of nothing: the first behind the last. */
function setRange(at: usize, isAny: bool, first: u32, last: u32): void {
  store<u32>(at, isAny ? first : 1);
  store<u32>(at + 4, isAny ? last : 0);
}
