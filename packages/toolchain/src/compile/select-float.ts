/** Scalar floats on SSE2 and SSE4.1. Where WebAssembly and the instruction differ (NaN, signed zeros, ranges) a macro decides. */
import type { Value } from '../ir/graph.ts';
import { F32, I32, I64, type ValueType } from '../wasm/types.ts';
import { CC, type LirOperand, type MemoryOperand, type Width } from './lir.ts';
import type { Selector } from './selector.ts';

export function isFloatCompare(operation: number): boolean {
  return operation >= 0x5b && operation <= 0x66;
}

/** Emits UCOMISS or UCOMISD and tells the condition code that means `compare`. Unordered sets ZF, PF and CF. */
export function selectFloatCompare(selector: Selector, compare: Value): number {
  const kind = (compare.op - 0x5b) % 6;
  let [a, b] = compare.args as [Value, Value];
  // lt and le: the other way round, so that unordered answers no.
  if (kind === 2 || kind === 4) [a, b] = [b, a];
  const bits = selector.widthOf(a.type);
  const left = selector.use(a, bits);
  selector.emit(bits === 32 ? 'ucomiss' : 'ucomisd', left, selector.useOrMemory(b, bits));
  if (kind === 0) return CC.equalOrdered;
  if (kind === 1) return CC.unequalOrUnordered;
  return kind <= 3 ? CC.a : CC.ae;
}

const ARITHMETIC = ['add', 'sub', 'mul', 'div'];
/** Immediates of ROUNDSS and ROUNDSD, with precision exceptions masked: ceil, floor, trunc, nearest. */
const ROUNDING = [2, 1, 3, 0];

export function selectFloat(selector: Selector, value: Value): void {
  const code = value.op;
  if (code >= 0x8b && code <= 0xa6) return arithmetic(selector, value, (code - 0x8b) % 14);
  if (code >= 0xfc00 && code <= 0xfc07) return truncate(selector, value, code - 0xfc00, true);
  if (code >= 0xa8 && code <= 0xab) return truncate(selector, value, code - 0xa8, false);
  if (code >= 0xae && code <= 0xb1) return truncate(selector, value, code - 0xae + 4, false);
  if (code >= 0xb2 && code <= 0xba && code !== 0xb6) return convertInteger(selector, value, code);
  const a = value.args[0] as Value;
  switch (code) {
    case 0xb6:
      return toNew(selector, value, 'cvtsd2ss', selector.useOrMemory(a, 64));
    case 0xbb:
      return toNew(selector, value, 'cvtss2sd', selector.useOrMemory(a, 32));
    case 0xbc:
      selector.emit('movd', selector.result(value, 32), selector.use(a, 128));
      return;
    case 0xbd:
      selector.emit('movq', selector.result(value, 64), selector.use(a, 128));
      return;
    case 0xbe:
      selector.emit('movd', selector.result(value, 128), selector.useOrMemory(a, 32));
      return;
    case 0xbf:
      selector.emit('movq', selector.result(value, 128), selector.useOrMemory(a, 64));
      return;
    default:
      throw new Error(`no code for float operation ${code.toString(16)}`);
  }
}

/** Conversions write part of their register only: cleared before, it does not wait for what was there. */
function toNew(selector: Selector, value: Value, mnemonic: string, source: LirOperand): void {
  const result = selector.registerOf(value);
  selector.emitKind('zero', 'xorps', selector.defined(result, 128));
  selector.emit(mnemonic, selector.modified(result, 128), source);
}

/** A constant with the same 4 or 8 bytes in every lane of 16. */
function lanes(selector: Selector, bits: Width, pattern: bigint): MemoryOperand {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 16; at += bits / 8) {
    if (bits === 32) view.setUint32(at, Number(BigInt.asUintN(32, pattern)), true);
    else view.setBigUint64(at, BigInt.asUintN(64, pattern), true);
  }
  return selector.pool(bytes);
}

function signMask(selector: Selector, bits: Width): MemoryOperand {
  return lanes(selector, bits, 1n << BigInt(bits - 1));
}

function magnitudeMask(selector: Selector, bits: Width): MemoryOperand {
  return lanes(selector, bits, (1n << BigInt(bits - 1)) - 1n);
}

/** A scalar float constant in read-only data. */
function scalar(selector: Selector, bits: Width, number: number): MemoryOperand {
  const bytes = new Uint8Array(bits / 8);
  const view = new DataView(bytes.buffer);
  if (bits === 32) view.setFloat32(0, number, true);
  else view.setFloat64(0, number, true);
  return selector.pool(bytes);
}

