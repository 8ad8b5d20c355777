/** Which blocks of a region may read flags that were set before them: only to those are the flags brought along. */
import { flagsAcross } from './liveness.ts';
import type { RegionBlock } from './region.ts';

export function settleFlagNeeds(blocks: readonly RegionBlock[]): boolean[] {
  const across = blocks.map(({ run }) => flagsAcross(run.instructions));
  // Behind what keeps all flags, those who come next decide; whatever leaves the region reads them.
  const needs = across.map((each) => each === 'read');
  for (let changed = true; changed; ) {
    changed = false;
    for (const [number, { run, successors }] of blocks.entries()) {
      if (needs[number] === true || across[number] !== 'kept') continue;
      const leaves = run.ending === 'jump' || successors.length === 0;
      if (!leaves && !successors.some((successor) => needs[successor] === true)) continue;
      needs[number] = true;
      changed = true;
    }
  }
  return needs;
}
