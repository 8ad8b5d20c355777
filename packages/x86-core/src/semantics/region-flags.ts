/**
 * Flags in a region: remembered as what they come from, and computed only where they are read.
 *
 * Within a block the source is known while compiling, and costs nothing: a branch becomes one comparison, a source that is never read no code.
 * Where control leaves the block, the state takes the source along: its kind, and a, b and result in the words that hold settled flags elsewhere. Locals
 * would do it too, but most blocks that get a source along only pass it on in case they fault, and V8 has few registers. At the region's exit, and
 * where a block reads flags that came from outside, the function `settle` turns it into the three words of flags.ts.
 */
import { FunctionBody } from '../wasm/function-body.ts';
import { settle } from './flags.ts';
import type { Bits, FlagSource } from './language.ts';
import { localValue } from './lowering.ts';
import { pushValue } from './push-value.ts';
import type { ModuleFunction } from './region-calls.ts';
import { add, sub } from './value.ts';

const operations = ['settled', 'add', 'sub', 'logic'] as const;
const widths: readonly Bits[] = [8, 16, 32, 64];

/** 0: settled; else which operation at which width, and whether it is plain. */
export function kindOf({ operation, bits, plain }: FlagSource): number {
  if (operation === 'order') throw new Error('An order has no kind: it is settled first');
  const number = operations.indexOf(operation);
  if (number === 0) return 0;
  return (2 * (number - 1) + (plain ? 1 : 0)) * widths.length + widths.indexOf(bits) + 1;
}

/** Which of the words `settle` looks at, for a kind. */
export function wordsOf({ operation, plain }: FlagSource): { readonly operands: boolean; readonly result: boolean } {
  return { operands: operation !== 'logic', result: !plain };
}

/** Name of the function in a region's module. */
export const SETTLE = 'settle';

/** (kind, a, b, result) to (result, carry, aux). */
export function settleFunction(): ModuleFunction {
  const body = new FunctionBody(4);
  const [a, b, result] = [localValue(1), localValue(2), localValue(3)];
  const sources: FlagSource[] = [{ operation: 'settled', bits: 64, a, b, result, plain: false }];
  for (const operation of ['add', 'sub', 'logic'] as const) {
    for (const plain of [false, true]) {
      for (const bits of widths) {
        const value = plain && operation !== 'logic' ? (operation === 'add' ? add : sub)(bits, a, b) : result;
        sources.push({ operation, bits, a, b, result: value, plain });
      }
    }
  }
  const labels = sources.map(() => body.block()).toReversed();
  body.get(0);
  body.branchTable(labels);
  for (const source of sources) {
    body.end();
    const words = settle(source);
    for (const word of [words.result, words.carry, words.aux]) pushValue(body, word);
    body.return();
  }
  body.unreachable();
  return { signature: { parameters: ['i32', 'i64', 'i64', 'i64'], results: ['i64', 'i64', 'i64'] }, body };
}
