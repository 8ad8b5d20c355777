/**
 * Instruction selection: SSA -> machine instructions on virtual registers.
 *
 * Every block is walked from its end to its start. A value gets code only when something behind it has asked for its register,
 * so whatever a user folds into its own instruction (an address, a load, a comparison, a constant) costs nothing. A load may be
 * folded when its one user stands in the same block with no store, call or other effect between the two.
 */
import type { Block, Graph, Value } from '../ir/graph.ts';
import { removeRedundantTests } from './flags.ts';
import { LirBlock, type LirConstant, type LirFunction, type LirInstruction } from './lir.ts';
import type { ModuleContext } from './module-context.ts';
import { selectParameters } from './select-call.ts';
import { selectBlockEnd } from './select-control.ts';
import { selectValue } from './select-value.ts';
import { Selector } from './selector.ts';

/** The machine blocks stand in the order of the graph's; `blocks` maps one to the other. */
export function selectInstructions(
  graph: Graph,
  context: ModuleContext,
  functionIndex: number,
): { lir: LirFunction; blocks: ReadonlyMap<Block, LirBlock> } {
  const selector = new Selector(graph, context, functionIndex);
  const { lir, blocks } = selector;
  for (const block of graph.blocks) {
    const made = new LirBlock(lir.blocks.length, block, block.loopDepth);
    made.isLoopHeader = block.isLoopHeader;
    lir.blocks.push(made);
    blocks.set(block, made);
  }
  // Phis first: their registers are asked for by their inputs' blocks.
  for (const block of graph.blocks) {
    const made = blocks.get(block) as LirBlock;
    for (const phi of block.phis) {
      made.phis.push({ register: selector.registerOf(phi), bits: selector.widthOf(phi.type), inputs: [] });
    }
  }
  for (let i = graph.blocks.length - 1; i >= 0; i--) selectBlock(selector, graph.blocks[i] as Block);
  return { lir, blocks };
}

function selectBlock(selector: Selector, block: Block): void {
  const made = selector.blocks.get(block) as LirBlock;
  const reversed: LirInstruction[] = [];
  const flush = (): void => {
    const pending = selector.takePending();
    for (let i = pending.length - 1; i >= 0; i--) reversed.push(pending[i] as LirInstruction);
  };
  selector.enterBlock(block);
  made.origin = block.origin;
  selectPhiInputs(selector, block);
  flush();
  selectBlockEnd(selector, block, made);
  flush();
  for (let i = block.values.length - 1; i >= 0; i--) {
    const value = block.values[i] as Value;
    if (!selector.enterValue(value)) continue;
    selectValue(selector, value);
    flush();
  }
  if (block === selector.graph.entry) {
    selectParameters(selector);
    flush();
  }
  made.instructions = reversed.reverse();
  removeRedundantTests(made);
}

/** Tells the successors' phis what they get from this block. Constants that do not fit a move are loaded at its end. */
function selectPhiInputs(selector: Selector, block: Block): void {
  for (const successor of block.successors) {
    const made = selector.blocks.get(successor) as LirBlock;
    successor.predecessors.forEach((predecessor, i) => {
      if (predecessor !== block) return;
      successor.phis.forEach((phi, n) => {
        const { inputs } = made.phis[n] as { inputs: (number | LirConstant)[] };
        inputs[i] ??= selector.moveSource(phi.args[i] as Value);
      });
    });
  }
}
