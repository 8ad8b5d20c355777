/** Where the Cpu is known to differ from the processor that the vectors were captured on, and why. Each is in the README, too. */
import type { Row } from '../../src/index.ts';
import type { Difference } from './compare.ts';

interface Divergence {
  readonly mnemonics: RegExp;
  /** All differences of the vector are of this kind. */
  readonly accepts: (found: readonly Difference[]) => boolean;
  readonly reason: string;
}

/** Exceptions as the states have them: 1 + vector, in hexadecimal. */
const ALIGNMENT_CHECK = '12';

const exceptionIs = (found: readonly Difference[], which: 'expected' | 'got', value: string): boolean =>
  found.some((each) => each.place === 'exception' && each[which] === value);
const onlyAddress = (found: readonly Difference[]): boolean => found.every(({ place }) => place === 'cr2');

export const divergences: readonly Divergence[] = [
  {
    mnemonics: /^(vp?gather|vp?maskmov|vcvtph2ps)/,
    accepts: (found) => exceptionIs(found, 'got', ALIGNMENT_CHECK),
    reason: 'gathers, masked moves and VCVTPH2PS raise #AC for elements that are not aligned; the processor does not',
  },
  {
    mnemonics: /^(fldenv|fnstenv|fnsave|frstor|fxrstor64|fxsave|xrstor|xsave)/,
    accepts: (found) => exceptionIs(found, 'got', ALIGNMENT_CHECK) || exceptionIs(found, 'expected', ALIGNMENT_CHECK),
    reason: 'which words of a save area count for #AC is not documented',
  },
  {
    mnemonics: /^(fldenv|fnstenv|fnsave|frstor|fxsave|fxrstor|xrstor|xsave|vp?maskmov|call far)/,
    accepts: onlyAddress,
    reason: 'of an operand on two pages, or in many words, the processor may report another byte in CR2',
  },
];

/** @returns why the difference is known, or undefined */
export function knownDivergence(row: Row, found: readonly Difference[]): string | undefined {
  return divergences.find(({ mnemonics, accepts }) => mnemonics.test(row.mnemonic) && accepts(found))?.reason;
}
