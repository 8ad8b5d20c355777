/**
 * Straightens control flow: a jump to a block that only branches on which way it was reached goes on to the right target (what
 * `a && b` as a value and then as a condition leaves behind), and blocks that only follow each other become one.
 */
import { type Block, current, type Graph, type Value } from './graph.ts';
import * as op from './op.ts';

export function threadJumps(graph: Graph): void {
  const candidates = new Set(graph.blocks.filter(isCandidate));
  if (candidates.size === 0) return;
  removeThoseUsedElsewhere(graph, candidates);
  for (const block of candidates) {
    for (let i = block.predecessors.length - 1; i >= 0; i--) redirect(block, i);
  }
}

function isCandidate(block: Block): boolean {
  const { condition } = block;
  return (
    block.end === 'branch' &&
    !block.isLoopHeader &&
    block.values.length === 0 &&
    condition !== undefined &&
    condition.op === op.Phi &&
    condition.block === block &&
    block.successors[0] !== block.successors[1] &&
    condition.args.some((arg) => arg.isConstant)
  );
}

/** The phis of a block that is jumped past may be used by its own branch and by the phis right behind it only. */
function removeThoseUsedElsewhere(graph: Graph, candidates: Set<Block>): void {
  const used = (value: Value): void => {
    if (value.op === op.Phi && value.block !== undefined) candidates.delete(value.block);
  };
  for (const block of graph.blocks) {
    for (const value of block.values) value.args.forEach(used);
    block.results.forEach(used);
    if (block.condition !== undefined && block.condition.block !== block) used(block.condition);
    for (const phi of block.phis) {
      phi.args.forEach((arg, i) => {
        if (block.predecessors[i] !== arg.block) used(arg);
      });
    }
  }
}

/** Sends predecessor `i` to where the block would send it, if that is known. */
function redirect(block: Block, i: number): void {
  const known = (block.condition as Value).args[i] as Value;
  const from = block.predecessors[i] as Block;
  const slot = from.successors.indexOf(block);
  if (!known.isConstant || from === block || slot < 0 || slot !== from.successors.lastIndexOf(block)) return;
  const target = block.successors[known.constant !== 0n ? 0 : 1] as Block;
  const entry = target.predecessors.indexOf(block);
  if (from.successors.includes(target) || target.isLoopHeader) return;
  from.successors[slot] = target;
  target.predecessors.push(from);
  for (const phi of target.phis) {
    const value = phi.args[entry] as Value;
    phi.args.push(value.op === op.Phi && value.block === block ? (value.args[i] as Value) : value);
  }
  block.predecessors.splice(i, 1);
  for (const phi of block.phis) phi.args.splice(i, 1);
}

/** Joins a block with the one it jumps to, where nothing else goes there. Phis of one input are gone before. */
export function mergeBlocks(graph: Graph): void {
  const gone = new Set<Block>();
  for (const block of graph.blocks) {
    if (gone.has(block)) continue;
    for (;;) {
      const next = block.successors[0];
      if (
        block.end !== 'jump' ||
        next === undefined ||
        next === block ||
        next.predecessors.length !== 1 ||
        next.phis.length > 0
      )
        break;
      for (const value of next.values) {
        value.block = block;
        block.values.push(value);
      }
      takeEnd(block, next);
      gone.add(next);
    }
  }
  if (gone.size > 0) graph.blocks = graph.blocks.filter((block) => !gone.has(block));
}

function takeEnd(block: Block, next: Block): void {
  block.end = next.end;
  block.condition = next.condition === undefined ? undefined : current(next.condition);
  block.cases = next.cases;
  block.results = next.results;
  block.reason = next.reason;
  block.call = next.call;
  block.origin = next.origin;
  block.successors.splice(0, block.successors.length, ...next.successors);
  for (const successor of next.successors) {
    successor.predecessors.forEach((predecessor, i) => {
      if (predecessor === next) successor.predecessors[i] = block;
    });
  }
}
