/** Comparisons: as flags for the branch or conditional move that needs them, as 0 or 1 where the value is wanted. */
import { isFloat } from '../wasm/types.ts';
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { CC, CC_NAMES, type MemoryOperand, negateCondition, type Width } from './lir.ts';
import { isFloatCompare, selectFloatCompare } from './select-float.ts';
import type { Selector } from './selector.ts';

const CONDITIONS: readonly number[] = [CC.e, CC.ne, CC.l, CC.b, CC.g, CC.a, CC.le, CC.be, CC.ge, CC.ae];

/** Emits what sets the flags for `condition` and tells which condition code means that it is not zero. */
export function selectFlags(selector: Selector, condition: Value): number {
  const here = condition.block === selector.block;
  const fused = condition.uses === 1 && here;
  if (here && !fused && isRepeatable(condition)) {
    for (const arg of condition.args) if (!arg.isConstant) selector.use(arg);
    return compareFlags(selector, condition);
  }
  if (fused && op.isCompare(condition.op)) return compareFlags(selector, condition);
  if (fused && isFloatCompare(condition.op)) return selectFloatCompare(selector, condition);
  testFlags(selector, condition, 32);
  return CC.ne;
}

/**
 * A comparison that several want: making it again costs less than keeping its answer. What is compared has to be the same each time,
 * so it comes from registers; masks are left out, into which a test would look for loads.
 */
function isRepeatable({ op: operation, args }: Value): boolean {
  return op.isCompare(operation) && args.every((arg) => arg.op !== op.And && arg.op !== op.Wrap);
}

/** Flags of `value` against zero. */
function testFlags(selector: Selector, tested: Value, bits: Width): void {
  let value = tested;
  while (bits === 32 && value.op === op.Wrap && value.uses === 1 && value.block === selector.block)
    value = value.args[0] as Value;
  const fused = value.uses === 1 && value.block === selector.block;
  if (fused && value.op === op.And) return testMask(selector, value.args[0] as Value, value.args[1] as Value, bits);
  const narrow = narrowLoad(selector, value);
  if (narrow !== undefined) {
    selector.emit('cmp', narrow, 0);
    return;
  }
  const folded = selector.foldedLoad(value, bits);
  if (folded !== undefined) {
    selector.emit('cmp', folded, 0);
    return;
  }
  const register = selector.use(value, bits);
  selector.emit('test', register, register);
}

function testMask(selector: Selector, a: Value, b: Value, bits: Width): void {
  if (b.isConstant) {
    const mask = BigInt.asUintN(bits, b.constant);
    const narrow = narrowLoad(selector, a);
    if (narrow !== undefined && narrow.bits !== 0 && mask < 1n << BigInt(narrow.bits)) {
      selector.emit('test', narrow, Number(mask));
      return;
    }
    if (mask < 0x80n) {
      const folded = selector.foldedLoad(a, bits);
      if (folded === undefined) {
        selector.emit('test', selector.use(a, 8), Number(mask));
        return;
      }
      selector.emit('test', { ...folded, bits: 8 }, Number(mask));
      return;
    }
    if (mask < 0x80000000n) {
      selector.emit('test', selector.foldedLoad(a, bits) ?? selector.use(a, 32), Number(mask));
      return;
    }
    selector.emit('test', selector.use(a, bits), selector.registerOrImmediate(b, bits));
    return;
  }
  const [x, y] = selector.canFold(b) ? [b, a] : [a, b];
  const left = selector.useOrMemory(x, bits);
  selector.emit('test', left, selector.use(y, bits));
}

/** A load of 8 or 16 bits without sign that only this comparison needs, as an operand of its own width. */
function narrowLoad(selector: Selector, value: Value): MemoryOperand | undefined {
  if (value.op !== op.Load || value.signed || value.bytes > 2 || isFloat(value.type) || !selector.canFold(value))
    return undefined;
  return selector.narrowMemory(value);
}

