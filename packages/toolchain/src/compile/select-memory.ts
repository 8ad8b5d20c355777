/** Loads, stores and globals. */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { F32, I32, I64, V128, isFloat } from '../wasm/types.ts';
import { type LirOperand, type Width, fitsSigned32 } from './lir.ts';
import { memoryGrow } from './routines-memory.ts';
import { addressOf } from './select-address.ts';
import { callSymbol } from './select-routine.ts';
import type { Selector } from './selector.ts';

export function selectLoad(selector: Selector, value: Value): void {
  const bits: Width = value.op === op.GlobalGet ? selector.widthOf(value.type) : ((value.bytes * 8) as Width);
  const memory =
    value.op === op.GlobalGet ? selector.globalMemory(value.index, bits) : addressOf(selector, value, bits);
  if (isFloat(value.type)) {
    selector.emit(
      value.type === V128 ? 'movups' : value.type === F32 ? 'movss' : 'movsd',
      selector.result(value, 128),
      memory,
    );
  } else if (bits <= 16) {
    if (value.signed) selector.emit('movsx', selector.result(value), memory);
    else selector.emit('movzx', selector.result(value, 32), memory);
  } else if (bits === 32 && value.signed && value.type === I64)
    selector.emit('movsxd', selector.result(value, 64), memory);
  else selector.emit('mov', selector.result(value, bits), memory);
}

/** Operations that can be done on memory directly: `op [m], x`. */
const IN_PLACE: Readonly<Record<number, string>> = {
  [op.Add]: 'add',
  [op.Sub]: 'sub',
  [op.And]: 'and',
  [op.Or]: 'or',
  [op.Xor]: 'xor',
};

export function selectStore(selector: Selector, value: Value): void {
  const bits = (value.bytes * 8) as Width;
  const stored = strip(value.args[1] as Value, bits);
  if (isFloat(stored.type)) {
    const memory = addressOf(selector, value, bits);
    const name = stored.type === V128 ? 'movups' : stored.type === F32 ? 'movss' : 'movsd';
    if (stored.isConstant && stored.type !== V128) return storeFloatConstant(selector, stored, memory, bits);
    selector.emit(name, memory, selector.use(stored, 128));
    return;
  }
  if (storeInPlace(selector, value, stored, bits)) return;
  const source = integerSource(selector, stored, bits);
  selector.emit('mov', addressOf(selector, value, bits), source);
}

function storeFloatConstant(selector: Selector, stored: Value, memory: LirOperand, bits: Width): void {
  const view = new DataView((stored.aux as Uint8Array).slice().buffer);
  const integer = bits === 32 ? BigInt(view.getInt32(0, true)) : view.getBigInt64(0, true);
  selector.emit('mov', memory, integerSource(selector, selector.graph.integer(bits === 32 ? I32 : I64, integer), bits));
}

/** What a store needs of an integer: an immediate or a register. */
function integerSource(selector: Selector, stored: Value, bits: Width): LirOperand {
  if (stored.isConstant) {
    const constant = BigInt.asIntN(bits, stored.constant);
    if (fitsSigned32(constant)) return Number(constant);
    return selector.constantRegister(stored, bits);
  }
  return selector.use(stored, bits);
}

/** Masks and extensions that a narrow store drops anyway. */
function strip(value: Value, bits: Width): Value {
  let at = value;
  for (;;) {
    const mask = at.op === op.And && at.args[1]?.isConstant ? BigInt.asUintN(64, at.args[1].constant) : undefined;
    const ones = (1n << BigInt(bits)) - 1n;
    const dropped =
      (mask !== undefined && (mask & ones) === ones) ||
      (at.op === op.Wrap && bits <= 32) ||
      ((at.op === op.ExtendS || at.op === op.ExtendU || at.op === op.Sign32) && bits <= 32) ||
      (at.op === op.Sign16 && bits <= 16) ||
      (at.op === op.Sign8 && bits <= 8);
    if (!dropped) return at;
    at = at.args[0] as Value;
  }
}

/** `store(p, load(p) op x)` as one instruction on memory. */
function storeInPlace(selector: Selector, store: Value, stored: Value, bits: Width): boolean {
  const name = IN_PLACE[stored.op];
  if (name === undefined || stored.uses !== 1 || stored.block !== selector.block) return false;
  const matches = (load: Value): boolean =>
    load.op === op.Load &&
    load.bytes * 8 === bits &&
    !isFloat(load.type) &&
    load.args[0] === store.args[0] &&
    load.offset === store.offset &&
    selector.canFold(load);
  let [a, b] = stored.args as [Value, Value];
  if (!matches(a) && stored.op !== op.Sub) [a, b] = [b, a];
  if (!matches(a)) return false;
  selector.markFolded(a);
  const source = integerSource(selector, strip(b, bits), bits);
  selector.emit(name, addressOf(selector, store, bits), source);
  return true;
}

export function selectGlobalSet(selector: Selector, value: Value): void {
  const stored = value.args[0] as Value;
  const bits = selector.widthOf(stored.type);
  const memory = selector.globalMemory(value.index, bits);
  if (isFloat(stored.type)) {
    selector.emit(
      stored.type === V128 ? 'movups' : stored.type === F32 ? 'movss' : 'movsd',
      memory,
      selector.use(stored, 128),
    );
    return;
  }
  const name = IN_PLACE[stored.op];
  const [a, b] = stored.args;
  if (
    name !== undefined &&
    stored.uses === 1 &&
    stored.block === selector.block &&
    a?.op === op.GlobalGet &&
    a.index === value.index &&
    selector.canFold(a)
  ) {
    selector.emit(name, memory, integerSource(selector, b as Value, bits));
    return;
  }
  selector.emit('mov', memory, integerSource(selector, stored, bits));
}

/** Pages: from the memory record where there is one, else the memory keeps the size it starts with and growing it fails. */
export function selectMemorySize(selector: Selector, value: Value): void {
  const { context } = selector;
  const record = context.layout.memory;
  const isSize = value.op === op.MemorySize || (value.args[0]?.isConstant === true && value.args[0].constant === 0n);
  if (!isSize && context.memoryGrows)
    return callSymbol(selector, value, context.routine('memory.grow', memoryGrow), value.args);
  if (record === undefined || !isSize) {
    const pages = isSize ? context.memoryBytes / 65536 : -1;
    return selector.loadConstant(selector.registerOf(value), selector.graph.integer(value.type || I32, BigInt(pages)));
  }
  const result = selector.registerOf(value);
  selector.emit('mov', selector.defined(result, 64), selector.instanceMemory(record + 8, 64));
  selector.emit('shr', selector.modified(result, 64), 16);
}
