/** Runtime functions on integers, in assembly/integer.ts. */
export const integerFunctions = {
  divide128: '(i64, i64, i64) -> i64',
  depositBits: '(i64, i64) -> i64',
  extractBits: '(i64, i64) -> i64',
  crc32c: '(i64, i64, i64) -> i64',
} as const;
