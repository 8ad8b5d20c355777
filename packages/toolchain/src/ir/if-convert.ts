/**
 * If-conversion: a branch around a few cheap integer operations becomes conditional moves. What random data decides is mispredicted
 * every other time, at the price of dozens of operations; computing both sides costs a few. Loads, calls, divisions and whatever
 * else may trap or take long is left behind its branch.
 */
import type { Block, Graph, Value } from './graph.ts';
import * as op from './op.ts';
import { I32, I64 } from '../wasm/types.ts';

/** Operations that are computed although their side is not taken. */
const MAX_SPECULATED = 3;
/** Conditional moves that one branch is worth. */
const MAX_SELECTS = 2;

export function convertBranches(graph: Graph): void {
  // Backwards: what is inside becomes straight first.
  for (let i = graph.blocks.length - 1; i >= 0; i--) {
    const block = graph.blocks[i] as Block;
    if (block.end === 'branch') convert(graph, block);
  }
}

function convert(graph: Graph, block: Block): void {
  const [yes, no] = block.successors as [Block, Block];
  const join = joinOf(block, yes, no);
  if (join === undefined || join === block) return;
  const sides = [yes, no].filter((side) => side !== join);
  const speculated = sides.flatMap(({ values }) => values);
  if (speculated.length > MAX_SPECULATED || !speculated.every(isCheap)) return;
  const from = (side: Block): number => join.predecessors.indexOf(side === join ? block : side);
  const [whenYes, whenNo] = [from(yes), from(no)];
  const differing = join.phis.filter((phi) => phi.args[whenYes] !== phi.args[whenNo]);
  if (differing.length === 0 || differing.length > MAX_SELECTS) return;
  if (!differing.every(({ type }) => type === I32 || type === I64)) return;
  for (const value of speculated) {
    value.block = block;
    block.values.push(value);
  }
  for (const side of sides) side.values = [];
  const condition = block.condition as Value;
  for (const phi of differing) {
    const args = [condition, phi.args[whenYes] as Value, phi.args[whenNo] as Value];
    const select = graph.newValue(op.Select, phi.type, args);
    select.block = block;
    select.origin = block.origin;
    block.values.push(select);
    phi.args[whenYes] = select;
  }
  straighten(block, join, whenYes, whenNo);
}

/** Where both sides meet; a side that is the meeting point itself has nothing to compute. */
function joinOf(block: Block, yes: Block, no: Block): Block | undefined {
  if (yes === no) return undefined;
  const next = (side: Block): Block | undefined =>
    side.end === 'jump' && side.predecessors.length === 1 && side.phis.length === 0 ? side.successors[0] : undefined;
  const behindYes = next(yes);
  const behindNo = next(no);
  if (behindYes === no && no !== block) return no;
  if (behindNo === yes && yes !== block) return yes;
  return behindYes !== undefined && behindYes === behindNo ? behindYes : undefined;
}

/** The block goes on to the join alone, in the place of both ways. */
function straighten(block: Block, join: Block, whenYes: number, whenNo: number): void {
  block.end = 'jump';
  block.condition = undefined;
  block.successors.splice(0, 2, join);
  join.predecessors[whenYes] = block;
  join.predecessors.splice(whenNo, 1);
  for (const phi of join.phis) phi.args.splice(whenNo, 1);
}

function isCheap({ op: operation, type }: Value): boolean {
  if (type !== I32 && type !== I64) return false;
  if (operation === op.Add || operation === op.Sub) return true;
  if (operation >= op.And && operation <= op.Rotr) return true;
  return op.isCompare(operation) || (operation >= op.Wrap && operation <= op.Sign32);
}
