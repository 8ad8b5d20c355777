/** Finds the block at RIP without leaving for TypeScript, where it was decoded before: after a change of the mapping, and where JUMPS holds another. */
import { ACCESS_EXECUTE, ACCESS_USER } from '../src/semantics/machine-memory';
import { HANDLER, STALE_HANDLER } from '../src/semantics/record';
import { ENTRY_KEY, ENTRY_PAGE_COUNT, ENTRY_PAGES, PAGE_BYTES, PAGE_PHYSICAL } from '../src/semantics/region-entry';
import {
  BLOCK_ENTRIES,
  BLOCKS,
  CPL,
  EXECUTE_ENTRIES,
  EXECUTE_TLB,
  FIND_MODE,
  JUMP_ENTRIES,
  JUMPS,
  JUMPS_KEY,
  LINK,
  LONG_MODE,
  RIP,
} from '../src/semantics/state';
import { isCanonical, NOT_TRANSLATED, translateLinear } from './page-walk';

const NOWHERE: u32 = 0xffff_ffff;

/** @returns the block's first record, linked to the branch that waits for it; 0: TypeScript is to look, and to raise what there is to raise. */
export function find(core: usize): u32 {
  const mode = load<u32>(core + FIND_MODE);
  if (mode == 0) return 0;
  const rip = load<u64>(core + RIP);
  const physical = fetchAddress(core, rip);
  if (physical == NOWHERE) return 0;
  const block = core + BLOCKS + ((<usize>((physical ^ (physical >> 11)) & (BLOCK_ENTRIES - 1))) << 5);
  if (load<u64>(block) != rip || load<u32>(block + 8) != physical || load<u32>(block + 12) != mode) return 0;
  const record = load<u32>(block + 16);
  if (load<i32>(<usize>record + HANDLER) == STALE_HANDLER) return 0;
  const jump = core + JUMPS + ((<usize>(rip & (JUMP_ENTRIES - 1))) << 4);
  store<u64>(jump, rip);
  store<u32>(jump + 8, record);
  store<u32>(jump + 12, load<u32>(core + JUMPS_KEY));
  const link = load<u32>(core + LINK);
  if (link != 0) store<u32>(<usize>link, record);
  store<u32>(core + LINK, 0);
  return record;
}

/** The physical address of code below 4 GiB. Pages are remembered for the mapping and mode that JUMPS_KEY stands for. */
function fetchAddress(core: usize, rip: u64): u32 {
  const page = rip & ~0xfff;
  const entry = core + EXECUTE_TLB + ((<usize>((page >> 12) & (EXECUTE_ENTRIES - 1))) << 4);
  const key = load<u32>(core + JUMPS_KEY);
  if (load<u64>(entry) != page || load<u32>(entry + 12) != key) {
    if (load<i32>(core + LONG_MODE) != 0 && !isCanonical(core, rip)) return NOWHERE;
    const rights = ACCESS_EXECUTE | (load<i32>(core + CPL) == 3 ? ACCESS_USER : 0);
    const physical = translateLinear(core, page, rights);
    if (physical == NOT_TRANSLATED || physical >> 32 != 0) return NOWHERE;
    store<u64>(entry, page);
    store<u32>(entry + 8, <u32>physical);
    store<u32>(entry + 12, key);
  }
  return load<u32>(entry + 8) | (<u32>rip & 0xfff);
}

/** Whether the pages of a region, whose entry `record` is, are mapped as they were when it was compiled; remembered for the present JUMPS_KEY. */
export function enterRegion(core: usize, record: usize): i32 {
  const count = load<i32>(record + ENTRY_PAGE_COUNT);
  let page = <usize>load<u32>(record + ENTRY_PAGES);
  for (let position = 0; position < count; position++) {
    if (fetchAddress(core, load<u64>(page)) != load<u32>(page + PAGE_PHYSICAL)) return 0;
    page += PAGE_BYTES;
  }
  store<u32>(record + ENTRY_KEY, load<u32>(core + JUMPS_KEY));
  return 1;
}
