/**
 * Operations of the intermediate representation.
 *
 * Integer operations, memory and calls have numbers of their own, the same for i32 and i64 (the width is the type of the
 * value, for comparisons that of the first argument). Pure operations on floats and vectors keep their WebAssembly code
 * (0x5b and up, prefixed ones `prefix << 8 | number`): nothing here looks inside them.
 */
export const Const = 0;
export const Param = 1;
export const Phi = 2;
/** One of several results of a call: `offset` says which. */
export const Projection = 3;

export const Add = 4;
export const Sub = 5;
export const Mul = 6;
export const DivS = 7;
export const DivU = 8;
export const RemS = 9;
export const RemU = 10;
export const And = 11;
export const Or = 12;
export const Xor = 13;
export const Shl = 14;
export const ShrS = 15;
export const ShrU = 16;
export const Rotl = 17;
export const Rotr = 18;
export const Clz = 19;
export const Ctz = 20;
export const Popcnt = 21;

/** Comparisons, in WebAssembly's order. They give 0 or 1 as i32. */
export const Eq = 22;
export const Ne = 23;
export const LtS = 24;
export const LtU = 25;
export const GtS = 26;
export const GtU = 27;
export const LeS = 28;
export const LeU = 29;
export const GeS = 30;
export const GeU = 31;

export const Wrap = 32;
/** i64 from i32, by sign and by zeros. */
export const ExtendS = 33;
export const ExtendU = 34;
/** The low 8, 16 or 32 bits, sign-extended to the value's own width. */
export const Sign8 = 35;
export const Sign16 = 36;
export const Sign32 = 37;
/** args: condition, value if not zero, value if zero. */
export const Select = 38;

/** args: address. `offset`, `bytes`, `signed` say what is read. */
export const Load = 39;
/** args: address, value. */
export const Store = 40;
export const AtomicLoad = 41;
export const AtomicStore = 42;
/** args: address, value; `aux` is add, sub, and, or, xor or xchg. */
export const AtomicRmw = 43;
/** args: address, expected, replacement. */
export const AtomicCompareExchange = 44;
export const Fence = 45;
/** `index` is the global's index. */
export const GlobalGet = 46;
export const GlobalSet = 47;
export const MemorySize = 48;
export const MemoryGrow = 49;
/** args: destination, source, bytes. */
export const MemoryCopy = 50;
/** args: destination, byte, bytes. */
export const MemoryFill = 51;
/** args: destination, source, bytes; `index` is the data segment. */
export const MemoryInit = 52;
export const DataDrop = 53;
/** `index` is the function's index; args its arguments. */
export const Call = 54;
/** args: arguments, then the table index. `index` is the type, `index2` the table. */
export const CallIndirect = 55;
/** An instruction of the processor: `aux` is its name in the table of intrinsics. */
export const Intrinsic = 56;
/** Address of a function, for ref.func. */
export const FunctionAddress = 57;
export const TableGet = 58;
export const TableSize = 59;
/** args: index, element. `index` is the table, here and below. */
export const TableSet = 60;
/** args: element, how many more. */
export const TableGrow = 61;
/** args: first index, element, count. */
export const TableFill = 62;
/** args: index in the destination, index in the source, count; `index2` is the source. */
export const TableCopy = 63;
/** args: index in the table, index in the segment, count; `index` is the segment, `index2` the table. */
export const TableInit = 64;
/** `index` is the segment. */
export const ElementDrop = 65;
/** args: address, expected value, timeout in nanoseconds. */
export const AtomicWait = 66;
/** args: address, how many. */
export const AtomicNotify = 67;
/** The upper half of the unsigned product of two i64. */
export const MulHighU = 68;

/** Codes from here on are WebAssembly's own. */
export const FIRST_WASM_CODE = 0x5b;

const names: readonly string[] = (
  'const param phi projection add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr clz ctz popcnt ' +
  'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u wrap extend_s extend_u sign8 sign16 sign32 select load store ' +
  'atomic_load atomic_store atomic_rmw atomic_compare_exchange fence global_get global_set memory_size memory_grow ' +
  'memory_copy memory_fill memory_init data_drop call call_indirect intrinsic function_address table_get table_size ' +
  'table_set table_grow table_fill table_copy table_init element_drop atomic_wait atomic_notify mul_high_u'
).split(' ');

export function opName(op: number): string {
  return names[op] ?? `wasm_${op.toString(16)}`;
}

export function isCompare(op: number): boolean {
  return op >= Eq && op <= GeU;
}

/** The comparison with the opposite result. */
export function negateCompare(op: number): number {
  return NEGATED[op - Eq] as number;
}

/** The comparison that holds for (b, a) when `op` holds for (a, b). */
export function swapCompare(op: number): number {
  return SWAPPED[op - Eq] as number;
}

const NEGATED: readonly number[] = [Ne, Eq, GeS, GeU, LeS, LeU, GtS, GtU, LtS, LtU];
const SWAPPED: readonly number[] = [Eq, Ne, GtS, GtU, LtS, LtU, GeS, GeU, LeS, LeU];

export function isCommutative(op: number): boolean {
  return op === Add || op === Mul || op === And || op === Or || op === Xor || op === Eq || op === Ne;
}

/** No result but for the value, no trap, no memory: free to be moved, shared and removed. */
export function isPure(op: number): boolean {
  if (op < FIRST_WASM_CODE) {
    return (
      (op >= Add && op <= Select && !(op >= DivS && op <= RemU)) ||
      op === Const ||
      op === FunctionAddress ||
      op === MulHighU
    );
  }
  return !trapsOnFloat(op) && !isVectorMemory(op);
}

/** Division and remainder by a variable, and float to integer conversions that trap: pure but for the trap. */
export function mayTrap(op: number): boolean {
  return (op >= DivS && op <= RemU) || trapsOnFloat(op);
}

/** Reads memory (or a global) and does nothing else. */
export function isRead(op: number): boolean {
  return op === Load || op === GlobalGet || (isVectorMemory(op) && !(op >= 0xfd58 && op <= 0xfd5b)) || op === TableGet;
}

function trapsOnFloat(op: number): boolean {
  return (op >= 0xa8 && op <= 0xab) || (op >= 0xae && op <= 0xb1);
}

/** Vector loads that widen, splat or fill lanes, and lane stores. */
export function isVectorMemory(op: number): boolean {
  return (op >= 0xfd01 && op <= 0xfd0a) || (op >= 0xfd54 && op <= 0xfd5d);
}
