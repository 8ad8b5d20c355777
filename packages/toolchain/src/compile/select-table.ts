/**
 * Function references and tables. A reference is the address of a descriptor of the function: its code's address, the number of its
 * signature, the address for callers outside of the module. 0 is null. What takes a loop is a routine of the module.
 */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { I64 } from '../wasm/types.ts';
import type { TablePlace } from './instance-layout.ts';
import { type LirOperand, type MemoryOperand, symbolMemory } from './lir.ts';
import type { RoutineWriter } from './routine.ts';
import { tableCopy, tableFill, tableGrow, tableInit } from './routines-table.ts';
import { callSymbol } from './select-routine.ts';
import type { Selector } from './selector.ts';

const OUT_OF_BOUNDS = 'out of bounds table access';

export function selectTable(selector: Selector, value: Value): void {
  const { context } = selector;
  const { index, index2 } = value;
  const routine = (name: string, write: RoutineWriter): void =>
    callSymbol(selector, value, context.routine(name, write), value.args);
  switch (value.op) {
    case op.FunctionAddress:
      selector.emit('lea', selector.result(value, 64), symbolMemory(context.reference(index), 0));
      return;
    case op.TableSize:
      selector.emit('mov', selector.result(value), tableSize(selector, index));
      return;
    case op.TableGet: {
      const place = elementPlace(selector, index, value.args[0] as Value, OUT_OF_BOUNDS);
      if (selector.isWanted(value)) selector.emit('mov', selector.result(value, 64), place);
      return;
    }
    case op.TableSet: {
      const element = selector.registerOrImmediate(value.args[1] as Value, 64);
      selector.emit('mov', elementPlace(selector, index, value.args[0] as Value, OUT_OF_BOUNDS), element);
      return;
    }
    case op.TableGrow:
      return routine(`table.grow.${index}`, tableGrow(index));
    case op.TableFill:
      return routine(`table.fill.${index}`, tableFill(index));
    case op.TableCopy:
      return routine(`table.copy.${index}.${index2}`, tableCopy(index, index2));
    case op.TableInit:
      return routine(`table.init.${index}.${index2}`, tableInit(index, index2));
    default: {
      const length = context.layout.elementLengths[index];
      if (length !== undefined) selector.emit('mov', selector.instanceMemory(length, 64), 0);
    }
  }
}

function isWide(selector: Selector, table: number): boolean {
  return selector.context.module.tables[table]?.wide === true;
}

function placeOf(selector: Selector, table: number): TablePlace | undefined {
  return selector.context.layout.tables[table];
}

/** Value of a constant index: unsigned. */
export function constantIndex(index: Value): number {
  return Number(BigInt.asUintN(index.type === I64 ? 64 : 32, index.constant));
}

/** Number of elements, in the width of the table's indices: a constant, or memory. */
function tableSize(selector: Selector, table: number): LirOperand {
  const place = placeOf(selector, table);
  return place?.grows === true
    ? selector.instanceMemory(place.size, isWide(selector, table) ? 64 : 32)
    : selector.context.tableSize(table);
}

/** Traps unless an index is inside the table. */
export function checkTableIndex(selector: Selector, table: number, index: Value, reason: string): void {
  const size = tableSize(selector, table);
  if (!index.isConstant) {
    selector.emit('cmp', selector.use(index), size);
    selector.trapIf('ae', reason);
    return;
  }
  const constant = constantIndex(index);
  // A table never shrinks.
  if (constant < selector.context.tableSize(table)) return;
  if (typeof size === 'number' || constant > 0x7fffffff) return selector.trapIf(undefined, reason);
  selector.emit('cmp', size, constant);
  selector.trapIf('be', reason);
}

/** The element of a table that the module changes; traps where there is none. */
export function elementPlace(selector: Selector, table: number, index: Value, reason: string): MemoryOperand {
  checkTableIndex(selector, table, index, reason);
  const { elements } = placeOf(selector, table) as TablePlace;
  if (!index.isConstant)
    return { ...selector.instanceMemory(elements, 64), index: selector.use(index, 64).register, scale: 8 };
  return selector.instanceMemory(
    elements + 8 * Math.min(constantIndex(index), placeOf(selector, table)?.capacity ?? 0),
    64,
  );
}
