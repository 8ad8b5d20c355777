/** Integer arithmetic and conversions between integer widths. */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { I64 } from '../wasm/types.ts';
import { type LirOperand, type MemoryOperand, NONE, RAX, RCX, RDX, type Width, fitsSigned32 } from './lir.ts';
import type { Selector } from './selector.ts';

export function selectInteger(selector: Selector, value: Value): void {
  switch (value.op) {
    case op.Add:
      return selectAdd(selector, value);
    case op.Sub:
      return twoAddress(selector, value, 'sub', false);
    case op.And:
      return selectAnd(selector, value);
    case op.Or:
      return twoAddress(selector, value, 'or', true);
    case op.Xor:
      if (value.args[1]?.isConstant && value.args[1].constant === -1n) return unary(selector, value, 'not');
      return twoAddress(selector, value, 'xor', true);
    case op.Mul:
      return selectMultiply(selector, value);
    case op.DivS:
    case op.DivU:
    case op.RemS:
    case op.RemU:
      return selectDivide(selector, value);
    case op.Shl:
      return selectShift(selector, value, 'shl');
    case op.ShrS:
      return selectShift(selector, value, 'sar');
    case op.ShrU:
      return selectShift(selector, value, 'shr');
    case op.Rotl:
      return selectShift(selector, value, 'rol');
    case op.Rotr:
      return selectShift(selector, value, 'ror');
    default:
      return selectCount(selector, value);
  }
}

/** `mov result, a; operation result, b`. Of a commutative pair the operand that dies here is overwritten. */
function twoAddress(selector: Selector, value: Value, mnemonic: string, commutative: boolean): void {
  let [a, b] = value.args as [Value, Value];
  const bits = selector.widthOf(value.type);
  if (commutative && !b.isConstant && selector.shouldSwap(value, 0, 1)) [a, b] = [b, a];
  if (mnemonic === 'sub' && a.isConstant && a.constant === 0n) return negate(selector, value, b, bits);
  const result = selector.registerOf(value);
  const right = selector.useOrImmediate(b, bits);
  selector.copyTo(result, a, bits);
  selector.emit(mnemonic, selector.modified(result, bits), right);
}

function negate(selector: Selector, value: Value, b: Value, bits: Width): void {
  const result = selector.registerOf(value);
  selector.copyTo(result, b, bits);
  selector.emit('neg', selector.modified(result, bits));
}

function unary(selector: Selector, value: Value, mnemonic: string): void {
  const bits = selector.widthOf(value.type);
  const result = selector.registerOf(value);
  selector.copyTo(result, value.args[0] as Value, bits);
  selector.emit(mnemonic, selector.modified(result, bits));
}

function selectAdd(selector: Selector, value: Value): void {
  const [a, b] = value.args as [Value, Value];
  if (b.isConstant && fitsSigned32(b.constant)) {
    const inner = a.args as [Value, Value];
    if (a.op === op.Add && a.uses === 1 && !inner[1].isConstant)
      return lea(selector, value, inner[0], inner[1], Number(b.constant));
    if (selector.isLiveAfter(a) && !selector.canFold(a)) return lea(selector, value, a, undefined, Number(b.constant));
    return twoAddress(selector, value, 'add', false);
  }
  if (scaleOf(b) > 1 && b.uses === 1) return lea(selector, value, a, b, 0);
  if (scaleOf(a) > 1 && a.uses === 1) return lea(selector, value, b, a, 0);
  const folds = selector.canFold(a) || selector.canFold(b) || b.isConstant;
  if (!folds && selector.isLiveAfter(a) && selector.isLiveAfter(b)) return lea(selector, value, a, b, 0);
  return twoAddress(selector, value, 'add', true);
}

function scaleOf(value: Value): 1 | 2 | 4 | 8 {
  const count = value.args[1];
  if (value.op !== op.Shl || count === undefined || !count.isConstant) return 1;
  return count.constant === 1n ? 2 : count.constant === 2n ? 4 : count.constant === 3n ? 8 : 1;
}

/** `lea result, [a + b * scale + displacement]`, where `b` may be a shift that nobody else needs. */
function lea(selector: Selector, value: Value, a: Value, b: Value | undefined, displacement: number): void {
  const bits = selector.widthOf(value.type);
  const scale = b !== undefined && b.uses === 1 ? scaleOf(b) : 1;
  const index = b === undefined ? NONE : selector.use(scale > 1 ? (b.args[0] as Value) : b, bits).register;
  const operand: MemoryOperand = {
    kind: 'memory',
    bits: 0,
    base: selector.use(a, bits).register,
    index,
    scale,
    displacement,
    symbol: undefined,
    segment: undefined,
    wrap: false,
  };
  selector.emit('lea', selector.result(value), operand);
}

