/**
 * Memory operands. WebAssembly adds the constant offset of an access to the address without wrapping; the address itself was
 * computed modulo 2^32. At memory base 0 without bounds additions fold into the operand, and the address-size prefix gives them the
 * wrap. With a base register the operand is that register plus the address.
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
import { memoryBaseOf } from './memory-base.ts';
import type { ModuleContext } from './module-context.ts';
import { CompileError } from './options.ts';

/** What addresses are built with: the part of the selector that they need. */
export interface AddressBuilder {
  readonly context: ModuleContext;
  use(value: Value, bits?: Width): RegisterOperand;
  read(register: number, bits: Width): RegisterOperand;
  defined(register: number, bits: Width): RegisterOperand;
  modified(register: number, bits: Width): RegisterOperand;
  /** Memory of the instance, at an offset in section `globals`. */
  instanceMemory(offset: number, bits: Width): MemoryOperand;
  newRegister(type: ValueType): number;
  emit(mnemonic: string, ...operands: LirOperand[]): LirInstruction;
  /** Leaves for a trap when the condition of that name holds, or always. */
  trapIf(condition: 'a' | 'b' | 'ne' | undefined, reason: string): void;
  readonly place: string;
  isOnlyAddress(value: Value): boolean;
  /** The value, as a number without sign, is below 2 to this power. */
  widthOfValue(value: Value): number;
}

const MAX_DISPLACEMENT = 0x7fffffff;
/** No memory reaches further. */
const MAX_OFFSET = 2 ** 47;

/** The operand for a memory access: its first argument is the address, `offset` the constant offset. */
export function addressOf(selector: AddressBuilder, access: Value, bits: Width | 0): MemoryOperand {
  const address = access.args[0] as Value;
  const { context } = selector;
  const { memoryBase, bounds } = context.options;
  const checked = context.isChecked(access.offset, access.bytes);
  if (checked) checkBounds(selector, address, access.offset, access.bytes);
  else if (access.offset > MAX_OFFSET) throw farOffset(selector, access.offset);
  if (bounds !== 'none' && isAtomic(access.op)) checkAlignment(selector, access);
  const wide = address.type === I64;
  const base = memoryBaseOf(context);
  // An access that always traps needs no address.
  const offset = access.offset > MAX_OFFSET ? 0 : access.offset;
  const displacement = offset + base.displacement;
  if (address.isConstant)
    return absolute(selector, BigInt.asUintN(wide ? 64 : 32, address.constant), displacement, bits, base.register);
  if (memoryBase.kind === 'zero' && !checked && (wide || bounds === 'none')) {
    const folded = foldAddress(selector, address, offset, bits, !wide);
    if (folded !== undefined) return folded;
  }
  if (displacement > MAX_DISPLACEMENT) return large(selector, address, displacement, bits, base.register);
  const register = selector.use(address, 64).register;
  if (base.register === NONE) return operand(bits, register, NONE, 1, displacement, false);
  return operand(bits, base.register, register, 1, displacement, false);
}

function isAtomic(operation: number): boolean {
  return (
    (operation >= op.AtomicLoad && operation <= op.AtomicCompareExchange) ||
    operation === op.AtomicWait ||
    operation === op.AtomicNotify
  );
}

