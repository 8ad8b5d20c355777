/**
 * Text out: literals, byte strings, numbers, sizes. Everything goes through `writeByte`.
 *
 * A `string` here is always a literal: static UTF-16 that nothing allocates; its low bytes are printed.
 */
import { writeByte } from './sink';

const KIB: u64 = 1 << 10;
const digits: usize = memory.data(24);

/** A literal. */
export function print(text: string): void {
  for (let i = 0, length = text.length; i < length; i++) writeByte(<u8>text.charCodeAt(i));
}

/** A literal and a newline. */
export function printLine(text: string): void {
  print(text);
  newline();
}

export function newline(): void {
  writeByte(0x0a);
}

/** `bytes` bytes of text at `address`. */
export function printBytes(address: usize, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i++) writeByte(load<u8>(address + i));
}

/** A string of the image directory: a u32 length, then that many bytes. Address 0 prints nothing. */
export function printCounted(address: usize): void {
  if (address != 0) printBytes(address + 4, load<u32>(address));
}

export function printSpaces(count: i32): void {
  for (let i = 0; i < count; i++) writeByte(0x20);
}

/** Decimal, right-aligned in `width` columns. */
export function printDecimal(value: u64, width: i32 = 0): void {
  let count = 0;
  do {
    store<u8>(digits + count++, 0x30 + <u8>(value % 10));
    value /= 10;
  } while (value != 0);
  printSpaces(width - count);
  while (count > 0) writeByte(load<u8>(digits + --count));
}

/** Decimal with a sign, where it is negative. */
export function printSigned(value: i64): void {
  if (value < 0) writeByte(0x2d);
  printDecimal(<u64>(value < 0 ? -value : value));
}

/** Hexadecimal without prefix, filled with zeros to `width` digits. */
export function printHexDigits(value: u64, width: i32): void {
  let shown = 16;
  while (shown > width && shown > 1 && value >> ((shown - 1) * 4) == 0) shown--;
  while (shown > 0) {
    const digit = <u8>((value >> (--shown * 4)) & 15);
    writeByte(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

/** Hexadecimal: `0x` and at least `width` digits. */
export function printHex(value: u64, width: i32 = 1): void {
  print('0x');
  printHexDigits(value, width);
}

/**
 * A number of bytes as people write it: `640 KiB`, `5 GiB`, `127.5 MiB`. Exact values have no fraction; others are
 * rounded down to one decimal.
 */
export function printSize(bytes: u64): void {
  let unit = 0;
  let scale: u64 = 1;
  while (unit < 4 && bytes / scale >= KIB) {
    scale *= KIB;
    unit++;
  }
  printDecimal(bytes / scale);
  const tenth = ((bytes % scale) * 10) / scale;
  if (tenth != 0) {
    writeByte(0x2e);
    printDecimal(tenth);
  }
  if (unit == 0) print(' B');
  else if (unit == 1) print(' KiB');
  else if (unit == 2) print(' MiB');
  else if (unit == 3) print(' GiB');
  else print(' TiB');
}
