/** Which function says what a mnemonic means. */
import type { Meaning } from '../language.ts';
import { MeaningBuilder } from '../meaning-builder.ts';
import type { Shape } from '../operand-shape.ts';
import { arithmeticDefinitions } from './arithmetic.ts';
import { bitCountDefinitions } from './bit-count.ts';
import { bitFieldDefinitions } from './bit-field.ts';
import { bitTestDefinitions } from './bit-test.ts';
import { checksumDefinitions } from './checksum.ts';
import { conditionDefinitions } from './condition.ts';
import { controlDefinitions } from './control.ts';
import { decimalDefinitions } from './decimal.ts';
import type { Definition } from './definition.ts';
import { doubleShiftDefinitions } from './double-shift.ts';
import { exchangeDefinitions } from './exchange.ts';
import { farTransferDefinitions } from './far-transfer.ts';
import { flagControlDefinitions } from './flag-control.ts';
import { fmaDefinitions } from './fma.ts';
import { hintDefinitions } from './hint.ts';
import { mmxConvertDefinitions } from './mmx-convert.ts';
import { multiplyDivideDefinitions } from './multiply-divide.ts';
import { mxcsrDefinitions } from './mxcsr.ts';
import { packedArithmeticDefinitions } from './packed/arithmetic.ts';
import { cryptoDefinitions } from './packed/crypto.ts';
import { differenceDefinitions } from './packed/differences.ts';
import { vectorElementDefinitions } from './packed/element.ts';
import { gatherDefinitions } from './packed/gather.ts';
import { maskedMoveDefinitions } from './packed/masked-move.ts';
import { vectorMoveDefinitions } from './packed/move.ts';
import { permuteDefinitions } from './packed/permute.ts';
import { shaDefinitions } from './packed/sha.ts';
import { packedShiftDefinitions } from './packed/shift.ts';
import { packedShuffleDefinitions } from './packed/shuffle.ts';
import { stringCompareDefinitions } from './packed/string-compare.ts';
import { rotateDefinitions } from './rotate.ts';
import { shiftDefinitions } from './shift.ts';
import { sseFloatDefinitions } from './sse-float.ts';
import { sseFloatCompareDefinitions } from './sse-float-compare.ts';
import { sseFloatConvertDefinitions } from './sse-float-convert.ts';
import { sseFloatRoundDefinitions } from './sse-float-round.ts';
import { sseFloatScalarConvertDefinitions } from './sse-float-scalar-convert.ts';
import { stackDefinitions } from './stack.ts';
import { stringDefinitions } from './string.ts';
import { systemDefinitions } from './system.ts';
import { transferDefinitions } from './transfer.ts';
import { x87Definitions } from './x87.ts';
import { x87ControlDefinitions } from './x87-control.ts';
import { x87TransferDefinitions } from './x87-transfer.ts';

const groups: readonly ReadonlyMap<string, Definition>[] = [
  arithmeticDefinitions,
  multiplyDivideDefinitions,
  decimalDefinitions,
  shiftDefinitions,
  doubleShiftDefinitions,
  rotateDefinitions,
  bitTestDefinitions,
  bitCountDefinitions,
  bitFieldDefinitions,
  checksumDefinitions,
  conditionDefinitions,
  transferDefinitions,
  exchangeDefinitions,
  stackDefinitions,
  controlDefinitions,
  flagControlDefinitions,
  hintDefinitions,
  sseFloatDefinitions,
  sseFloatCompareDefinitions,
  sseFloatConvertDefinitions,
  sseFloatScalarConvertDefinitions,
  sseFloatRoundDefinitions,
  fmaDefinitions,
  mxcsrDefinitions,
  mmxConvertDefinitions,
  x87Definitions,
  x87TransferDefinitions,
  x87ControlDefinitions,
  packedArithmeticDefinitions,
  packedShiftDefinitions,
  packedShuffleDefinitions,
  vectorMoveDefinitions,
  vectorElementDefinitions,
  permuteDefinitions,
  maskedMoveDefinitions,
  gatherDefinitions,
  differenceDefinitions,
  stringCompareDefinitions,
  cryptoDefinitions,
  shaDefinitions,
  systemDefinitions,
  farTransferDefinitions,
];

const definitions = new Map<string, Definition>();
for (const group of groups) {
  for (const [mnemonic, definition] of group) {
    if (definitions.has(mnemonic)) throw new Error(`${mnemonic} has two meanings`);
    definitions.set(mnemonic, definition);
  }
}

/** MOVSD and CMPSD are string instructions where they have no operands. */
function definitionOf(mnemonic: string, operands: number): Definition | undefined {
  return (operands === 0 ? stringDefinitions.get(mnemonic) : undefined) ?? definitions.get(mnemonic);
}

/** Every mnemonic that has a meaning. */
export const mnemonics: readonly string[] = [...new Set([...definitions.keys(), ...stringDefinitions.keys()])];

/** Shapes of one form are one object: their meaning is asked for by each handler and region with such an instruction. */
const meanings = new WeakMap<Shape, Meaning>();

/** @returns undefined where the mnemonic has no meaning here. */
export function meaningOf(shape: Shape): Meaning | undefined {
  let meaning = meanings.get(shape);
  if (meaning === undefined) {
    const definition = definitionOf(shape.mnemonic, shape.operands.length);
    if (definition === undefined) return undefined;
    const builder = new MeaningBuilder(shape);
    definition(builder);
    meaning = builder.finish();
    meanings.set(shape, meaning);
  }
  return meaning;
}
