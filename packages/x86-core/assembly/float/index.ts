/** Floating point for the runtime: what instructions call. */
export { sseArithmetic, sseCompare, sseConvert, sseDotProduct, sseFused, sseReciprocal } from './entry';
export { setMxcsr } from './sse';
export { sseOrder } from './sse-compare';
export { x87Arithmetic, x87ArithmeticMemory } from './x87-arithmetic';
export { x87Compare, x87CompareFlags, x87CompareMemory, x87Examine } from './x87-compare';
export { x87EnterMmx, x87Initialize, x87Restore, x87Save, x87SetControl } from './x87-environment';
export { x87Function } from './x87-function';
export {
  x87Convert,
  x87Exchange,
  x87Free,
  x87Load,
  x87LoadConstant,
  x87LoadRegister,
  x87Move,
  x87Stored,
  x87StoreRegister,
  x87StoreUnchecked,
} from './x87-transfer';
