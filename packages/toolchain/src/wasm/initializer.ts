/** Constant expressions (WebAssembly Core 3.3.10, with the integer arithmetic of the extended-const proposal, which is folded). */
import type { ByteReader } from './reader.ts';
import {
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  type Global,
  I32,
  I64,
  type Initializer,
  typeName,
  V128,
  type ValueType,
} from './types.ts';

export function readInitializer(
  reader: ByteReader,
  type: ValueType,
  globals: readonly Global[],
  functionCount: number,
): Initializer {
  const at = reader.offset;
  const stack: Initializer[] = [];
  for (;;) {
    const operatorAt = reader.offset;
    const code = reader.byte();
    if (code === 0x0b) break;
    if (code === 0x41) stack.push({ kind: 'integer', type: I32, value: BigInt.asUintN(32, BigInt(reader.s32())) });
    else if (code === 0x42) stack.push({ kind: 'integer', type: I64, value: BigInt.asUintN(64, reader.s64()) });
    else if (code === 0x43) stack.push({ kind: 'bits', type: F32, bytes: reader.take(4) });
    else if (code === 0x44) stack.push({ kind: 'bits', type: F64, bytes: reader.take(8) });
    else if (code === 0x23) stack.push(readGlobal(reader, globals));
    else if (code === 0xd0) {
      const reference = reader.byte();
      if (reference !== FUNCREF && reference !== EXTERNREF)
        throw reader.malformed('unknown reference type', operatorAt);
      stack.push({ kind: 'null', type: reference });
    } else if (code === 0xd2) {
      const index = reader.u32();
      if (index >= functionCount) throw reader.refuse('WASM_INVALID', `unknown function ${index}`, operatorAt);
      stack.push({ kind: 'function', index });
    } else if (code === 0xfd && reader.u32() === 12) stack.push({ kind: 'bits', type: V128, bytes: reader.take(16) });
    else if ((code >= 0x6a && code <= 0x6c) || (code >= 0x7c && code <= 0x7e)) fold(reader, code, stack, operatorAt);
    else throw reader.refuse('WASM_INVALID', 'constant expression required', operatorAt);
  }
  const result = stack[0];
  if (stack.length !== 1 || result === undefined || typeOf(result) !== type) {
    throw reader.refuse('WASM_INVALID', `constant expression does not give one ${typeName(type)}`, at);
  }
  return result;
}

function typeOf(initializer: Initializer): ValueType {
  return initializer.kind === 'function' ? FUNCREF : initializer.type;
}

function readGlobal(reader: ByteReader, globals: readonly Global[]): Initializer {
  const at = reader.offset;
  const index = reader.u32();
  const global = globals[index];
  if (global === undefined) throw reader.refuse('WASM_INVALID', `unknown global ${index}`, at);
  if (global.mutable) throw reader.refuse('WASM_INVALID', 'constant expression reads a mutable global', at);
  return global.initial ?? { kind: 'global', index, type: global.type };
}

function fold(reader: ByteReader, code: number, stack: Initializer[], at: number): void {
  const b = stack.pop();
  const a = stack.pop();
  const type = code < 0x7c ? I32 : I64;
  if (a?.kind === 'global' || b?.kind === 'global') {
    throw reader.refuse('WASM_UNSUPPORTED', 'arithmetic with an imported global in a constant expression', at);
  }
  if (a?.kind !== 'integer' || b?.kind !== 'integer' || a.type !== type || b.type !== type) {
    throw reader.refuse('WASM_INVALID', `constant arithmetic needs two ${typeName(type)}`, at);
  }
  const operation = code - (type === I32 ? 0x6a : 0x7c);
  const value = operation === 0 ? a.value + b.value : operation === 1 ? a.value - b.value : a.value * b.value;
  stack.push({ kind: 'integer', type, value: BigInt.asUintN(type === I32 ? 32 : 64, value) });
}
