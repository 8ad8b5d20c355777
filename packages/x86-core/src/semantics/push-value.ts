/** Code for values that belong to no instruction: flags, facts. */
import type { FunctionBody } from '../wasm/function-body.ts';
import type { Value } from './language.ts';
import { narrowed, type Narrowing } from './narrow.ts';

/** Pushes a value that is made of operators, constants and locals only. `low`: the upper halves of its locals are 0. */
export function pushValue(body: FunctionBody, value: Value, low = false): void {
  if (value.kind === 'constant' && value.type === 'i64') body.i64(value.value);
  else if (value.kind === 'constant' && value.type === 'v128') body.v128(value.value);
  else if (value.kind === 'constant') body.i32(Number(value.value));
  else if (value.kind === 'temporary' && value.number < 0) body.get(~value.number);
  else if (value.kind === 'operation') {
    const narrow = narrowed(value, low ? lowLocals : anyLocals);
    if (narrow !== undefined) {
      pushValue(body, narrow, low);
      return;
    }
    for (const operand of value.operands) pushValue(body, operand, low);
    body.operator(value.name, value.immediate);
  } else throw new Error(`A ${value.kind} is known to its instruction alone`);
}

const evaluate = (value: Value): bigint | undefined =>
  value.kind === 'constant' ? BigInt.asUintN(64, value.value) : undefined;
const lowLocals: Narrowing = { evaluate, isLow: () => true };
const anyLocals: Narrowing = { evaluate, isLow: () => false };
