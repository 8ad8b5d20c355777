/**
 * Memory operands. WebAssembly adds the constant offset of an access to the address without wrapping; the address itself was
 * computed modulo 2^32. At memory base 0 additions fold into the operand, and the address-size prefix gives them the wrap.
 */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { I64, type ValueType } from '../wasm/types.ts';
import {
  type LirInstruction,
  type LirOperand,
  type MemoryOperand,
  NONE,
  type RegisterOperand,
  type Width,
} from './lir.ts';
import type { ModuleContext } from './module-context.ts';

/** What addresses are built with: the part of the selector that they need. */
export interface AddressBuilder {
  readonly context: ModuleContext;
  use(value: Value, bits?: Width): RegisterOperand;
  read(register: number, bits: Width): RegisterOperand;
  defined(register: number, bits: Width): RegisterOperand;
  newRegister(type: ValueType): number;
  emit(mnemonic: string, ...operands: LirOperand[]): LirInstruction;
  /** Leaves for a trap when the condition of that name holds, or always. */
  trapIf(condition: 'a' | 'ne' | undefined, reason: string): void;
  isOnlyAddress(value: Value): boolean;
}

const MAX_DISPLACEMENT = 0x7fffffff;

/** The operand for a memory access: its first argument is the address, `offset` the constant offset. */
export function addressOf(selector: AddressBuilder, access: Value, bits: Width | 0): MemoryOperand {
  const address = access.args[0] as Value;
  const { memoryBase, bounds } = selector.context.options;
  if (bounds === 'checked') checkBounds(selector, address, access.offset, access.bytes);
  if (bounds !== 'none' && access.op >= op.AtomicLoad && access.op <= op.AtomicCompareExchange)
    checkAlignment(selector, access);
  const wide = address.type === I64;
  const start = memoryBase.kind === 'constant' ? memoryBase.address : 0;
  if (address.isConstant)
    return absolute(selector, BigInt.asUintN(wide ? 64 : 32, address.constant), access.offset + start, bits);
  const folds = memoryBase.kind === 'zero' && bounds !== 'checked';
  if (folds && (wide || bounds === 'none')) {
    const folded = foldAddress(selector, address, access.offset, bits, !wide);
    if (folded !== undefined) return folded;
  }
  const displacement = access.offset + start;
  if (displacement > MAX_DISPLACEMENT) return large(selector, address, displacement, bits);
  return operand(bits, selector.use(address, 64).register, NONE, 1, displacement, false);
}

function operand(
  bits: Width | 0,
  base: number,
  index: number,
  scale: 1 | 2 | 4 | 8,
  displacement: number,
  wrap: boolean,
): MemoryOperand {
  return { kind: 'memory', bits, base, index, scale, displacement, symbol: undefined, segment: undefined, wrap };
}

function absolute(selector: AddressBuilder, address: bigint, offset: number, bits: Width | 0): MemoryOperand {
  const target = address + BigInt(offset);
  if (target <= BigInt(MAX_DISPLACEMENT)) return operand(bits, NONE, NONE, 1, Number(target), false);
  if (target < 1n << 32n) return operand(bits, NONE, NONE, 1, Number(BigInt.asIntN(32, target)), true);
  const register = selector.newRegister(I64);
  selector.emit('mov', selector.defined(register, 64), target);
  return operand(bits, register, NONE, 1, 0, false);
}

/** Base register plus a displacement that does not fit the signed 32 bits of the encoding. */
function large(selector: AddressBuilder, address: Value, displacement: number, bits: Width | 0): MemoryOperand {
  const offset = selector.newRegister(I64);
  selector.emit('mov', selector.defined(offset, 64), displacement);
  return operand(bits, selector.use(address, 64).register, offset, 1, 0, false);
}

/**
 * Folds additions and small shifts of `address` into the operand. With `wrap` the sum is taken modulo 2^32 by the address-size
 * prefix; it wraps the constant offset too, which only an access beyond 4 GiB would notice.
 */
function foldAddress(
  selector: AddressBuilder,
  address: Value,
  offset: number,
  bits: Width | 0,
  wrap: boolean,
): MemoryOperand | undefined {
  let at = address;
  let displacement = offset;
  let changed = false;
  while (at.op === op.Add && at.args[1]?.isConstant && isFree(selector, at)) {
    const sum = displacement + Number(at.args[1].constant);
    if (!wrap && (sum > MAX_DISPLACEMENT || sum < -MAX_DISPLACEMENT)) break;
    displacement = sum;
    at = at.args[0] as Value;
    changed = true;
  }
  const final = wrap ? displacement | 0 : displacement;
  const width: Width = wrap ? 32 : 64;
  if (at.op === op.Add && isFree(selector, at) && !(at.args[1] as Value).isConstant) {
    const [a, b] = at.args as [Value, Value];
    const [base, index, scale] =
      scaled(b) > 1 && isFree(selector, b)
        ? [a, b.args[0] as Value, scaled(b)]
        : scaled(a) > 1 && isFree(selector, a)
          ? [b, a.args[0] as Value, scaled(a)]
          : [a, b, 1 as const];
    return operand(bits, selector.use(base, width).register, selector.use(index, width).register, scale, final, wrap);
  }
  if (scaled(at) > 1 && isFree(selector, at)) {
    const index = selector.use(at.args[0] as Value, width).register;
    return operand(bits, NONE, index, scaled(at), final, wrap);
  }
  if (!changed) return undefined;
  return operand(bits, selector.use(at, width).register, NONE, 1, final, wrap);
}

/** Nothing but memory operands use the value, so that folding it saves its computation. */
function isFree(selector: AddressBuilder, value: Value): boolean {
  return value.uses === 1 || selector.isOnlyAddress(value);
}

function scaled(value: Value): 1 | 2 | 4 | 8 {
  const count = value.args[1];
  if (value.op !== op.Shl || count === undefined || !count.isConstant) return 1;
  return count.constant === 1n ? 2 : count.constant === 2n ? 4 : count.constant === 3n ? 8 : 1;
}

/** Leaves for a trap unless `bytes` at address + offset lie inside the memory, whose size is constant. */
function checkBounds(selector: AddressBuilder, address: Value, offset: number, bytes: number): void {
  const limit = selector.context.memoryBytes - offset - bytes;
  const trap = 'out of bounds memory access';
  if (
    address.isConstant &&
    limit >= 0 &&
    BigInt.asUintN(address.type === I64 ? 64 : 32, address.constant) <= BigInt(limit)
  )
    return;
  if (limit < 0) {
    selector.trapIf(undefined, trap);
    return;
  }
  if (limit <= MAX_DISPLACEMENT) selector.emit('cmp', selector.use(address), limit);
  else {
    const register = selector.newRegister(I64);
    selector.emit('mov', selector.defined(register, 64), limit);
    selector.emit('cmp', selector.use(address, 64), selector.read(register, 64));
  }
  selector.trapIf('a', trap);
}

/** Atomic accesses trap unless they are aligned. */
function checkAlignment(selector: AddressBuilder, access: Value): void {
  const address = access.args[0] as Value;
  const mask = access.bytes - 1;
  if (mask === 0) return;
  const skew = access.offset & mask;
  if (skew === 0) selector.emit('test', selector.use(address, 8), mask);
  else {
    const sum = selector.newRegister(I64);
    selector.emit(
      'lea',
      selector.defined(sum, 64),
      operand(0, selector.use(address, 64).register, NONE, 1, skew, false),
    );
    selector.emit('test', selector.read(sum, 8), mask);
  }
  selector.trapIf('ne', 'unaligned atomic access');
}
