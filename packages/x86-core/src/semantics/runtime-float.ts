/** Runtime functions on floating-point numbers, in assembly/float. */
export const floatFunctions = {
  setMxcsr: '(i32, i32)',
  sseArithmetic: '(i32, i32, i32, i32, v128, v128, v128, v128) -> i32',
  sseFused: '(i32, i32, i32, i32, v128, v128, v128, v128, v128, v128) -> i32',
  sseCompare: '(i32, i32, i32, i32, v128, v128, v128, v128) -> i32',
  sseOrder: '(i32, i32, i32, i64, i64) -> i32',
  sseConvert: '(i32, i32, i32, i32, v128, v128) -> i32',
  sseDotProduct: '(i32, i32, i32, i32, v128, v128, v128, v128) -> i32',
  sseReciprocal: '(i32, i32, i32, v128, v128) -> i32',
} as const;
