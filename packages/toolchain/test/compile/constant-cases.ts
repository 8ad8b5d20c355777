/** Every operator on scalars with constants as operands, one function each without parameters: what an interpreter calls with nothing. */
import { type Operator } from '../../src/wasm/operators.ts';
import type { NativeCall } from './native.ts';
import { type OperatorCase, TYPES, VALUES } from './operator-cases.ts';
import { assembleText } from './wat.ts';

const view = new DataView(new ArrayBuffer(8));

/** A constant in the text format, from its bits. */
export function constantText(letter: string, bits: bigint): string {
  if (letter === 'i') return `(i32.const ${BigInt.asIntN(32, bits)})`;
  if (letter === 'l') return `(i64.const ${BigInt.asIntN(64, bits)})`;
  if (letter === 'f') view.setUint32(0, Number(bits));
  else view.setBigUint64(0, bits);
  const number = letter === 'f' ? view.getFloat32(0) : view.getFloat64(0);
  const text = Number.isNaN(number)
    ? 'nan'
    : Number.isFinite(number)
      ? Object.is(number, -0)
        ? '-0'
        : String(number)
      : number > 0
        ? 'inf'
        : '-inf';
  return `(${TYPES[letter]}.const ${text})`;
}

/** All combinations of edge values; of every fifth one for operators with two operands, shifted by the operator's number. */
export function constantCases(list: readonly Operator[]): OperatorCase {
  const functions: string[] = [];
  const calls: NativeCall[] = [];
  list.forEach(({ name, popped, pushed }, n) => {
    const [first = '', second] = Array.from(popped as string);
    const add = (label: string, operands: string): void => {
      const exported = `${name}/${label}`;
      functions.push(`(func (export "${exported}") (result ${TYPES[pushed as string]}) (${name} ${operands}))`);
      calls.push({ name: exported, arguments: [] });
    };
    (VALUES[first] ?? []).forEach((a, i) => {
      if (second === undefined) return add(`${i}`, constantText(first, a));
      return (VALUES[second] ?? []).forEach((b, j) => {
        if ((i + j + n) % 5 === 0) add(`${i}/${j}`, `${constantText(first, a)} ${constantText(second, b)}`);
      });
    });
  });
  return { wasm: assembleText(`(module ${functions.join('\n')})`), calls };
}
