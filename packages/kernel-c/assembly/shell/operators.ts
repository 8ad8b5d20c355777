/** Operators of expressions: how they are written, how strongly they bind, what they give. Numbers are 64 bits and wrap around. */

export const NONE: u32 = 0;
export const PARENTHESIS: u32 = 1;
export const OR: u32 = 2;
export const AND: u32 = 3;
export const BIT_OR: u32 = 4;
export const BIT_XOR: u32 = 5;
export const BIT_AND: u32 = 6;
export const EQUAL: u32 = 7;
export const UNEQUAL: u32 = 8;
export const LESS: u32 = 9;
export const LESS_EQUAL: u32 = 10;
export const GREATER: u32 = 11;
export const GREATER_EQUAL: u32 = 12;
export const SHIFT_LEFT: u32 = 13;
export const SHIFT_RIGHT: u32 = 14;
export const ADD: u32 = 15;
export const SUBTRACT: u32 = 16;
export const MULTIPLY: u32 = 17;
export const DIVIDE: u32 = 18;
export const REMAINDER: u32 = 19;
/** The first of those with one operand. */
export const NEGATE: u32 = 20;
export const NOT: u32 = 21;
export const COMPLEMENT: u32 = 22;
export const PLUS: u32 = 23;

/** Bytes of the operator that `readOperator` found. */
export let operatorLength: u32 = 0;

function found(operator: u32, length: u32): u32 {
  operatorLength = length;
  return operator;
}

/** The operator with two operands that stands at `at`; NONE if there is none. */
export function readOperator(text: usize, at: u32, end: u32): u32 {
  const first = load<u8>(text + at);
  const second: u8 = at + 1 < end ? load<u8>(text + at + 1) : 0;
  if (first == 0x7c) return second == 0x7c ? found(OR, 2) : found(BIT_OR, 1);
  if (first == 0x26) return second == 0x26 ? found(AND, 2) : found(BIT_AND, 1);
  if (first == 0x5e) return found(BIT_XOR, 1);
  if (first == 0x3d && second == 0x3d) return found(EQUAL, 2);
  if (first == 0x21 && second == 0x3d) return found(UNEQUAL, 2);
  if (first == 0x3c)
    return second == 0x3c ? found(SHIFT_LEFT, 2) : second == 0x3d ? found(LESS_EQUAL, 2) : found(LESS, 1);
  if (first == 0x3e) {
    return second == 0x3e ? found(SHIFT_RIGHT, 2) : second == 0x3d ? found(GREATER_EQUAL, 2) : found(GREATER, 1);
  }
  if (first == 0x2b) return found(ADD, 1);
  if (first == 0x2d) return found(SUBTRACT, 1);
  if (first == 0x2a) return found(MULTIPLY, 1);
  if (first == 0x2f) return found(DIVIDE, 1);
  if (first == 0x25) return found(REMAINDER, 1);
  return NONE;
}

/** The operator with one operand that the byte is; NONE if it is none. */
export function prefixOperator(byte: u8): u32 {
  if (byte == 0x2d) return NEGATE;
  if (byte == 0x2b) return PLUS;
  if (byte == 0x21) return NOT;
  if (byte == 0x7e) return COMPLEMENT;
  return NONE;
}

/** As in C: the greater, the stronger it binds. */
export function precedence(operator: u32): u32 {
  if (operator >= NEGATE) return 12;
  if (operator >= MULTIPLY) return 11;
  if (operator >= ADD) return 10;
  if (operator >= SHIFT_LEFT) return 9;
  if (operator >= LESS) return 8;
  if (operator >= EQUAL) return 7;
  return operator;
}

export function isComparison(operator: u32): bool {
  return operator >= EQUAL && operator <= GREATER_EQUAL;
}

/** What a comparison gives for an order (negative, 0, positive). */
export function compares(operator: u32, order: i32): bool {
  if (operator == EQUAL) return order == 0;
  if (operator == UNEQUAL) return order != 0;
  if (operator == LESS) return order < 0;
  if (operator == LESS_EQUAL) return order <= 0;
  if (operator == GREATER) return order > 0;
  return order >= 0;
}

/** `a operator b` on numbers, for those that are defined for all of them: `b` is not 0 in a division and 0 to 63 in a shift. */
export function calculate(operator: u32, a: i64, b: i64): i64 {
  if (operator == BIT_OR) return a | b;
  if (operator == BIT_XOR) return a ^ b;
  if (operator == BIT_AND) return a & b;
  if (operator == SHIFT_LEFT) return a << b;
  if (operator == SHIFT_RIGHT) return <i64>(<u64>a >> b);
  if (operator == ADD) return a + b;
  if (operator == SUBTRACT) return a - b;
  if (operator == MULTIPLY) return a * b;
  // The CPU traps on -2^63 / -1; it wraps around to itself.
  if (operator == DIVIDE) return b == -1 ? -a : a / b;
  return b == -1 ? 0 : a % b;
}
