/**
 * The second level of the TLB: whatever was filled, whether or not the first level still has it. Looked up where that misses, before the paging structures
 * are walked.
 *
 * Four words: tag (8 bytes), addend (4) and a word that must be the present one of its kind: a generation in bits 5 to 31, bit 4 global, bits 0 to 3
 * the set and whether it is for writes. A flush takes a new generation, and costs nothing else.
 */
import { SECOND_ENTRIES, SECOND_GENERATIONS, SECOND_LEVEL, TLB_SET_BYTES, TLB_SETS } from '../src/semantics/state';

const GLOBAL: u32 = 16;
const GENERATION_SHIFT: u32 = 5;
/** Sums of generations stay below the bits that there are for them. */
const LAST_GENERATION: u32 = 1 << 25;
/** Sets and kinds that entries are filled for. */
const KINDS: u32 = 6;

/** In SECOND_GENERATIONS. */
const OF_ALL: usize = 0;
const OF_GLOBAL: usize = 4;
const OF_WRITES: usize = 8;

/** Set and kind of an entry of the first level. */
function kindOf(core: usize, entry: usize): u32 {
  return <u32>(entry - core - TLB_SETS) / (TLB_SET_BYTES / 2);
}

/** Pages that lie together have places of their own. */
function placeOf(core: usize, kind: u32, page: u64): usize {
  const number = <u32>(page >> 12);
  const hash = number ^ (number >> 12) ^ <u32>(page >> 36) ^ (kind << 12);
  return core + SECOND_LEVEL + ((<usize>(hash & (SECOND_ENTRIES - 1))) << 4);
}

/** Each generation only grows, so no sum comes again. It is never 0, as fresh memory is. */
function wordOf(core: usize, kind: u32, global: bool): u32 {
  const generations = core + SECOND_GENERATIONS;
  let generation = load<u32>(generations + (global ? OF_GLOBAL : OF_ALL)) + 1;
  if ((kind & 1) != 0) generation += load<u32>(generations + OF_WRITES);
  return (generation << GENERATION_SHIFT) | (global ? GLOBAL : 0) | kind;
}

/** Keeps what an entry of the first level is filled with. */
export function keepSecond(core: usize, entry: usize, tag: u64, addend: u32, global: bool): void {
  const kind = kindOf(core, entry);
  const place = placeOf(core, kind, tag);
  store<u64>(place, tag);
  store<u32>(place + 8, addend);
  store<u32>(place + 12, wordOf(core, kind, global));
}

/** The place of a page that belongs into an entry of the first level, if it is here and true; else 0. */
export function secondOf(core: usize, entry: usize, page: u64): usize {
  const kind = kindOf(core, entry);
  const place = placeOf(core, kind, page);
  if ((load<u64>(place) & ~0xfff) != page) return 0;
  const word = load<u32>(place + 12);
  return word == wordOf(core, kind, (word & GLOBAL) != 0) ? place : 0;
}

/** Whether what is at a place is of a global page. */
export function isGlobalSecond(place: usize): bool {
  return (load<u32>(place + 12) & GLOBAL) != 0;
}

/** Forgets all, or all but global ones. */
export function forgetSecond(core: usize, keepGlobal: bool): void {
  nextGeneration(core, OF_ALL);
  if (!keepGlobal) nextGeneration(core, OF_GLOBAL);
}

/** Forgets all that are for writes. */
export function forgetSecondWrites(core: usize): void {
  nextGeneration(core, OF_WRITES);
}

/** Forgets those of one page. */
export function forgetSecondOf(core: usize, page: u64): void {
  for (let kind: u32 = 0; kind < KINDS; kind++) {
    const place = placeOf(core, kind, page);
    if ((load<u64>(place) & ~0xfff) == page) store<u32>(place + 12, 0);
  }
}

function nextGeneration(core: usize, which: usize): void {
  const generations = core + SECOND_GENERATIONS;
  const next = load<u32>(generations + which) + 1;
  store<u32>(generations + which, next);
  if (next < LAST_GENERATION) return;
  memory.fill(core + SECOND_LEVEL, 0, (<usize>SECOND_ENTRIES) << 4);
  memory.fill(generations, 0, 12);
}
