/** Which function says what a mnemonic means. */
import type { Meaning } from '../language.ts';
import { MeaningBuilder } from '../meaning-builder.ts';
import type { Shape } from '../operand-shape.ts';
import * as arithmetic from './arithmetic.ts';
import * as control from './control.ts';
import * as shift from './shift.ts';
import * as string from './string.ts';
import * as system from './system.ts';
import * as transfer from './transfer.ts';

type Definition = (m: MeaningBuilder) => void;

/** In the order of the opcodes: position is the condition's number. */
const conditions = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];

const definitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['add', arithmetic.add],
  ['adc', arithmetic.adc],
  ['sub', arithmetic.sub],
  ['sbb', arithmetic.sbb],
  ['cmp', arithmetic.cmp],
  ['and', arithmetic.and],
  ['or', arithmetic.or],
  ['xor', arithmetic.xor],
  ['test', arithmetic.test],
  ['inc', arithmetic.inc],
  ['dec', arithmetic.dec],
  ['mul', arithmetic.mul],
  ['shl', shift.shl],
  ['shr', shift.shr],
  ['sar', shift.sar],
  ['mov', transfer.mov],
  ['movzx', transfer.movzx],
  ['movsx', transfer.movsx],
  ['movsxd', transfer.movsx],
  ['lea', transfer.lea],
  ['push', transfer.push],
  ['pop', transfer.pop],
  ...conditions.map((condition, code): [string, Definition] => [`j${condition}`, control.jcc(code)]),
  ['jmp', control.jmp],
  ['call', control.call],
  ['ret', control.ret],
  ['movsb', string.movs(8)],
  ['movsw', string.movs(16)],
  ['movsd', string.movs(32)],
  ['movsq', string.movs(64)],
  ['cld', string.cld],
  ['std', string.std],
  ['movups', transfer.mov],
  ['addps', system.addps],
  ['cpuid', system.cpuid],
  ['hlt', system.hlt],
  ['nop', system.nop],
]);

/** Every mnemonic that has a meaning. */
export const mnemonics: readonly string[] = [...definitions.keys()];

/** @returns undefined where the mnemonic has no meaning here, or none with operands of this shape. */
export function meaningOf(shape: Shape): Meaning | undefined {
  const definition = definitions.get(shape.mnemonic);
  if (definition === undefined) return undefined;
  if (shape.mnemonic === 'pop' && shape.operands[0]?.kind !== 'gpr') return undefined;
  if (shape.mnemonic === 'movsd' && shape.operands.length > 0) return undefined;
  const builder = new MeaningBuilder(shape);
  definition(builder);
  return builder.finish();
}
