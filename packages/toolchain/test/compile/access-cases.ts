/**
 * Every operator that accesses memory, made from its row in the table: aligned and not, inside the memory, at its end and behind it,
 * with edge values to store. The address is a parameter, or a constant where an interpreter shall call the functions with nothing.
 */
import { type Operator, operators } from '../../src/wasm/operators.ts';
import { constantText } from './constant-cases.ts';
import type { NativeCall } from './native.ts';
import { type OperatorCase, TYPES, VALUES, VECTORS } from './operator-cases.ts';
import { assembleText } from './wat.ts';

const MEMORY_BYTES = 65536;
const OFFSET = 24;

/** All but waiting and waking, which the embedder defines. */
export const accessOperators: readonly Operator[] = [...operators.values()].filter(
  ({ accessBytes, name }) => accessBytes > 0 && !/wait|notify/.test(name),
);

/** Bytes of all kinds, first in the memory and last. */
const PATTERN = Array.from(
  { length: 64 },
  (_, i) => `\\${(((i * 37) ^ (i << 3)) & 0xff).toString(16).padStart(2, '0')}`,
);

function valueText(letter: string, which: number): string {
  if (letter === 'v') return `(v128.const i8x16 ${VECTORS[which % VECTORS.length]})`;
  const values = VALUES[letter] as readonly bigint[];
  return constantText(letter, values[(which * 7) % values.length] as bigint);
}

/** A vector result is stored, and its halves are combined. */
function resultText(pushed: string, expression: string): string {
  if (pushed !== 'v') return expression;
  return `(v128.store (i32.const 256) ${expression}) (i64.add (i64.load (i32.const 256)) (i64.mul (i64.const 31) (i64.load (i32.const 264))))`;
}

export function accessCases(list: readonly Operator[], constantAddresses: boolean): OperatorCase {
  const functions: string[] = [];
  const calls: NativeCall[] = [];
  for (const { name, popped, pushed = '', accessBytes, lanes } of list) {
    const end = MEMORY_BYTES - OFFSET - accessBytes;
    const addresses = [
      0,
      1,
      accessBytes,
      3 * accessBytes + 1,
      end,
      end + 1,
      MEMORY_BYTES - 1,
      MEMORY_BYTES,
      0x7fffffff,
    ];
    const operands = Array.from(popped as string).slice(1);
    const type = pushed === 'v' ? 'i64' : TYPES[pushed];
    const result = type === undefined ? '' : `(result ${type})`;
    const count = operands.length === 0 ? 1 : 4;
    for (let which = 0; which < count; which++) {
      const values = operands.map((letter, i) => valueText(letter, which + i)).join(' ');
      const lane = lanes > 0 ? ` ${(which * 5) % lanes}` : '';
      const body = (address: string): string =>
        resultText(pushed, `(${name} offset=${OFFSET}${lane} ${address} ${values})`);
      addresses.forEach((address, i) => {
        const exported = constantAddresses ? `${name}/${which}/${i}` : `${name}/${which}`;
        if (constantAddresses)
          functions.push(`(func (export "${exported}") ${result} ${body(`(i32.const ${address})`)})`);
        else if (i === 0)
          functions.push(`(func (export "${exported}") (param i32) ${result} ${body('(local.get 0)')})`);
        calls.push({ name: exported, arguments: constantAddresses ? [] : [BigInt(address)] });
      });
    }
  }
  // Stores are seen by the hash of the memory, and here, where nobody hashes it.
  functions.push(
    `(func (export "checksum") (result i64) (local i64 i32) (loop $l
      (local.set 0 (i64.add (i64.mul (local.get 0) (i64.const 31)) (i64.load (local.get 1))))
      (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 8))) (i32.const 384))))
      (loop $l (local.set 0 (i64.add (i64.mul (local.get 0) (i64.const 31)) (i64.load offset=65408 (local.tee 1 (i32.and (local.get 1) (i32.const 127))))))
      (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 8))) (i32.const 128)))) (local.get 0))`,
  );
  calls.push({ name: 'checksum', arguments: [] });
  const data = PATTERN.join('');
  const memory = `(memory (export "m") 1 1) (data (i32.const 0) "${data}") (data (i32.const 65472) "${data}")`;
  return { wasm: assembleText(`(module ${memory} ${functions.join('\n')})`), calls };
}
