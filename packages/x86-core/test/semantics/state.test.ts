/** The layout of a core's state. */
import { expect, test } from 'vitest';
import * as state from '../../src/semantics/state.ts';

test('what is large in the state of a core has its place for itself', () => {
  const areas: readonly (readonly [name: string, first: number, bytes: number])[] = [
    ['fields', 0, state.TLB_USED],
    ['TLB_USED', state.TLB_USED, 2 * state.TLB_USED_MAX],
    ['TLB_USED_GLOBAL', state.TLB_USED_GLOBAL, 2 * state.TLB_USED_MAX],
    ['MODES', state.MODES, 8 * state.MODE_ENTRIES],
    ['TLB_SETS', state.TLB_SETS, 4 * state.TLB_SET_BYTES],
    ['JUMPS', state.JUMPS, 16 * state.JUMP_ENTRIES],
    ['BLOCKS', state.BLOCKS, 32 * state.BLOCK_ENTRIES],
    ['EXECUTE_TLB', state.EXECUTE_TLB, 16 * state.EXECUTE_ENTRIES],
    ['SECOND_LEVEL', state.SECOND_LEVEL, 16 * state.SECOND_ENTRIES],
    ['REGION_AREA', state.REGION_AREA, state.REGION_AREA_BYTES],
    ['RECORDS', state.RECORDS, 0],
  ];
  for (const [place, [name, first]] of areas.entries()) {
    const [before, start, bytes] = areas[place - 1] ?? ['nothing', 0, 0];
    expect(first, `${name} behind ${before}`).toBeGreaterThanOrEqual(start + bytes);
  }
});
