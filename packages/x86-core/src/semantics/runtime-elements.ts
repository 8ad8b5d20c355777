/** Runtime functions of repeated string instructions, in assembly/elements.ts. */
export const elementFunctions = {
  fillElements: '(i32, i64, i32, i64, i64, i32, i64) -> i64',
  copyElements: '(i32, i64, i32, i64, i32, i64, i32, i64) -> i64',
} as const;
