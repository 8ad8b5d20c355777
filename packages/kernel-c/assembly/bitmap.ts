/**
 * A bitmap with summaries, for "the first set bit from here on" in a few loads however long it is.
 *
 * ```
 * header (32 bytes)   u32 bits, u32 levels, u32 address of each level (6)
 * level 0             one bit per element, in u64 words
 * level n + 1         one bit per word of level n: set when the word is not zero
 * ```
 * Six levels of 64 hold more bits than an address space has pages.
 */
const HEADER_BYTES: usize = 32;
const LEVELS_AT: usize = 8;
const LEVELS: u32 = 6;

function words(bits: u32): u32 {
  return (bits + 63) >> 6;
}

function wordAt(map: usize, level: u32, index: u32): usize {
  return load<u32>(map + level * 4, LEVELS_AT) + (index >> 6) * 8;
}

/** Bytes that a bitmap of `bits` bits takes, a multiple of 8. */
export function bitmapBytes(bits: u32): usize {
  let bytes = HEADER_BYTES;
  let n = words(bits);
  for (; n > 1; n = words(n)) bytes += n * 8;
  return bytes + n * 8;
}

/** Makes an empty bitmap at `map`, which is 8-byte aligned and has `bitmapBytes(bits)` bytes. */
export function bitmapInitialize(map: usize, bits: u32): void {
  const bytes = bitmapBytes(bits);
  memory.fill(map, 0, bytes);
  store<u32>(map, bits);
  let at = map + HEADER_BYTES;
  let level: u32 = 0;
  for (let n = words(bits); level < LEVELS; n = words(n)) {
    store<u32>(map + level * 4, <u32>at, LEVELS_AT);
    level++;
    if (n <= 1) break;
    at += n * 8;
  }
  store<u32>(map, level, 4);
}

export function bitmapTest(map: usize, index: u32): bool {
  return ((load<u64>(wordAt(map, 0, index)) >> (index & 63)) & 1) != 0;
}

export function bitmapSet(map: usize, index: u32): void {
  const levels = load<u32>(map, 4);
  for (let level: u32 = 0; level < levels; level++) {
    const word = wordAt(map, level, index);
    const before = load<u64>(word);
    store<u64>(word, before | ((<u64>1) << (index & 63)));
    if (before != 0) return;
    index >>= 6;
  }
}

export function bitmapClear(map: usize, index: u32): void {
  const levels = load<u32>(map, 4);
  for (let level: u32 = 0; level < levels; level++) {
    const word = wordAt(map, level, index);
    const after = load<u64>(word) & ~((<u64>1) << (index & 63));
    store<u64>(word, after);
    if (after != 0) return;
    index >>= 6;
  }
}

/** First set bit at or behind `from`, or -1. */
export function bitmapNext(map: usize, from: u32): i64 {
  const levels = load<u32>(map, 4);
  let bits = load<u32>(map); // of the level in hand
  let level: u32 = 0;
  let index = from;
  // Up, until a word has a set bit at or behind `index`.
  for (;;) {
    if (index >= bits) return -1;
    const word = load<u64>(wordAt(map, level, index)) & (~(<u64>0) << (index & 63));
    if (word != 0) {
      index = (index & ~63) | <u32>ctz(word);
      break;
    }
    if (++level == levels) return -1;
    index = (index >> 6) + 1;
    bits = words(bits);
  }
  // Down, taking the first set bit of each word.
  while (level > 0) {
    level--;
    const word = load<u64>(wordAt(map, level, index << 6));
    index = (index << 6) | <u32>ctz(word);
  }
  return index;
}
