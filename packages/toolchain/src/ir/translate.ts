/** The operators without control flow: WebAssembly code -> values. */
import { intrinsics } from '@drift-os/abi';
import { WasmError } from '../wasm/error.ts';
import {
  F32,
  F64,
  FUNCREF,
  type Function,
  type FunctionType,
  I32,
  I64,
  type Global,
  V128,
  type ValueType,
} from '../wasm/types.ts';
import type { ValueBuilder } from './value-builder.ts';
import { VOID, type Value } from './graph.ts';
import * as op from './op.ts';

const TYPES: Readonly<Record<string, ValueType>> = { i: I32, l: I64, f: F32, d: F64, v: V128 };
const RMW_NAMES = ['add', 'sub', 'and', 'or', 'xor', 'xchg'];

export function translateOperator(builder: ValueBuilder): void {
  const { instruction } = builder;
  const { code, pushed } = instruction.operator;
  if (code >= 0x20 && code <= 0x26) return variable(builder, code);
  if (code >= 0x28 && code <= 0x3e) return access(builder, code);
  if (code >= 0x41 && code <= 0x44) return constant(builder, code);
  if (code >= 0x45 && code <= 0x5a) return compareInteger(builder, code);
  if (code >= 0x67 && code <= 0x8a) return integer(builder, code);
  if (code >>> 8 === 0xfe) return atomic(builder, code);
  switch (code) {
    case 0x01:
      return;
    case 0x10:
      return call(builder);
    case 0x11:
      return callIndirect(builder);
    case 0x1a:
      builder.pop();
      return;
    case 0x1b:
    case 0x1c:
      return select(builder);
    case 0x3f:
      return builder.push(builder.make(op.MemorySize, TYPES[addressLetter(builder)] as ValueType, []));
    case 0x40:
      return builder.push(builder.make(op.MemoryGrow, TYPES[addressLetter(builder)] as ValueType, [builder.pop()]));
    case 0xa7:
      return builder.push(builder.unary(op.Wrap, I32, builder.pop()));
    case 0xac:
      return builder.push(builder.unary(op.ExtendS, I64, builder.pop()));
    case 0xad:
      return builder.push(builder.unary(op.ExtendU, I64, builder.pop()));
    case 0xc0:
    case 0xc1:
      return builder.push(builder.unary(op.Sign8 + code - 0xc0, I32, builder.pop()));
    case 0xc2:
    case 0xc3:
    case 0xc4:
      return builder.push(builder.unary(op.Sign8 + code - 0xc2, I64, builder.pop()));
    case 0xd0:
      return builder.push(builder.graph.integer(FUNCREF, 0n));
    case 0xd1:
      return builder.push(builder.binary(op.Eq, I64, builder.pop(), builder.graph.integer(I64, 0n)));
    case 0xd2: {
      const value = builder.make(op.FunctionAddress, FUNCREF, []);
      value.index = instruction.index;
      return builder.push(value);
    }
    case 0xfd00:
    case 0xfd0b:
      return vectorAccess(builder, code);
    case 0xfd0c:
      return builder.push(builder.graph.bits(V128, instruction.bytes));
    case 0xfc08:
    case 0xfc09:
    case 0xfc0a:
    case 0xfc0b:
      return bulk(builder, code);
  }
  if (code >= 0xfc0c && code <= 0xfc11) return table(builder, code);
  generic(builder, code, (pushed as string) === '' ? VOID : (TYPES[pushed as string] as ValueType));
}

function unsupported(builder: ValueBuilder, what: string): WasmError {
  return new WasmError('WASM_UNSUPPORTED', builder.instruction.offset, `${what} is not supported`);
}

function addressLetter(builder: ValueBuilder): string {
  return builder.module.memories[0]?.wide ? 'l' : 'i';
}

/** Float and vector operators: one value with the code as its operation. */
function generic(builder: ValueBuilder, code: number, type: ValueType | 0): void {
  const { instruction } = builder;
  const popped = instruction.operator.popped as string;
  const args = builder.stack.splice(builder.stack.length - popped.length, popped.length);
  const value = builder.make(code, type, args);
  if (instruction.operator.immediate === 'lanes16') value.aux = instruction.bytes;
  else if (instruction.operator.accessBytes > 0) {
    value.offset = instruction.memoryOffset;
    value.bytes = instruction.operator.accessBytes;
    value.index = instruction.index;
  } else if (instruction.operator.immediate === 'lane') value.index = instruction.index;
  if (type !== VOID) builder.push(value);
}

