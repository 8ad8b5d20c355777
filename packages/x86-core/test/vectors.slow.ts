/** Every row against the processor: all vectors of @drift-os/x86-vectors. */
import { describe, expect, test } from 'vitest';
import type { Mode } from '../src/index.ts';
import { replayAll } from './conformance/replay-all.ts';

describe.each([16, 32, 64] as const)('%i-bit code', (mode: Mode) => {
  test('all vectors', async () => {
    const { rows, passed, divergent, failures, notOffered } = await replayAll(mode, Number.POSITIVE_INFINITY);
    console.log(`${mode}-bit code: ${rows} rows, ${passed} vectors pass, ${notOffered.length} rows are not offered`);
    for (const [reason, count] of divergent) console.log(`  ${count} differ: ${reason}`);
    expect(failures).toEqual([]);
  });
});
