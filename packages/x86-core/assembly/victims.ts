/**
 * TLB entries that others displaced: looked up where the TLB misses, before the paging structures are walked.
 *
 * Four words: tag (8 bytes), addend (4) and a word that must be the present one of its kind: a generation in bits 5 to 31, bit 4 global, bits 0 to 3
 * the set and whether it is for writes. A flush takes a new generation, and costs nothing else.
 */
import { TLB_SET_BYTES, TLB_SETS, VICTIM_ENTRIES, VICTIM_GENERATIONS, VICTIMS } from '../src/semantics/state';

const GLOBAL: u32 = 16;
const GENERATION_SHIFT: u32 = 5;
/** Sums of generations stay below the bits that there are for them. */
const LAST_GENERATION: u32 = 1 << 25;
/** Sets and kinds that entries are filled for. */
const KINDS: u32 = 6;

/** In VICTIM_GENERATIONS. */
const OF_ALL: usize = 0;
const OF_GLOBAL: usize = 4;
const OF_WRITES: usize = 8;

/** Set and kind of an entry of the TLB. */
export function kindOf(core: usize, entry: usize): u32 {
  return <u32>(entry - core - TLB_SETS) / (TLB_SET_BYTES / 2);
}

function placeOf(core: usize, kind: u32, page: u64): usize {
  const number = <u32>(page >> 12);
  const hash = number ^ (number >> 12) ^ <u32>(page >> 36) ^ (kind << 10);
  return core + VICTIMS + ((<usize>(hash & (VICTIM_ENTRIES - 1))) << 4);
}

/** Each generation only grows, so no sum comes again. It is never 0, as fresh memory is. */
function wordOf(core: usize, kind: u32, global: bool): u32 {
  const generations = core + VICTIM_GENERATIONS;
  let generation = load<u32>(generations + (global ? OF_GLOBAL : OF_ALL)) + 1;
  if ((kind & 1) != 0) generation += load<u32>(generations + OF_WRITES);
  return (generation << GENERATION_SHIFT) | (global ? GLOBAL : 0) | kind;
}

/** Keeps an entry of the TLB that is about to be overwritten. */
export function keepVictim(core: usize, entry: usize): void {
  const tag = load<u64>(entry);
  const kind = kindOf(core, entry);
  const place = placeOf(core, kind, tag);
  store<u64>(place, tag);
  store<u32>(place + 8, load<u32>(entry + 8));
  store<u32>(place + 12, wordOf(core, kind, load<u32>(entry + 12) != 0));
}

/** The place of what was displaced from an entry of the TLB, if it is still true; else 0. */
export function victimOf(core: usize, entry: usize, page: u64): usize {
  const kind = kindOf(core, entry);
  const place = placeOf(core, kind, page);
  if ((load<u64>(place) & ~0xfff) != page) return 0;
  const word = load<u32>(place + 12);
  return word == wordOf(core, kind, (word & GLOBAL) != 0) ? place : 0;
}

/** Whether what is at a place is of a global page. */
export function isGlobalVictim(place: usize): bool {
  return (load<u32>(place + 12) & GLOBAL) != 0;
}

/** Forgets all, or all but global ones. */
export function forgetVictims(core: usize, keepGlobal: bool): void {
  nextGeneration(core, OF_ALL);
  if (!keepGlobal) nextGeneration(core, OF_GLOBAL);
}

/** Forgets all that are for writes. */
export function forgetWriteVictims(core: usize): void {
  nextGeneration(core, OF_WRITES);
}

/** Forgets those of one page. */
export function forgetVictimsOf(core: usize, page: u64): void {
  for (let kind: u32 = 0; kind < KINDS; kind++) {
    const place = placeOf(core, kind, page);
    if ((load<u64>(place) & ~0xfff) == page) store<u32>(place + 12, 0);
  }
}

function nextGeneration(core: usize, which: usize): void {
  const generations = core + VICTIM_GENERATIONS;
  const next = load<u32>(generations + which) + 1;
  store<u32>(generations + which, next);
  if (next < LAST_GENERATION) return;
  memory.fill(core + VICTIMS, 0, (<usize>VICTIM_ENTRIES) << 4);
  memory.fill(generations, 0, 12);
}
