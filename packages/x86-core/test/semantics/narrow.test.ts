/** What is narrowed computes what it did before: random trees of operators, run by WebAssembly in both forms. */
import { expect, test } from 'vitest';
import type { Value } from '../../src/semantics/language.ts';
import { isLow, narrowed, type Narrowing } from '../../src/semantics/narrow.ts';
import { constant, operation, typeOf } from '../../src/semantics/value.ts';
import { FunctionBody } from '../../src/wasm/function-body.ts';
import { ModuleBuilder } from '../../src/wasm/module-builder.ts';
import type { OperatorName } from '../../src/wasm/operators.ts';

/** The parameters; the upper half of the last one is 0. */
const PARAMETERS = 3;
const LOW_PARAMETER = 2;
const known: Narrowing = {
  evaluate: (value) => (value.kind === 'constant' ? BigInt.asUintN(64, value.value) : undefined),
  isLow: (temporary) => temporary === LOW_PARAMETER,
};

function push(body: FunctionBody, value: Value, narrow: boolean): boolean {
  if (value.kind === 'constant' && value.type === 'i32') body.i32(Number(value.value));
  else if (value.kind === 'constant') body.i64(value.value);
  else if (value.kind === 'temporary') body.get(value.number);
  else if (value.kind === 'operation') {
    const simpler = narrow ? narrowed(value, known) : undefined;
    if (simpler !== undefined) {
      push(body, simpler, narrow);
      return true;
    }
    const changed = value.operands.map((operand) => push(body, operand, narrow));
    body.operator(value.name);
    return changed.includes(true);
  } else throw new Error(value.kind);
  return false;
}

function compile(value: Value): { plain: Evaluate; narrow: Evaluate; isNarrow: boolean } {
  const module = new ModuleBuilder();
  let isNarrow = false;
  for (const name of ['plain', 'narrow'] as const) {
    const body = new FunctionBody(PARAMETERS);
    const changed = push(body, value, name === 'narrow');
    if (name === 'narrow') isNarrow = changed;
    if (value.kind === 'operation' && value.type === 'i32') body.operator('i64.extend_i32_u');
    module.function(name, { parameters: ['i64', 'i64', 'i64'], results: ['i64'] }, body);
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), {
    core: {
      memory: new WebAssembly.Memory({ initial: 1 }),
      table: new WebAssembly.Table({ element: 'anyfunc', initial: 1 }),
    },
  });
  return { ...(exports as unknown as { plain: Evaluate; narrow: Evaluate }), isNarrow };
}

type Evaluate = (a: bigint, b: bigint, c: bigint) => bigint;

let seed = 1;
/** 0 to below `limit`: a linear congruential generator. */
function random(limit: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
}
const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;

const binary = ['i64.add', 'i64.sub', 'i64.mul', 'i64.and', 'i64.or', 'i64.xor'] as const;
const shifts = ['i64.shl', 'i64.shr_u', 'i64.shr_s'] as const;
const comparisons = ['eq', 'ne', 'lt_u', 'le_u', 'gt_u', 'ge_u', 'lt_s', 'le_s', 'gt_s', 'ge_s'].map(
  (name) => `i64.${name}` as OperatorName,
);
const edges = [0n, 1n, 31n, 32n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, (1n << 63n) - 1n, -1n];
const LOW = constant(0xffff_ffffn);

function tree(depth: number): Value {
  if (depth === 0) {
    if (random(3) === 0) return constant(pick(edges));
    return { kind: 'temporary', type: 'i64', number: random(PARAMETERS) };
  }
  const below = (): Value => tree(depth - 1 - random(depth));
  switch (random(6)) {
    case 0:
      return operation('i64.and', below(), LOW);
    case 1:
      return operation(pick(shifts), below(), constant(random(64)));
    case 2:
      return operation('i64.extend32_s', below());
    case 3:
      return operation('i64.extend_i32_u', operation('i32.wrap_i64', below()));
    default:
      return operation(pick(binary), below(), below());
  }
}

function root(): Value {
  const value = tree(4);
  if (random(3) === 0) return operation('i64.and', value, LOW);
  if (random(4) === 0) return operation('i64.eqz', value);
  if (random(3) === 0) return operation('i64.extend_i32_u', operation('i32.wrap_i64', value));
  const sign = (each: Value): Value => operation('i64.extend32_s', each);
  return random(2) === 0
    ? operation(pick(comparisons), sign(value), sign(tree(3)))
    : operation(pick(comparisons), value, tree(3));
}

test('random trees', () => {
  let narrow = 0;
  for (let round = 0; round < 1000; round++) {
    const value = root();
    const both = compile(value);
    if (both.isNarrow) narrow++;
    for (let each = 0; each < 20; each++) {
      const anything = (): bigint =>
        random(2) === 0 ? pick(edges) : (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));
      const parameters = [anything(), anything(), BigInt.asUintN(32, anything())] as const;
      const expected = both.plain(...parameters);
      expect(both.narrow(...parameters)).toBe(expected);
      if (typeOf(value) === 'i64' && isLow(value, known)) expect(BigInt.asUintN(64, expected) >> 32n).toBe(0n);
    }
  }
  expect(narrow).toBeGreaterThan(300);
});
