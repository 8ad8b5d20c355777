/** Numbers that the manuals give to what definitions name. */
export type { Definition } from '../meaning-builder.ts';

/** In the order of the opcodes: position is the condition's number (SDM 1 appendix B). */
export const conditionNames: readonly string[] = [
  ...['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a'],
  ...['s', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'],
];

/** General-purpose registers as encoded. */
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;

/** Segment registers as encoded. */
export const ES = 0;
export const SS = 2;
