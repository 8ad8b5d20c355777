/** Values: byte strings in blocks of the heap. Every function that makes one returns 0 after `fail` when memory is used up. */
import { allocate, BLOCK_HEADER, capacity, extend, isSole, release } from './heap';

export function bytesOf(value: usize): usize {
  return value + BLOCK_HEADER;
}

export function lengthOf(value: usize): u32 {
  return load<u32>(value + 8);
}

export function setLength(value: usize, length: u32): void {
  store<u32>(value + 8, length);
}

/** A copy of `length` bytes. */
export function valueOf(pointer: usize, length: u32): usize {
  const value = allocate(length);
  if (value == 0) return 0;
  memory.copy(bytesOf(value), pointer, length);
  setLength(value, length);
  return value;
}

/** An empty value that can grow to `room` bytes without moving. */
export function emptyValue(room: u32): usize {
  return allocate(room);
}

/**
 * `value` with `length` bytes behind it. The reference to `value` is used up; the result is the same block where possible.
 * On failure `value` is released.
 */
export function appended(value: usize, pointer: usize, length: u32): usize {
  const before = lengthOf(value);
  const after = before + length;
  if (isSole(value) && (after <= capacity(value) || extend(value, after + (before >> 1)) || extend(value, after))) {
    memory.copy(bytesOf(value) + before, pointer, length);
    setLength(value, after);
    return value;
  }
  const larger = allocate(after + (before >> 1) + 16);
  if (larger != 0) {
    memory.copy(bytesOf(larger), bytesOf(value), before);
    memory.copy(bytesOf(larger) + before, pointer, length);
    setLength(larger, after);
  }
  release(value);
  return larger;
}

const one: usize = memory.data(8);

/** As `appended`, for one byte. */
export function appendedByte(value: usize, byte: u8): usize {
  store<u8>(one, byte);
  return appended(value, one, 1);
}

export function equalBytes(a: usize, aLength: u32, b: usize, bLength: u32): bool {
  return aLength == bLength && memory.compare(a, b, aLength) == 0;
}

/** True if the bytes are those of a literal. */
export function equalText(pointer: usize, length: u32, text: string): bool {
  if (<u32>text.length != length) return false;
  for (let i: u32 = 0; i < length; i++) {
    if (<u16>load<u8>(pointer + i) != <u16>text.charCodeAt(i)) return false;
  }
  return true;
}

/** Byte order: negative, 0 or positive. */
export function compareBytes(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const order = memory.compare(a, b, aLength < bLength ? aLength : bLength);
  return order != 0 ? order : <i32>(aLength - bLength);
}