function compareFlags(selector: Selector, compare: Value): number {
  const [a, b] = compare.args as [Value, Value];
  const kind = compare.op;
  const bits = selector.widthOf(a.type);
  if (b.isConstant) {
    const constant = b.constant;
    if (constant === 0n && (kind === op.Eq || kind === op.Ne || kind === op.LtS || kind === op.GeS)) {
      const narrow = a.op === op.And && a.uses === 1;
      // LtS and GeS ask for the sign, which a narrower test would not give.
      if (kind === op.Eq || kind === op.Ne) testFlags(selector, a, bits);
      else if (narrow && !(a.args[1] as Value).isConstant) testFlags(selector, a, bits);
      else {
        const register = selector.use(a, bits);
        selector.emit('test', register, register);
        return kind === op.LtS ? CC.s : CC.ns;
      }
      return kind === op.LtS ? CC.s : kind === op.GeS ? CC.ns : (CONDITIONS[kind - op.Eq] as number);
    }
    const load =
      constant >= 0n && a.op === op.Load && constant < 1n << BigInt(8 * a.bytes) ? narrowLoad(selector, a) : undefined;
    if (load !== undefined) {
      selector.emit('cmp', load, Number(constant));
      return CONDITIONS[unsignedKind(kind) - op.Eq] as number;
    }
  }
  const left = b.isConstant || selector.canFold(a) ? selector.useOrMemory(a, bits) : selector.use(a, bits);
  const right = left.kind === 'memory' && !b.isConstant ? selector.use(b, bits) : selector.useOrImmediate(b, bits);
  selector.emit('cmp', left, right);
  return CONDITIONS[kind - op.Eq] as number;
}

/** Both sides are known not to be negative: the narrow comparison has to be unsigned. */
function unsignedKind(kind: number): number {
  switch (kind) {
    case op.LtS:
      return op.LtU;
    case op.GtS:
      return op.GtU;
    case op.LeS:
      return op.LeU;
    case op.GeS:
      return op.GeU;
    default:
      return kind;
  }
}

/** A comparison whose value is wanted as 0 or 1. */
export function selectCompare(selector: Selector, value: Value): void {
  setFlag(selector, value, () => compareFlags(selector, value));
}

/**
 * `value` as 0 or 1, from the flags that `selectCondition` sets and the condition that it answers. The register is cleared in
 * front of them: SETcc writes 8 bits, and widening those behind it would make the result wait for one more instruction.
 */
export function setFlag(selector: Selector, value: Value, selectCondition: () => number): void {
  const result = selector.registerOf(value);
  selector.emitKind('zero', 'xor', selector.defined(result, 32));
  const condition = selectCondition();
  if (condition < CC.equalOrdered) selector.emit(`set${CC_NAMES[condition]}`, selector.modified(result, 8));
  else {
    const name = condition === CC.equalOrdered ? 'set_equal_ordered' : 'set_unequal_or_unordered';
    selector.emitKind('macro', name, selector.modified(result, 8));
  }
}

/** `mov result, no; cmovcc result, yes`. Vectors and floats go through a branch. */
export function selectSelect(selector: Selector, value: Value): void {
  const condition = value.args[0] as Value;
  let [, yes, no] = value.args as [Value, Value, Value];
  const result = selector.registerOf(value);
  if (isFloat(value.type)) {
    const chosen = { ...selector.use(yes, 128), memoryAllowed: false };
    const other = { ...selector.use(no, 128), memoryAllowed: false };
    const code = selectFlags(selector, condition);
    selector.emitKind('move', 'movaps', selector.defined(result, 128), other);
    const macro = selector.emitKind('macro', 'select_vector', selector.modified(result, 128), chosen);
    macro.condition = code;
    return;
  }
  const bits = selector.widthOf(value.type);
  // The overwritten value should be the one that dies here; a constant is best put there by a move.
  let inverted = false;
  if (!no.isConstant && (yes.isConstant || selector.shouldSwap(value, 2, 1))) {
    [yes, no] = [no, yes];
    inverted = true;
  }
  const chosen = yes.isConstant
    ? selector.constantRegister(yes, bits)
    : { ...selector.use(yes, bits), memoryAllowed: true };
  // Loading it behind the comparison would check its bounds there, and lose the flags.
  if (!no.isConstant && selector.context.options.bounds === 'checked') selector.use(no, bits);
  let code = selectFlags(selector, condition);
  if (inverted) code = negateCondition(code);
  if (code >= CC.equalOrdered) {
    selector.copyTo(result, no, bits);
    const macro = selector.emitKind('macro', 'select_integer', selector.modified(result, bits), chosen);
    macro.condition = code;
    return;
  }
  selector.copyTo(result, no, bits);
  selector.emit(`cmov${CC_NAMES[code]}`, selector.modified(result, bits), chosen);
}
