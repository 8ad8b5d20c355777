/** Copies of blocks change nothing of what is carried out, and leave fewer loops to the dispatcher: on random graphs. */
import { expect, test } from 'vitest';
import { makeReducible } from '../../src/jit/make-reducible.ts';
import type { RegionBlock } from '../../src/semantics/region.ts';
import { planFlow } from '../../src/semantics/region-flow.ts';
import { Random } from '../robustness/random.ts';

/** A block that is known by its number, as RIP, whatever copies there are. */
function block(name: number, successors: readonly number[]): RegionBlock {
  const instruction = { rip: BigInt(name) } as RegionBlock['run']['instructions'][number];
  const run = { instructions: [instruction], end: 0n, ending: 'jump', crosses: false } as const;
  return { run, successors, candidates: [] };
}

const nameOf = ({ run }: RegionBlock): number => Number(run.instructions[0]?.rip);

function detours(blocks: readonly RegionBlock[], entries: readonly number[]): number {
  const successors = blocks.map((each) => each.successors);
  const flow = planFlow(successors, entries);
  let count = 0;
  for (const [from, targets] of successors.entries()) {
    if (flow.isReached(from)) for (const to of targets) if (flow.edge(from, to) === 'dispatcher') count++;
  }
  return count;
}

test('a loop that is entered in its middle', () => {
  // 0 goes to 2, in the middle of the loop of 1 and 2; the region is entered at both ends of the way.
  const blocks = [block(0, [2]), block(1, [2]), block(2, [1, 3]), block(3, [0])];
  expect(detours(blocks, [0, 1])).toBeGreaterThan(0);
  const result = makeReducible({ blocks, entries: [0, 1] });
  expect(detours(result.blocks, result.entries)).toBe(0);
});

test('random graphs: the same blocks follow each other', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    const count = 2 + random.below(9);
    const blocks = Array.from({ length: count }, (_, number) => {
      const targets = new Set(Array.from({ length: random.below(3) }, () => random.below(count)));
      return block(number, [...targets]);
    });
    const entries = [...new Set([0, random.below(count)])];
    const result = makeReducible({ blocks, entries });
    expect(result.entries.map((entry) => nameOf(result.blocks[entry] as RegionBlock)).toSorted()).toEqual(
      entries.toSorted(),
    );
    for (const each of result.blocks) {
      const original = blocks[nameOf(each)] as RegionBlock;
      expect(each.successors.map((to) => nameOf(result.blocks[to] as RegionBlock))).toEqual(original.successors);
    }
    expect(detours(result.blocks, result.entries)).toBeLessThanOrEqual(detours(blocks, entries));
  }
});