function farOffset(selector: AddressBuilder, offset: number): CompileError {
  const text = `${selector.place}: constant offset ${offset} reaches out of the address space`;
  return new CompileError('COMPILE_UNSUPPORTED', text);
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

function absolute(
  selector: AddressBuilder,
  address: bigint,
  displacement: number,
  bits: Width | 0,
  base: number,
): MemoryOperand {
  const target = BigInt.asUintN(64, address + BigInt(displacement));
  if (target <= BigInt(MAX_DISPLACEMENT)) return operand(bits, base, NONE, 1, Number(target), false);
  if (base === NONE && target < 1n << 32n) return operand(bits, NONE, NONE, 1, Number(BigInt.asIntN(32, target)), true);
  const register = selector.newRegister(I64);
  selector.emit('mov', selector.defined(register, 64), target);
  return operand(bits, register, base, 1, 0, false);
}

/** Base register plus a displacement that does not fit the signed 32 bits of the encoding. */
function large(
  selector: AddressBuilder,
  address: Value,
  displacement: number,
  bits: Width | 0,
  base: number,
): MemoryOperand {
  const offset = selector.newRegister(I64);
  selector.emit('mov', selector.defined(offset, 64), BigInt(displacement));
  if (base !== NONE) selector.emit('add', selector.modified(offset, 64), selector.read(base, 64));
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
  const made = (base: Value | undefined, index: Value | undefined, scale: 1 | 2 | 4 | 8): MemoryOperand => {
    const wraps = wrap && !staysBelow4GiB(selector, base, index, scale, displacement);
    const width: Width = wraps ? 32 : 64;
    const register = (value: Value | undefined): number =>
      value === undefined ? NONE : selector.use(value, width).register;
    return operand(bits, register(base), register(index), scale, wraps ? displacement | 0 : displacement, wraps);
  };
  if (at.op === op.Add && isFree(selector, at) && !(at.args[1] as Value).isConstant) {
    const [a, b] = at.args as [Value, Value];
    const [base, index, scale] =
      scaled(b) > 1 && isFree(selector, b)
        ? [a, b.args[0] as Value, scaled(b)]
        : scaled(a) > 1 && isFree(selector, a)
          ? [b, a.args[0] as Value, scaled(a)]
          : [a, b, 1 as const];
    return made(base, index, scale);
  }
  if (scaled(at) > 1 && isFree(selector, at)) return made(undefined, at.args[0], scaled(at));
  return changed ? made(at, undefined, 1) : undefined;
}

/** Whether the sum needs no reduction modulo 2^32, and so no prefix. */
function staysBelow4GiB(
  selector: AddressBuilder,
  base: Value | undefined,
  index: Value | undefined,
  scale: number,
  displacement: number,
): boolean {
  if (displacement < 0 || displacement > MAX_DISPLACEMENT) return false;
  const bound = (value: Value | undefined): number => (value === undefined ? 0 : 2 ** selector.widthOfValue(value));
  return bound(base) + bound(index) * scale + displacement <= 2 ** 32;
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

const OUT_OF_BOUNDS = 'out of bounds memory access';

/** Leaves for a trap unless `bytes` at address + offset lie inside the memory. */
function checkBounds(selector: AddressBuilder, address: Value, offset: number, bytes: number): void {
  const { context } = selector;
  const constant = address.isConstant ? BigInt.asUintN(address.type === I64 ? 64 : 32, address.constant) : undefined;
  // A memory never shrinks, so what lies inside the size it starts with always does.
  const least = context.memoryBytes - offset - bytes;
  if (constant !== undefined && least >= 0 && constant <= BigInt(least)) return;
  const record = context.layout.memory;
  if (record !== undefined) return checkRecordedBounds(selector, address, offset + bytes, record + 8);
  if (least < 0) {
    selector.trapIf(undefined, OUT_OF_BOUNDS);
    return;
  }
  if (least <= MAX_DISPLACEMENT) selector.emit('cmp', selector.use(address), least);
  else {
    const register = selector.newRegister(I64);
    selector.emit('mov', selector.defined(register, 64), BigInt(least));
    selector.emit('cmp', selector.use(address, 64), selector.read(register, 64));
  }
  selector.trapIf('a', OUT_OF_BOUNDS);
}

/** Compares with the size that the memory has now. `end` is the distance from the address to the end of the access. */
function checkRecordedBounds(selector: AddressBuilder, address: Value, end: number, size: number): void {
  if (end > MAX_OFFSET) return selector.trapIf(undefined, OUT_OF_BOUNDS);
  const sum = selector.newRegister(I64);
  if (address.type === I64) {
    selector.emit('mov', selector.defined(sum, 64), BigInt(end));
    selector.emit('add', selector.modified(sum, 64), selector.use(address, 64));
    selector.trapIf('b', OUT_OF_BOUNDS);
  } else if (end <= MAX_DISPLACEMENT) {
    selector.emit(
      'lea',
      selector.defined(sum, 64),
      operand(0, selector.use(address, 64).register, NONE, 1, end, false),
    );
  } else {
    selector.emit('mov', selector.defined(sum, 64), BigInt(end));
    selector.emit('add', selector.modified(sum, 64), selector.use(address, 64));
  }
  selector.emit('cmp', selector.read(sum, 64), selector.instanceMemory(size, 64));
  selector.trapIf('a', OUT_OF_BOUNDS);
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
