/** Many random programs with loops, jumps and memory: the Cpu, over its blocks, against the processor this runs on. */
import { expect, test } from 'vitest';
import { comparePrograms } from './conformance/compare-programs.ts';
import { nativeIsAvailable } from './conformance/native.ts';

if (!nativeIsAvailable) {
  console.log('skipped: random-programs.slow.ts needs Linux on amd64 and gcc (apt-get install gcc libc6-dev)');
}

const PROGRAMS = 20000;

test.skipIf(!nativeIsAvailable).each(['interpreter', 'compiled'] as const)(
  'random programs end in the same state: %s',
  async (tier) => {
    const { completed, wrong } = await comparePrograms(1000, PROGRAMS, tier);
    console.log(`${completed} of ${PROGRAMS} programs run to their end, the others to an exception`);
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(completed).toBeGreaterThan(PROGRAMS / 2);
  },
);
