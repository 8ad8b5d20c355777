/** Floating point for the runtime: what instructions call. */
export { sseArithmetic, sseCompare, sseConvert, sseDotProduct, sseFused, sseReciprocal } from './entry';
export { setMxcsr } from './sse';
export { sseOrder } from './sse-compare';
