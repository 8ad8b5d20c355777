/** Runtime functions on integers: assembly/integer.ts, carryless.ts, string-compare.ts. */
export const integerFunctions = {
  divide128: '(i64, i64, i64) -> i64',
  depositBits: '(i64, i64) -> i64',
  extractBits: '(i64, i64) -> i64',
  crc32c: '(i64, i64, i64) -> i64',
  carrylessLow: '(i64, i64) -> i64',
  carrylessHigh: '(i64, i64) -> i64',
  compareStrings: '(i64, i64, i64, i64, i64, i64) -> i64',
} as const;