function selectAnd(selector: Selector, value: Value): void {
  const [a, b] = value.args as [Value, Value];
  if (b.isConstant && (b.constant === 0xffn || b.constant === 0xffffn)) {
    const bits = b.constant === 0xffn ? 8 : 16;
    selector.emit('movzx', selector.result(value, 32), selector.use(a, bits));
    return;
  }
  if (b.isConstant && value.type === I64 && b.constant === 0xffffffffn) {
    selector.emit('mov', selector.result(value, 32), selector.use(a, 32));
    return;
  }
  // A positive mask of 31 bits clears the upper half: the 32-bit instruction is shorter.
  if (b.isConstant && value.type === I64 && b.constant >= 0n && b.constant <= 0x7fffffffn && !selector.canFold(a)) {
    const result = selector.registerOf(value);
    selector.copyTo(result, a, 64);
    selector.emit('and', selector.modified(result, 32), Number(b.constant));
    return;
  }
  twoAddress(selector, value, 'and', true);
}

function selectMultiply(selector: Selector, value: Value): void {
  const [a, b] = value.args as [Value, Value];
  const bits = selector.widthOf(value.type);
  if (!b.isConstant || !fitsSigned32(b.constant)) return twoAddress(selector, value, 'imul', true);
  const constant = Number(b.constant);
  if (constant === 3 || constant === 5 || constant === 9) {
    const register = selector.use(a, bits).register;
    const operand: MemoryOperand = {
      kind: 'memory',
      bits: 0,
      base: register,
      index: register,
      scale: (constant - 1) as 2 | 4 | 8,
      displacement: 0,
      symbol: undefined,
      segment: undefined,
      wrap: false,
    };
    selector.emit('lea', selector.result(value), operand);
    return;
  }
  if (constant === -1) return negate(selector, value, a, bits);
  const source = selector.useOrMemory(a, bits);
  selector.emit('imul', selector.result(value), source, constant);
}

/** MUL leaves the upper half of the product in RDX. */
export function selectMultiplyHigh(selector: Selector, value: Value): void {
  const [a, b] = value.args as [Value, Value];
  const source = b.isConstant ? selector.constantRegister(b, 64) : selector.useOrMemory(b, 64);
  selector.copyTo(RAX, a, 64);
  const multiply = selector.emit('mul', source);
  multiply.reads = [RAX];
  multiply.writes = [RAX, RDX];
  selector.emitKind('move', 'mov', selector.result(value), selector.read(RDX, 64));
}

const DIVISION_TRAP = 'integer divide by zero or integer overflow';
const ZERO_TRAP = 'integer divide by zero';

/** DIV and IDIV raise #DE exactly where WebAssembly traps, but for the remainder of the least integer by -1, which is 0. */
function selectDivide(selector: Selector, value: Value): void {
  const [a, b] = value.args as [Value, Value];
  const bits = selector.widthOf(value.type);
  const signed = value.op === op.DivS || value.op === op.RemS;
  const remainder = value.op === op.RemS || value.op === op.RemU;
  const divisor: LirOperand = b.isConstant
    ? selector.constantRegister(b, bits)
    : value.op === op.RemS
      ? selector.use(b, bits)
      : selector.useOrMemory(b, bits);
  selector.copyTo(RAX, a, bits);
  const needsCheck = value.op === op.RemS && !(b.isConstant && b.constant !== -1n);
  if (needsCheck) {
    const macro = selector.emitKind('macro', 'rem_s', divisor);
    macro.reads = [RAX];
    macro.writes = [RAX, RDX];
    macro.lateReads = true;
    macro.trap = ZERO_TRAP;
  } else {
    if (signed) {
      const extend = selector.emit(bits === 64 ? 'cqo' : 'cdq');
      extend.reads = [RAX];
      extend.writes = [RDX];
    } else selector.emitKind('zero', 'xor', selector.defined(RDX, 32));
    const divide = selector.emit(signed ? 'idiv' : 'div', divisor);
    divide.reads = [RAX, RDX];
    divide.writes = [RAX, RDX];
    divide.trap = value.op === op.DivS ? DIVISION_TRAP : ZERO_TRAP;
  }
  selector.emitKind('move', 'mov', selector.result(value), selector.read(remainder ? RDX : RAX, bits));
}

function selectShift(selector: Selector, value: Value, mnemonic: string): void {
  const [a, b] = value.args as [Value, Value];
  const bits = selector.widthOf(value.type);
  const result = selector.registerOf(value);
  if (b.isConstant) {
    const count = Number(b.constant) & (bits - 1);
    selector.copyTo(result, a, bits);
    if (mnemonic === 'shl' && count === 1)
      selector.emit('add', selector.modified(result, bits), selector.read(result, bits));
    else selector.emit(mnemonic, selector.modified(result, bits), count);
    return;
  }
  // The count is masked by the processor as WebAssembly wants it.
  selector.copyTo(RCX, stripCountMask(b, bits), 32);
  selector.copyTo(result, a, bits);
  selector.emit(mnemonic, selector.modified(result, bits), selector.read(RCX, 8));
}

