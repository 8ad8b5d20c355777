/** Where values are once registers are assigned: a physical register (0 to 31) or a stack slot (SLOT and up). */
import type { LirConstant, Width } from './lir.ts';

export const SLOT = 64;

export interface Move {
  readonly from: number | LirConstant;
  readonly to: number;
  readonly bits: Width;
}

export function isSlot(location: number): boolean {
  return location >= SLOT;
}
