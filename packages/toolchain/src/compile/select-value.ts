/** Code for one value, by its operation. */
import { FIRST_WASM_CODE } from '../ir/op.ts';
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { selectAtomic } from './select-atomic.ts';
import { selectBulk } from './select-bulk.ts';
import { selectCall } from './select-call.ts';
import { selectIntrinsic } from './select-intrinsic.ts';
import { selectConvert, selectInteger, selectMultiplyHigh } from './select-integer.ts';
import { selectCompare, selectSelect, setFlag } from './select-condition.ts';
import { isFloatCompare, selectFloat, selectFloatCompare } from './select-float.ts';
import { selectGlobalSet, selectLoad, selectMemorySize, selectStore } from './select-memory.ts';
import { selectTable } from './select-table.ts';
import { selectVector } from './select-vector.ts';
import type { Selector } from './selector.ts';

export function selectValue(selector: Selector, value: Value): void {
  const operation = value.op;
  if (operation >= 0xfd00) return selectVector(selector, value);
  if (isFloatCompare(operation)) return setFlag(selector, value, () => selectFloatCompare(selector, value));
  if (operation >= FIRST_WASM_CODE) return selectFloat(selector, value);
  if (operation >= op.Add && operation <= op.Popcnt) return selectInteger(selector, value);
  if (op.isCompare(operation)) return selectCompare(selector, value);
  if (operation >= op.Wrap && operation <= op.Sign32) return selectConvert(selector, value);
  switch (operation) {
    case op.MulHighU:
      return selectMultiplyHigh(selector, value);
    case op.Select:
      return selectSelect(selector, value);
    case op.Load:
    case op.GlobalGet:
      return selectLoad(selector, value);
    case op.Store:
      return selectStore(selector, value);
    case op.GlobalSet:
      return selectGlobalSet(selector, value);
    case op.MemorySize:
    case op.MemoryGrow:
      return selectMemorySize(selector, value);
    case op.MemoryCopy:
    case op.MemoryFill:
    case op.MemoryInit:
    case op.DataDrop:
      return selectBulk(selector, value);
    case op.AtomicLoad:
    case op.AtomicStore:
    case op.AtomicRmw:
    case op.AtomicCompareExchange:
    case op.AtomicWait:
    case op.AtomicNotify:
    case op.Fence:
      return selectAtomic(selector, value);
    case op.Call:
    case op.CallIndirect:
      return selectCall(selector, value);
    case op.Projection:
      // The call has moved it to its register.
      return;
    case op.Intrinsic:
      return selectIntrinsic(selector, value);
    case op.FunctionAddress:
    case op.TableGet:
    case op.TableSize:
    case op.TableSet:
    case op.TableGrow:
    case op.TableFill:
    case op.TableCopy:
    case op.TableInit:
    case op.ElementDrop:
      return selectTable(selector, value);
    default:
      throw new Error(`no code for ${op.opName(operation)}`);
  }
}
