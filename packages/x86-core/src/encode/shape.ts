/**
 * The shape of an operand: all that the choice of a form depends on. Operands of the same shapes get the same form, so that the choice
 * is made once for each combination.
 */
import type { Immediate, Memory, Operand, Register } from '../operand.ts';

/** Values at which an immediate starts or stops fitting a field, read as signed, as unsigned, or sign-extended to 16, 32 or 64 bits. */
const boundaries: readonly number[] = [
  ...[-(2 ** 31), -(2 ** 15), -128, 1, 2, 128, 256],
  ...[2 ** 15, 2 ** 16 - 128, 2 ** 16, 2 ** 31, 2 ** 32 - 128, 2 ** 32],
];
const wideBoundaries: readonly bigint[] = [
  ...boundaries.map((each) => BigInt(each)),
  ...[-(2n ** 63n), 2n ** 63n, 2n ** 64n - 2n ** 31n, 2n ** 64n - 128n, 2n ** 64n],
];

export function shapeOf(operand: Operand): string {
  if (typeof operand !== 'object') return immediateShape(operand);
  switch (operand.kind) {
    case 'register':
      return registerShape(operand);
    case 'memory':
      return memoryShape(operand);
    case 'symbol':
      return operand.bits === undefined ? 's' : `s${operand.bits}`;
    case 'far':
      return `f${shapeOf(operand.offset)}`;
  }
}

function immediateShape(value: Immediate): string {
  let passed = 0;
  if (typeof value === 'bigint' || Math.abs(value) >= 2 ** 53) {
    const wide = BigInt(value);
    for (const boundary of wideBoundaries) if (wide >= boundary) passed++;
    return `I${passed}`;
  }
  if (!Number.isInteger(value)) return 'fraction';
  for (let i = 0; i < boundaries.length; i++) if (value >= (boundaries[i] as number)) passed++;
  return `i${passed}`;
}

const registerShapes = new WeakMap<Register, string>();

/** Numbers 0 to 2 may be a fixed register of a row (AL, CL, DX, ST(0), XMM0), segment registers all; from 8 on VEX may grow by a byte. */
function registerShape(register: Register): string {
  let shape = registerShapes.get(register);
  if (shape === undefined) {
    const { number } = register;
    const told = number <= 2 || register.class === 'segment' ? String(number) : number >= 8 ? 'x' : 'l';
    shape = `${register.class}${register.bits}${told}`;
    registerShapes.set(register, shape);
  }
  return shape;
}

function memoryShape(memory: Memory): string {
  const { base, index, bits } = memory;
  if (base === undefined && index === undefined) {
    return `a${bits}.${memory.addressBits ?? 0}${immediateShape(memory.displacement)}`;
  }
  const extended =
    (base !== undefined && base !== 'rip' && base.number >= 8) || (index !== undefined && index.number >= 8);
  const vector = index === undefined || index.class === 'gpr' ? '' : index.class;
  return `m${bits}${extended ? 'x' : ''}${vector}`;
}
