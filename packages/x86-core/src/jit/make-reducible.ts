/**
 * Loops that are entered beside their head, as compilers make them that jump into the middle of a loop, and as a region is entered where the guest
 * happens to be. WebAssembly knows no such loops: they would go through the dispatcher in every round. So the blocks between the other way in and
 * the head get copies, which are carried out once and lead to the head (node splitting: Muchnick, Advanced Compiler Design, 7.5).
 */
import type { RegionBlock } from '../semantics/region.ts';
import { DISPATCHER, type FlowNode, planFlow, type RegionFlow } from '../semantics/region-flow.ts';

export interface EnteredBlocks {
  readonly blocks: readonly RegionBlock[];
  /** No two are the same. */
  readonly entries: readonly FlowNode[];
}

export interface ReducibleBlocks extends EnteredBlocks {
  readonly flow: RegionFlow;
}

interface Detour {
  /** The edge that goes through the dispatcher. */
  readonly head: FlowNode;
  readonly cycle: ReadonlySet<FlowNode>;
}

/** Instructions that copies may have in all. */
const MAX_COPIED = 300;

/** The first blocks of the result are those given; copies follow. */
export function makeReducible(given: EnteredBlocks): ReducibleBlocks {
  let best = planned(given);
  let found = detours(best);
  let copied = 0;
  const hopeless = new Set<string>();
  for (;;) {
    const inner = found.find(({ head, cycle }) => !hopeless.has(nameOf(head, cycle)));
    if (inner === undefined) return best;
    const entered = enterAtHead(best, inner, MAX_COPIED - copied);
    const split = entered === undefined ? best : planned(entered);
    if (detourEdges(split).length >= found.length) {
      hopeless.add(nameOf(inner.head, inner.cycle));
      continue;
    }
    copied += instructionsOf(split.blocks.slice(best.blocks.length));
    best = split;
    found = detours(split);
  }
}

export function planned({ blocks, entries }: EnteredBlocks): ReducibleBlocks {
  const successors = blocks.map((block) => block.successors);
  return { blocks, entries, flow: planFlow(successors, entries) };
}

function nameOf(head: FlowNode, cycle: ReadonlySet<FlowNode>): string {
  return `${head} ${[...cycle].join()}`;
}

function instructionsOf(blocks: readonly RegionBlock[]): number {
  return blocks.reduce((sum, { run }) => sum + run.instructions.length, 0);
}

/** Edges of loops that go through the dispatcher. */
function detourEdges({ blocks, flow }: ReducibleBlocks): { readonly end: FlowNode; readonly head: FlowNode }[] {
  const found: { readonly end: FlowNode; readonly head: FlowNode }[] = [];
  for (let end = 0; end < blocks.length; end++) {
    // What only copies were led to is left behind.
    if (!flow.isReached(end)) continue;
    for (const head of (blocks[end] as RegionBlock).successors) {
      if (flow.edge(end, head) === 'dispatcher') found.push({ end, head });
    }
  }
  return found;
}

/** The same with their cycles, those of the smallest loop first. */
function detours(entered: ReducibleBlocks): Detour[] {
  const edges = detourEdges(entered);
  if (edges.length === 0) return [];
  const { blocks } = entered;
  const predecessors = predecessorsOf(blocks);
  const found = edges.map(({ end, head }): Detour => ({ head, cycle: cycleOf(blocks, predecessors, end, head) }));
  return found.sort((a, b) => a.cycle.size - b.cycle.size);
}

function predecessorsOf(blocks: readonly RegionBlock[]): FlowNode[][] {
  const predecessors = blocks.map((): FlowNode[] => []);
  for (const [from, { successors }] of blocks.entries()) for (const to of successors) predecessors[to]?.push(from);
  return predecessors;
}

/** What lies on a way from the head to the end of its back edge, without coming to the head again. */
function cycleOf(
  blocks: readonly RegionBlock[],
  predecessors: readonly (readonly FlowNode[])[],
  end: FlowNode,
  head: FlowNode,
): Set<FlowNode> {
  const before = new Set<FlowNode>([end]);
  for (const node of before) if (node !== head) for (const each of predecessors[node] ?? []) before.add(each);
  const cycle = new Set<FlowNode>([head]);
  for (const node of cycle) {
    for (const each of blocks[node]?.successors ?? []) if (before.has(each)) cycle.add(each);
  }
  return cycle;
}

/** @returns undefined where the copies would be too many */
function enterAtHead(
  { blocks, entries }: EnteredBlocks,
  { head, cycle }: Detour,
  room: number,
): EnteredBlocks | undefined {
  const result = [...blocks];
  const copies = new Map<FlowNode, FlowNode>();
  let left = room;
  /** The copy of a block of the cycle, for those who come from outside of it. */
  const copyOf = (node: FlowNode): FlowNode => {
    if (node === DISPATCHER || node === head || !cycle.has(node)) return node;
    let copy = copies.get(node);
    if (copy === undefined) {
      const block = result[node] as RegionBlock;
      left -= block.run.instructions.length;
      copy = result.push(block) - 1;
      copies.set(node, copy);
    }
    return copy;
  };
  const entered = entries.map(copyOf);
  for (const [node, block] of blocks.entries()) {
    if (!cycle.has(node)) result[node] = { ...block, successors: block.successors.map(copyOf) };
  }
  for (const copy of copies.values()) {
    if (left < 0) return undefined;
    const block = result[copy] as RegionBlock;
    result[copy] = { ...block, successors: block.successors.map(copyOf) };
  }
  return { blocks: result, entries: [...new Set(entered)] };
}
