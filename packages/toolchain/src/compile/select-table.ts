/** Function references and tables, which are constant. A function reference is the function's address, 0 for null. */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { symbolMemory } from './lir.ts';
import type { Selector } from './selector.ts';

export function selectTable(selector: Selector, value: Value): void {
  const { context } = selector;
  if (value.op === op.TableSize) {
    selector.emit('mov', selector.result(value, 32), context.tableSize(value.index));
  } else if (value.op === op.FunctionAddress) {
    selector.emit('lea', selector.result(value, 64), symbolMemory(context.symbols[value.index], 0));
  } else {
    const index = value.args[0] as Value;
    selector.emit('cmp', selector.use(index, 32), context.tableSize(value.index));
    selector.trapIf('ae', 'out of bounds table access');
    const memory = {
      ...symbolMemory(context.tableAddresses(value.index), 64),
      index: selector.use(index, 64).register,
      scale: 8 as const,
    };
    selector.emit('mov', selector.result(value, 64), memory);
  }
}
