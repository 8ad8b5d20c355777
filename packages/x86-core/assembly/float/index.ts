/** Floating point for the runtime: what instructions call. */
export { setMxcsr, sseArithmetic } from './sse';
export { sseCompare, sseOrder } from './sse-compare';
export { sseConvert } from './sse-convert';
export { sseDotProduct } from './sse-dot-product';
export { sseReciprocal } from './sse-reciprocal';
