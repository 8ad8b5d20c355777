/** Every row against the processor: all vectors of @drift-os/x86-vectors. */
import { describe, expect, test } from 'vitest';
import type { Mode } from '../src/index.ts';
import { replayAll } from './conformance/replay-all.ts';

describe.each([16, 32, 64] as const)('%i-bit code', (mode: Mode) => {
  test.each(['interpreter', 'compiled'] as const)('vectors: %s', async (tier) => {
    const { rows, passed, divergent, failures, notOffered, compiled } = await replayAll(
      mode,
      Number.POSITIVE_INFINITY,
      tier,
    );
    console.log(`${mode}-bit code: ${rows} rows, ${passed} vectors pass, ${notOffered.length} rows are not offered`);
    if (tier === 'compiled') console.log(`  ${compiled} were executed by compiled regions`);
    for (const [reason, count] of divergent) console.log(`  ${count} differ: ${reason}`);
    expect(failures).toEqual([]);
  });
});
