/** memory.copy, memory.fill, memory.init, data.drop: string instructions, with direction and bounds as WebAssembly wants them. */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { I32 } from '../wasm/types.ts';
import { RAX, RCX, RDI, RSI, R8 } from './lir.ts';
import { memoryInit } from './routines-memory.ts';
import { callSymbol } from './select-routine.ts';
import type { Selector } from './selector.ts';

export function selectBulk(selector: Selector, value: Value): void {
  const { context } = selector;
  if (value.op === op.MemoryInit) {
    const routine = context.routine(`memory.init.${value.index}`, memoryInit(value.index));
    return callSymbol(selector, value, routine, value.args);
  }
  if (value.op === op.DataDrop) {
    const length = context.layout.dataLengths[value.index];
    if (length !== undefined) selector.emit('mov', selector.instanceMemory(length, 64), 0);
    return;
  }
  const [to, second, count] = value.args as [Value, Value, Value];
  const checked = selector.context.options.bounds !== 'none';
  selector.copyTo(RDI, to, 64);
  if (value.op === op.MemoryCopy) selector.copyTo(RSI, second, 64);
  else selector.copyTo(RAX, second, 32);
  selector.copyTo(RCX, count, to.type === I32 ? 32 : 64);
  const macro = selector.emitKind('macro', value.op === op.MemoryCopy ? 'memory_copy' : 'memory_fill');
  macro.reads = value.op === op.MemoryCopy ? [RDI, RSI, RCX] : [RDI, RAX, RCX];
  macro.writes = value.op === op.MemoryCopy ? [RDI, RSI, RCX, RAX] : [RDI, RCX, R8];
  if (checked) macro.trap = 'out of bounds memory access';
}
