/** 64-bit integers from and to text. Decimal with a sign, or 0x and up to 16 digits; `_` may separate digits. */

/** What the last `parseInteger` read. */
export let parsed: i64 = 0;

function digitOf(byte: u8): u64 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  if (lower >= 0x61 && lower <= 0x66) return lower - 0x57;
  return 255;
}

/**
 * Reads all of `length` bytes as a number into `parsed`. Hexadecimal may use all 64 bits (0xffffffffffffffff is -1);
 * decimal goes from -2^63 to 2^63 - 1.
 * @returns false if it is not a number, or does not fit.
 */
export function parseInteger(pointer: usize, length: u32): bool {
  let at = pointer;
  const end = pointer + length;
  let negative = false;
  if (at < end && (load<u8>(at) == 0x2d || load<u8>(at) == 0x2b)) negative = load<u8>(at++) == 0x2d;
  let base: u64 = 10;
  if (at + 2 < end && load<u8>(at) == 0x30 && (load<u8>(at + 1) | 0x20) == 0x78) {
    base = 16;
    at += 2;
  }
  const limit = base == 16 ? ~(<u64>0) : ((<u64>1) << 63) - 1 + u64(negative);
  let value: u64 = 0;
  let digits = 0;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == 0x5f && digits > 0 && at + 1 < end) continue;
    const digit = digitOf(byte);
    if (digit >= base || value > (limit - digit) / base) return false;
    value = value * base + digit;
    digits++;
  }
  if (digits == 0) return false;
  parsed = negative ? -(<i64>value) : <i64>value;
  return true;
}

const text: usize = memory.data(24);
/** Bytes of what `formatInteger` wrote. */
export let formattedLength: u32 = 0;

/** Writes `value` in decimal. @returns the address of the text, good until the next call; its length is `formattedLength`. */
export function formatInteger(value: i64): usize {
  let at = text + 24;
  let rest = value < 0 ? <u64>-value : <u64>value;
  do {
    store<u8>(--at, 0x30 + <u8>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  if (value < 0) store<u8>(--at, 0x2d);
  formattedLength = <u32>(text + 24 - at);
  return at;
}