function variable(builder: ValueBuilder, code: number): void {
  const { index } = builder.instruction;
  if (code === 0x20) return builder.push(builder.locals[index] as Value);
  if (code === 0x21) {
    builder.locals[index] = builder.pop();
    return;
  }
  if (code === 0x22) {
    builder.locals[index] = builder.stack.at(-1) as Value;
    return;
  }
  const global = builder.module.globals[index] as Global;
  if (code === 0x23) {
    const { initial } = global;
    if (!global.mutable && initial?.kind === 'integer')
      return builder.push(builder.graph.integer(initial.type, signed(initial.type, initial.value)));
    if (!global.mutable && initial?.kind === 'bits')
      return builder.push(builder.graph.bits(initial.type, initial.bytes));
    const value = builder.make(op.GlobalGet, global.type, []);
    value.index = !global.mutable && initial?.kind === 'global' ? initial.index : index;
    return builder.push(value);
  }
  if (code === 0x24) {
    builder.make(op.GlobalSet, VOID, [builder.pop()]).index = index;
    return;
  }
  if (code === 0x25) {
    const value = builder.make(op.TableGet, FUNCREF, [builder.pop()]);
    value.index = index;
    return builder.push(value);
  }
  const element = builder.pop();
  builder.make(op.TableSet, VOID, [builder.pop(), element]).index = index;
}

function signed(type: ValueType, value: bigint): bigint {
  return BigInt.asIntN(type === I32 ? 32 : 64, value);
}

function constant(builder: ValueBuilder, code: number): void {
  const { instruction, graph } = builder;
  if (code === 0x41) builder.push(graph.integer(I32, instruction.value));
  else if (code === 0x42) builder.push(graph.integer(I64, instruction.value));
  else builder.push(graph.bits(code === 0x43 ? F32 : F64, instruction.bytes));
}

function memory(builder: ValueBuilder, operation: number, type: ValueType | 0, args: Value[]): Value {
  const value = builder.make(operation, type, args);
  value.offset = builder.instruction.memoryOffset;
  value.bytes = builder.instruction.operator.accessBytes;
  return value;
}

function access(builder: ValueBuilder, code: number): void {
  const { pushed, name } = builder.instruction.operator;
  if (code < 0x36) {
    const value = memory(builder, op.Load, TYPES[pushed as string] as ValueType, [builder.pop()]);
    value.signed = name.endsWith('_s');
    return builder.push(value);
  }
  const stored = builder.pop();
  memory(builder, op.Store, VOID, [builder.pop(), stored]);
}

function vectorAccess(builder: ValueBuilder, code: number): void {
  if (code === 0xfd00) return builder.push(memory(builder, op.Load, V128, [builder.pop()]));
  const stored = builder.pop();
  memory(builder, op.Store, VOID, [builder.pop(), stored]);
}

function compareInteger(builder: ValueBuilder, code: number): void {
  if (code === 0x45 || code === 0x50) {
    const type = code === 0x45 ? I32 : I64;
    return builder.push(builder.binary(op.Eq, type, builder.pop(), builder.graph.integer(type, 0n)));
  }
  const b = builder.pop();
  const a = builder.pop();
  const wide = code >= 0x51;
  builder.push(builder.binary(op.Eq + code - (wide ? 0x51 : 0x46), wide ? I64 : I32, a, b));
}

function integer(builder: ValueBuilder, code: number): void {
  const wide = code >= 0x79;
  const type = wide ? I64 : I32;
  const number = code - (wide ? 0x79 : 0x67);
  if (number < 3) return builder.push(builder.unary(op.Clz + number, type, builder.pop()));
  const b = builder.pop();
  const a = builder.pop();
  builder.push(builder.binary(op.Add + number - 3, type, a, b));
}

function select(builder: ValueBuilder): void {
  const [tested, inverted] = builder.condition(builder.pop());
  const second = builder.pop();
  const first = builder.pop();
  const [yes, no] = inverted ? [second, first] : [first, second];
  if (yes === no) return builder.push(yes);
  if (tested.isConstant) return builder.push(tested.constant !== 0n ? yes : no);
  if (yes.isConstant && no.isConstant && yes.type === I32 && op.isCompare(tested.op)) {
    if (yes.constant === 1n && no.constant === 0n) return builder.push(tested);
    if (yes.constant === 0n && no.constant === 1n)
      return builder.push(builder.binary(op.Eq, I32, tested, builder.graph.integer(I32, 0n)));
  }
  builder.push(builder.make(op.Select, yes.type, [tested, yes, no]));
}

