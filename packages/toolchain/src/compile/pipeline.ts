/** The passes over one function, in their order, up to the point where only encoding is left. */
import { buildGraph } from '../ir/build.ts';
import type { Graph } from '../ir/graph.ts';
import { numberValues } from '../ir/gvn.ts';
import { hoistInvariants } from '../ir/hoist.ts';
import { convertBranches } from '../ir/if-convert.ts';
import { orderBlocks, removeDeadValues, removeTrivialPhis, removeUnreachable } from '../ir/simplify.ts';
import { mergeBlocks, threadJumps } from '../ir/threading.ts';
import { narrowValues } from '../ir/widths.ts';
import { coalesceCopies } from './coalesce.ts';
import { finishFlow } from './flow.ts';
import { allocateRegisters } from './linear-scan.ts';
import type { LirFunction } from './lir.ts';
import { findLiveness } from './liveness.ts';
import { LoopTable } from './loops.ts';
import type { ModuleContext } from './module-context.ts';
import { type Allocation, resolveAllocation } from './resolve.ts';
import { selectInstructions } from './select.ts';

/** SSA of a function, simplified. @throws WasmError when the body is malformed, invalid or not supported. */
function optimizedGraph(context: ModuleContext, index: number): Graph {
  const graph = buildGraph(context.module, index, context.nameOf(index));
  removeTrivialPhis(graph);
  threadJumps(graph);
  removeUnreachable(graph);
  convertBranches(graph);
  removeUnreachable(graph);
  removeTrivialPhis(graph);
  mergeBlocks(graph);
  orderBlocks(graph);
  narrowValues(graph);
  numberValues(graph);
  hoistInvariants(graph);
  removeDeadValues(graph, context.loadsMayTrap);
  return graph;
}

/** Machine instructions of a function, and where their virtual registers are. */
export function lowerFunction(context: ModuleContext, index: number): { lir: LirFunction; allocation: Allocation } {
  const { lir, blocks } = selectInstructions(optimizedGraph(context, index), context, index);
  finishFlow(lir, blocks);
  const liveness = findLiveness(lir);
  coalesceCopies(lir, liveness);
  allocateRegisters(liveness, new LoopTable(lir));
  return { lir, allocation: resolveAllocation(lir, liveness) };
}
