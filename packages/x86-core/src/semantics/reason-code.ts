/**
 * Why code leaves for TypeScript, as numbers: reason.ts says what they mean.
 *
 * AssemblyScript imports this file too: plain numeric constants only.
 */
export const REASON_BUDGET = 0;
export const REASON_TRANSFER = 1;
export const REASON_FAULT = 2;
export const REASON_YIELD = 3;
export const REASON_ASSIST = 4;
export const REASON_EVENTS = 5;
export const REASON_HOT = 6;
export const REASON_EXTEND = 7;