function stripCountMask(count: Value, bits: Width): Value {
  const mask = count.op === op.And && count.args[1]?.isConstant ? count.args[1].constant : undefined;
  if (mask !== undefined && (mask & BigInt(bits - 1)) === BigInt(bits - 1)) return count.args[0] as Value;
  return count;
}

function selectCount(selector: Selector, value: Value): void {
  const a = value.args[0] as Value;
  const bits = selector.widthOf(value.type);
  const { context } = selector;
  if (value.op === op.Popcnt) {
    if (context.has('popcnt')) {
      selector.emit('popcnt', selector.result(value), selector.useOrMemory(a, bits));
      return;
    }
    return selectPopcnt(selector, value, a, bits);
  }
  const direct = value.op === op.Clz ? context.has('lzcnt') : context.has('bmi1');
  if (direct) {
    selector.emit(value.op === op.Clz ? 'lzcnt' : 'tzcnt', selector.result(value), selector.useOrMemory(a, bits));
    return;
  }
  // BSR and BSF leave the destination undefined for zero: a conditional move puts the answer there.
  const source = selector.use(a, bits);
  const ifZero = selector.newRegister(value.type);
  const result = selector.registerOf(value);
  selector.emit('mov', selector.defined(ifZero, 32), value.op === op.Clz ? 2 * bits - 1 : bits);
  selector.emit(value.op === op.Clz ? 'bsr' : 'bsf', selector.defined(result, bits), source);
  selector.emit('cmove', selector.modified(result, bits), selector.read(ifZero, bits));
  if (value.op === op.Clz) selector.emit('xor', selector.modified(result, 32), bits - 1);
}

/** Bits counted in parallel (Warren, "Hacker's Delight" 5-1). */
function selectPopcnt(selector: Selector, value: Value, a: Value, bits: Width): void {
  const repeat = (byte: bigint): bigint =>
    BigInt.asIntN(bits, byte * (bits === 64 ? 0x0101010101010101n : 0x01010101n));
  const mask = (byte: bigint): LirOperand =>
    selector.useOrImmediate(selector.graph.integer(value.type || I64, repeat(byte)), bits);
  const result = selector.registerOf(value);
  const half = selector.newRegister(value.type);
  const low = selector.newRegister(value.type);
  const step = (mnemonic: string, target: number, operand: LirOperand): void => {
    selector.emit(mnemonic, selector.modified(target, bits), operand);
  };
  const fives = mask(0x55n);
  const threes = mask(0x33n);
  const threesAgain = mask(0x33n);
  const nibbles = mask(0x0fn);
  const ones = mask(0x01n);
  const source = selector.use(a, bits);
  selector.emitKind('move', 'mov', selector.defined(half, bits), source);
  step('shr', half, 1);
  step('and', half, fives);
  const pairs = selector.newRegister(value.type);
  selector.emitKind('move', 'mov', selector.defined(pairs, bits), { ...source });
  step('sub', pairs, selector.read(half, bits));
  selector.emitKind('move', 'mov', selector.defined(low, bits), selector.read(pairs, bits));
  step('and', low, threes);
  step('shr', pairs, 2);
  step('and', pairs, threesAgain);
  step('add', pairs, selector.read(low, bits));
  selector.emitKind('move', 'mov', selector.defined(result, bits), selector.read(pairs, bits));
  step('shr', result, 4);
  step('add', result, selector.read(pairs, bits));
  step('and', result, nibbles);
  if (typeof ones === 'number')
    selector.emit('imul', selector.modified(result, bits), selector.read(result, bits), ones);
  else step('imul', result, ones);
  step('shr', result, bits - 8);
}

export function selectConvert(selector: Selector, value: Value): void {
  const a = value.args[0] as Value;
  switch (value.op) {
    case op.Wrap:
      // Selected only where no register holds it already.
      selector.emit('mov', selector.result(value, 32), narrowed(selector, a, 32));
      return;
    case op.ExtendS:
    case op.Sign32:
      selector.emit(
        'movsxd',
        selector.result(value, 64),
        selector.foldedLoad(a, 32) ?? { ...selector.use(a, 32), memoryAllowed: true },
      );
      return;
    case op.ExtendU:
      return;
    default: {
      const from = value.op === op.Sign8 ? 8 : 16;
      selector.emit('movsx', selector.result(value), narrowed(selector, a, from));
    }
  }
}

function narrowed(selector: Selector, value: Value, bits: Width): LirOperand {
  return { ...selector.use(value, bits), memoryAllowed: true };
}
