/** What a source and the drain agree on: record n has so many words, and this in each of them. */

/** Of the service and its messages. */
export const STREAM_SERVICE = 'stream';
export const STREAM_HASH: u64 = 0x7374_7265_616d_0001;
export const RECORD: u32 = 1;
/** Of the drain: how many records have come, as a u32. */
export const ARRIVED: u32 = 2;
/** The drain says so every so many records. */
export const PERIOD: u32 = 64;

/** 2 to 65 words of 4 bytes, so that records begin and end everywhere in a ring. */
export function wordsOf(number: u32): u32 {
  return 2 + (((number * 0x9e37_79b1) >>> 7) & 63);
}

export function wordOf(number: u32, at: u32): u32 {
  return at == 0 ? number : (number ^ (at * 0x0101_0101)) * 0x85eb_ca6b;
}
