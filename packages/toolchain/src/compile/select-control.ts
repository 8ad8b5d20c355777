/** How blocks end: branches, jump tables, returns, traps, tail calls. */
import type { Block, Value } from '../ir/graph.ts';
import { LirBlock, NONE } from './lir.ts';
import { selectReturn, selectTailCall } from './select-call.ts';
import { selectFlags } from './select-condition.ts';
import type { Selector } from './selector.ts';

/** Fewer cases than this become comparisons. */
const JUMP_TABLE_CASES = 4;

function link(from: LirBlock, to: LirBlock): void {
  from.successors.push(to);
}

export function selectBlockEnd(selector: Selector, block: Block, made: LirBlock): void {
  const target = (i: number): LirBlock => selector.blocks.get(block.successors[i] as Block) as LirBlock;
  switch (block.end) {
    case 'jump':
      made.end = 'jump';
      link(made, target(0));
      return;
    case 'branch':
      made.end = 'branch';
      made.condition = selectFlags(selector, block.condition as Value);
      link(made, target(0));
      link(made, target(1));
      return;
    case 'switch':
      return selectSwitch(selector, block, made, target);
    case 'return':
      return selectReturn(selector, block.results);
    case 'tail-call':
      return selectTailCall(selector, block.call as Value, block.results);
    default:
      made.end = 'trap';
      made.reason = block.reason;
  }
}

function selectSwitch(selector: Selector, block: Block, made: LirBlock, target: (i: number) => LirBlock): void {
  const count = block.cases.length - 1;
  const slots = [...new Set(block.cases)].sort((a, b) => a - b);
  for (const slot of slots) link(made, target(slot));
  if (count === 0) {
    made.end = 'jump';
    return;
  }
  made.switch = { cases: block.cases.map((slot) => slots.indexOf(slot)) };
  const index = selector.use(block.condition as Value, 64);
  if (count < JUMP_TABLE_CASES) {
    selector.emitKind('switch', 'compare', { ...index, bits: 32 });
    return;
  }
  const symbol = `${selector.context.symbols[selector.functionIndex]}:jump.${made.index}`;
  selector.lir.jumpTables.push({ symbol, block: made });
  selector.emitKind(
    'switch',
    'table',
    { ...index, bits: 32 },
    {
      kind: 'memory',
      bits: 64,
      base: NONE,
      index: index.register,
      scale: 8,
      displacement: 0,
      symbol,
      segment: undefined,
      wrap: false,
    },
  );
}
