/** The comparison of PCMPESTRI and its like: SDM 2 4.1. Calls it by the names of the manual's figure 4-1. */

const WORDS = 1;
const SIGNED = 2;
const EQUAL_ANY = 0;
const RANGES = 4;
const EQUAL_EACH = 8;
const AGGREGATION = 12;
const NEGATIVE = 16;
const MASKED = 32;

/** `lengths`: of both strings, 32 bits each, or -1: up to the first element that is 0. Returns IntRes2; bit 32: a is shorter than the register; 33: b is. */
export function compareStrings(aLow: u64, aHigh: u64, bLow: u64, bHigh: u64, lengths: u64, control: u64): u64 {
  const count: u32 = control & WORDS ? 8 : 16;
  const aLength = lengthOf(aLow, aHigh, control, lengths == u64.MAX_VALUE ? u32.MAX_VALUE : <u32>lengths);
  const bLength = lengthOf(bLow, bHigh, control, <u32>(lengths >> 32));
  let result: u32 = 0;
  for (let place: u32 = 0; place < count; place++) {
    if (holdsAt(aLow, aHigh, bLow, bHigh, aLength, bLength, control, place)) result |= 1 << place;
  }
  if (control & NEGATIVE) result ^= control & MASKED ? (1 << bLength) - 1 : (1 << count) - 1;
  return <u64>result | ((aLength < count ? 1 : 0) << 32) | ((bLength < count ? 1 : 0) << 33);
}

/** In elements, at most as many as there are. `explicit`: all ones where the string ends itself. */
function lengthOf(low: u64, high: u64, control: u64, explicit: u32): u32 {
  const count: u32 = control & WORDS ? 8 : 16;
  if (explicit != u32.MAX_VALUE) return explicit < count ? explicit : count;
  let length: u32 = 0;
  while (length < count && element(low, high, control, length) != 0) length++;
  return length;
}

function element(low: u64, high: u64, control: u64, number: u32): i32 {
  const bits: u32 = control & WORDS ? 16 : 8;
  const at = number * bits;
  const value = at < 64 ? low >> at : high >> (at - 64);
  if (control & WORDS) return control & SIGNED ? <i32>(<i16>value) : <i32>(<u16>value);
  return control & SIGNED ? <i32>(<i8>value) : <i32>(<u8>value);
}

/** Whether the aggregated comparison holds for an element of b: with what is invalid by the rules of table 4-7. */
function holdsAt(
  aLow: u64,
  aHigh: u64,
  bLow: u64,
  bHigh: u64,
  aLength: u32,
  bLength: u32,
  control: u64,
  place: u32,
): bool {
  const count: u32 = control & WORDS ? 8 : 16;
  const aggregation = control & AGGREGATION;
  if (aggregation == EQUAL_EACH) {
    if (place >= aLength || place >= bLength) return place >= aLength && place >= bLength;
    return element(aLow, aHigh, control, place) == element(bLow, bHigh, control, place);
  }
  if (aggregation == EQUAL_ANY || aggregation == RANGES) {
    if (place >= bLength) return false;
    const sought = element(bLow, bHigh, control, place);
    const step: u32 = aggregation == RANGES ? 2 : 1;
    for (let number: u32 = 0; number + step <= aLength; number += step) {
      const first = element(aLow, aHigh, control, number);
      if (step == 1) {
        if (first == sought) return true;
      } else if (first <= sought && sought <= element(aLow, aHigh, control, number + 1)) return true;
    }
    return false;
  }
  // Equal ordered: a begins at this place of b, or would beyond the register.
  for (let number: u32 = 0; number < aLength && place + number < count; number++) {
    if (place + number >= bLength) return false;
    if (element(aLow, aHigh, control, number) != element(bLow, bHigh, control, place + number)) return false;
  }
  return true;
}