function atomic(builder: ValueBuilder, code: number): void {
  const { pushed } = builder.instruction.operator;
  const type = pushed === '' ? VOID : (TYPES[pushed as string] as ValueType);
  if (code === 0xfe00) {
    const count = builder.pop();
    return builder.push(memory(builder, op.AtomicNotify, I32, [builder.pop(), count]));
  }
  if (code <= 0xfe02) {
    const timeout = builder.pop();
    const expected = builder.pop();
    return builder.push(memory(builder, op.AtomicWait, I32, [builder.pop(), expected, timeout]));
  }
  if (code === 0xfe03) {
    builder.make(op.Fence, VOID, []);
    return;
  }
  if (code < 0xfe17) return builder.push(memory(builder, op.AtomicLoad, type, [builder.pop()]));
  const last = builder.pop();
  if (code < 0xfe1e) {
    memory(builder, op.AtomicStore, VOID, [builder.pop(), last]);
    return;
  }
  if (code >= 0xfe48) {
    const expected = builder.pop();
    return builder.push(memory(builder, op.AtomicCompareExchange, type, [builder.pop(), expected, last]));
  }
  const value = memory(builder, op.AtomicRmw, type, [builder.pop(), last]);
  value.aux = RMW_NAMES[Math.floor((code - 0xfe1e) / 7)];
  builder.push(value);
}

function bulk(builder: ValueBuilder, code: number): void {
  if (code === 0xfc09) {
    builder.make(op.DataDrop, VOID, []).index = builder.instruction.index;
    return;
  }
  const operation = code === 0xfc08 ? op.MemoryInit : code === 0xfc0a ? op.MemoryCopy : op.MemoryFill;
  const [a, b, c] = builder.stack.splice(builder.stack.length - 3, 3) as [Value, Value, Value];
  builder.make(operation, VOID, [a, b, c]).index = builder.instruction.index;
}

const TABLE_OPERATIONS: Readonly<Record<number, number>> = {
  0xfc0c: op.TableInit,
  0xfc0d: op.ElementDrop,
  0xfc0e: op.TableCopy,
  0xfc0f: op.TableGrow,
  0xfc10: op.TableSize,
  0xfc11: op.TableFill,
};

function table(builder: ValueBuilder, code: number): void {
  const { instruction } = builder;
  const operands = code === 0xfc0f ? 2 : code === 0xfc0d || code === 0xfc10 ? 0 : 3;
  const wide = builder.module.tables[instruction.index]?.wide === true;
  const type = code !== 0xfc0f && code !== 0xfc10 ? VOID : wide ? I64 : I32;
  const args = builder.stack.splice(builder.stack.length - operands, operands);
  const value = builder.make(TABLE_OPERATIONS[code] as number, type, args);
  value.index = instruction.index;
  value.index2 = instruction.index2;
  if (type !== VOID) builder.push(value);
}

function pushResults(builder: ValueBuilder, call: Value, type: FunctionType): void {
  if (type.results.length === 1) return builder.push(call);
  type.results.forEach((result, i) => {
    const projection = builder.make(op.Projection, result, [call]);
    projection.offset = i;
    builder.push(projection);
  });
}

function call(builder: ValueBuilder): void {
  const { index } = builder.instruction;
  const { type, imported } = builder.module.functions[index] as Function;
  const args = builder.stack.splice(builder.stack.length - type.parameters.length, type.parameters.length);
  const single = type.results.length === 1 ? (type.results[0] as ValueType) : VOID;
  if (imported?.module === 'cpu') {
    if (!Object.hasOwn(intrinsics, imported.field)) throw unsupported(builder, `cpu.${imported.field}`);
    const value = builder.make(op.Intrinsic, single, args);
    value.aux = imported.field;
    if (single !== VOID) builder.push(value);
    return;
  }
  const value = builder.make(op.Call, single, args);
  value.index = index;
  pushResults(builder, value, type);
}

function callIndirect(builder: ValueBuilder): void {
  const { index, index2 } = builder.instruction;
  const type = builder.module.types[index] as FunctionType;
  const count = type.parameters.length + 1;
  const args = builder.stack.splice(builder.stack.length - count, count);
  const single = type.results.length === 1 ? (type.results[0] as ValueType) : VOID;
  const value = builder.make(op.CallIndirect, single, args);
  value.index = index;
  value.index2 = index2;
  pushResults(builder, value, type);
}