/** `number`: place among abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign. */
function arithmetic(selector: Selector, value: Value, number: number): void {
  const bits = selector.widthOf(value.type);
  const suffix = bits === 32 ? 'ss' : 'sd';
  const [a, b] = value.args as [Value, Value];
  const result = selector.registerOf(value);
  if (number <= 1) {
    selector.copyTo(result, a, 128);
    if (number === 0) selector.emit('andps', selector.modified(result, 128), magnitudeMask(selector, bits));
    else selector.emit('xorps', selector.modified(result, 128), signMask(selector, bits));
    return;
  }
  if (number <= 5) {
    const source = selector.useOrMemory(a, bits);
    selector.emitKind('zero', 'xorps', selector.defined(result, 128));
    selector.emit(`round${suffix}`, selector.modified(result, 128), source, (ROUNDING[number - 2] as number) | 8);
    return;
  }
  if (number === 6) return toNew(selector, value, `sqrt${suffix}`, selector.useOrMemory(a, bits));
  if (number <= 10) {
    let [left, right] = [a, b];
    const commutative = number === 7 || number === 9;
    if (commutative && selector.shouldSwap(value, 0, 1)) [left, right] = [right, left];
    const source = selector.useOrMemory(right, bits);
    selector.copyTo(result, left, 128);
    selector.emit(`${ARITHMETIC[number - 7]}${suffix}`, selector.modified(result, 128), source);
    return;
  }
  if (number === 13) {
    const sign = selector.newRegister(value.type);
    selector.copyTo(sign, b, 128);
    selector.emit('andps', selector.modified(sign, 128), signMask(selector, bits));
    selector.copyTo(result, a, 128);
    selector.emit('andps', selector.modified(result, 128), magnitudeMask(selector, bits));
    selector.emit('orps', selector.modified(result, 128), selector.read(sign, 128));
    return;
  }
  const other = selector.use(b, 128);
  selector.copyTo(result, a, 128);
  selector.emitKind('macro', `${number === 11 ? 'min' : 'max'}_${suffix}`, selector.modified(result, 128), other);
}

/** Float to integer. `number`: 4 for i64, plus 2 for f64, plus 1 for unsigned. */
function truncate(selector: Selector, value: Value, number: number, saturating: boolean): void {
  const a = value.args[0] as Value;
  const bits = selector.widthOf(a.type);
  const suffix = bits === 32 ? 'ss' : 'sd';
  const wide = number >= 4;
  const unsigned = (number & 1) === 1;
  const source = selector.use(a, 128);
  const result = selector.registerOf(value);
  const name = `${saturating ? 'saturate' : 'truncate'}_${wide ? 'i64' : 'i32'}_${unsigned ? 'u' : 's'}`;
  // Where the least integer tells that the number does not fit, 32 bits are enough.
  const narrow = !wide && !unsigned && saturating;
  const width: Width = narrow ? 32 : 64;
  selector.emit(`cvtt${suffix}2si`, selector.defined(result, width), source);
  const operands: LirOperand[] = [selector.modified(result, width), source];
  if (narrow) operands.push(scalar(selector, bits, 0));
  else if (!wide) operands.push(selector.defined(selector.newRegister(I64), 64));
  else if (unsigned) {
    operands.push(selector.defined(selector.newRegister(value.args[0]?.type as ValueType), 128));
    operands.push(scalar(selector, bits, 2 ** 63));
  } else if (!saturating) operands.push(scalar(selector, bits, -(2 ** 63)));
  if (saturating && !narrow) operands.push(scalar(selector, bits, 0));
  const macro = selector.emitKind('macro', name, ...operands);
  macro.lateReads = true;
  macro.float = suffix;
  macro.trap = saturating ? undefined : 'integer overflow or invalid conversion to integer';
}

function convertInteger(selector: Selector, value: Value, code: number): void {
  const number = code < 0xb6 ? code - 0xb2 : code - 0xb7;
  const suffix = value.type === F32 ? 'ss' : 'sd';
  const a = value.args[0] as Value;
  const mnemonic = `cvtsi2${suffix}`;
  if (number === 0) return toNew(selector, value, mnemonic, selector.useOrMemory(a, 32));
  // A u32 is a positive i64: its register's upper half is zero.
  if (number === 1) return toNew(selector, value, mnemonic, selector.use(a, 64));
  if (number === 2) return toNew(selector, value, mnemonic, selector.useOrMemory(a, 64));
  const result = selector.registerOf(value);
  const half = selector.newRegister(I64);
  const low = selector.newRegister(I32);
  selector.copyTo(half, a, 64);
  selector.emitKind('zero', 'xorps', selector.defined(result, 128));
  const operands = [selector.modified(result, 128), selector.modified(half, 64), selector.defined(low, 64)];
  const macro = selector.emitKind('macro', 'convert_u64', ...operands);
  macro.float = suffix;
}
