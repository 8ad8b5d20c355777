/** Edge cases of numeric operators, made from their signatures in the table, as modules to run. */
import { type Operator, operators } from '../../src/wasm/operators.ts';
import type { NativeCall } from './native.ts';
import { assembleText } from './wat.ts';

const INTEGERS32 = [
  0n,
  1n,
  2n,
  3n,
  7n,
  31n,
  32n,
  33n,
  100n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0x80000001n,
  0xfffffffen,
  0xffffffffn,
];
const INTEGERS64 = [
  0n,
  1n,
  2n,
  3n,
  63n,
  64n,
  65n,
  0x80n,
  0xffn,
  0x8000n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0x8000000000000001n,
  0xfffffffffffffffen,
  0xffffffffffffffffn,
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  0.9,
  -0.9,
  3.4e38,
  -3.4e38,
  1e-45,
  2 ** 31,
  -(2 ** 31),
  2 ** 31 - 1,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 32 - 1,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  1e30,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

const view = new DataView(new ArrayBuffer(8));
const FLOATS32 = NUMBERS.map((number) => {
  view.setFloat32(0, number);
  return BigInt(view.getUint32(0));
});
const FLOATS64 = NUMBERS.map((number) => {
  view.setFloat64(0, number);
  return view.getBigUint64(0);
});

/** Edge values as bits, by the letter of their type. */
export const VALUES: Readonly<Record<string, readonly bigint[]>> = {
  i: INTEGERS32,
  l: INTEGERS64,
  f: FLOATS32,
  d: FLOATS64,
};
export const TYPES: Readonly<Record<string, string>> = { i: 'i32', l: 'i64', f: 'f32', d: 'f64' };

/** Operators on scalars that are nothing but their operation. */
export const scalarOperators: readonly Operator[] = [...operators.values()].filter(
  ({ popped, pushed, immediate }) =>
    immediate === 'none' && popped !== undefined && /^[ilfd]+$/.test(popped) && /^[ilfd]$/.test(pushed ?? ''),
);

/** Operators on vectors without immediates. */
export const vectorOperators: readonly Operator[] = [...operators.values()].filter(
  ({ code, popped, pushed, immediate }) =>
    code >>> 8 === 0xfd &&
    (immediate === 'none' || immediate === 'lane') &&
    popped !== undefined &&
    pushed !== undefined,
);

export interface OperatorCase {
  readonly wasm: Uint8Array;
  readonly calls: readonly NativeCall[];
}

/**
 * Each operator with its operands as parameters, and each with a constant as its second operand, in one module.
 * Signs of NaN are not determined by WebAssembly, so operators that give floats are called on them but compared as "nan".
 */
export function scalarCases(list: readonly Operator[]): OperatorCase {
  const functions: string[] = [];
  const calls: NativeCall[] = [];
  for (const { name, popped, pushed } of list) {
    const types = Array.from(popped as string);
    const result = TYPES[pushed as string];
    const parameters = types.map((type) => `(param ${TYPES[type]})`).join(' ');
    const operands = types.map((_, i) => `(local.get ${i})`).join(' ');
    functions.push(`(func (export "${name}") ${parameters} (result ${result}) (${name} ${operands}))`);
    const [first, second] = types.map((type) => VALUES[type] as readonly bigint[]);
    for (const a of first as readonly bigint[]) {
      if (second === undefined) calls.push({ name, arguments: [a] });
      else for (const b of second) calls.push({ name, arguments: [a, b] });
    }
    if (types.length === 2 && (types[1] === 'i' || types[1] === 'l')) {
      (second as readonly bigint[]).forEach((constant, i) => {
        const type = TYPES[types[1] as string] as string;
        const exported = `${name} ${i}`;
        const body = `(${name} (local.get 0) (${type}.const ${BigInt.asIntN(type === 'i32' ? 32 : 64, constant)}))`;
        functions.push(`(func (export "${exported}") (param ${type}) (result ${result}) ${body})`);
        for (const a of first as readonly bigint[]) calls.push({ name: exported, arguments: [a] });
      });
    }
  }
  return { wasm: assembleText(`(module (memory (export "m") 1) ${functions.join('\n')})`), calls };
}

const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x55, 0x11, 0x3f, 0x20, 0xc0, 0x40, 0x0f, 0xf0, 0x10, 0x81, 0xfe];
/** Vectors as sixteen bytes in the text format, made of edges of every lane width and of floats. */
export const VECTORS: readonly string[] = [
  new Array(16).fill(0).join(' '),
  new Array(16).fill(255).join(' '),
  BYTES.join(' '),
  [...BYTES].reverse().join(' '),
  [0, 0x80, 0, 0x80, 0xff, 0x7f, 0xff, 0x7f, 1, 0, 0xff, 0xff, 0, 0, 0, 0x80].join(' '),
  [0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0].join(' '),
  floats([1.5, -2.5, 3e9, -3e9]),
  floats([0, -0, Number.NaN, Number.POSITIVE_INFINITY]),
  floats([Number.NEGATIVE_INFINITY, 4.5e9, 0.5, -0.5]),
  doubles([1.5, -2147483649]),
  doubles([-0, 4294967296.5]),
  doubles([Number.NaN, 0]),
];

function floats(numbers: readonly number[]): string {
  return [...new Uint8Array(Float32Array.from(numbers).buffer)].join(' ');
}

function doubles(numbers: readonly number[]): string {
  return [...new Uint8Array(Float64Array.from(numbers).buffer)].join(' ');
}

/**
 * Each operator on all pairs of vectors. A result with floats in it has its NaNs replaced by zero lanes before it is stored, as their
 * bits are not determined.
 */
export function vectorCases(list: readonly Operator[]): OperatorCase {
  const functions: string[] = [];
  const calls: NativeCall[] = [];
  list.forEach(({ name, popped, pushed, lanes }, n) => {
    const types = Array.from(popped as string);
    const lane = lanes > 0 ? ` ${n % lanes}` : '';
    const shape = /^(f32x4|f64x2)\.(?!(?:eq|ne|lt|gt|le|ge)$|extract)/.exec(name)?.[1];
    const scalars: Readonly<Record<string, readonly string[]>> = {
      i: [0, 1, 7, 9, 33, -1, 2147483647].map((i) => `(i32.const ${i})`),
      l: ['(i64.const -1)', '(i64.const 0x123456789abcdef0)'],
      f: ['(f32.const -1.5)', '(f32.const 0)'],
      d: ['(f64.const -1.5)', '(f64.const 1e300)'],
    };
    const choices = types.map((type) =>
      type === 'v' ? VECTORS.map((bytes) => `(v128.const i8x16 ${bytes})`) : (scalars[type] as readonly string[]),
    );
    const count = Math.max(...choices.map((choice) => choice.length));
    const bodies: string[] = [];
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < (types.length > 1 ? (choices[1] as readonly string[]).length : 1); j++) {
        // Constants go through memory, or binaryen's and our own folding would do the work.
        const operands = choices.map((choice, k) => {
          const constant = choice[(k === 0 ? i : k === 1 ? j : i + j) % choice.length] as string;
          if (types[k] !== 'v') return constant;
          return `(block (result v128) (v128.store (i32.const ${1024 + 16 * k}) ${constant}) (v128.load (i32.const ${1024 + 16 * k})))`;
        });
        let expression = `(${name}${lane} ${operands.join(' ')})`;
        const result = pushed as string;
        if (shape !== undefined) {
          expression = `(local.set 0 ${expression}) (local.set 0 (v128.and (local.get 0) (${shape}.eq (local.get 0) (local.get 0))))`;
          bodies.push(`${expression} (v128.store (local.get 1) (local.get 0))`);
        } else if (result === 'v') bodies.push(`(v128.store (local.get 1) ${expression})`);
        else bodies.push(`(${TYPES[result]}.store (local.get 1) ${expression})`);
        bodies.push('(local.set 1 (i32.add (local.get 1) (i32.const 16)))');
      }
    }
    functions.push(
      `(func (export "${name}") (result i32) (local v128 i32) (local.set 1 (i32.const 4096)) ${bodies.join('\n')} (call $hash))`,
    );
    calls.push({ name, arguments: [] });
  });
  // Each gives a running hash of all results so far, so that a difference names the first operator it shows in.
  const hash = `(global $h (mut i32) (i32.const 1)) (func $hash (result i32) (local i32) (local.set 0 (i32.const 4096))
    (loop $again (global.set $h (i32.add (i32.mul (global.get $h) (i32.const 31)) (i32.load (local.get 0))))
    (local.set 0 (i32.add (local.get 0) (i32.const 4))) (br_if $again (i32.lt_u (local.get 0) (i32.const 16384))))
    (global.get $h))`;
  return { wasm: assembleText(`(module (memory (export "m") 1) ${hash} ${functions.join('\n')})`), calls };
}

/** Shuffles of every kind that has code of its own, and of kinds that have none. */
export function shuffleCases(): OperatorCase {
  const from = (make: (i: number) => number): number[] => Array.from({ length: 16 }, (_, i) => make(i));
  const shuffles = [
    from((i) => i),
    from((i) => i + 16),
    from(() => 0),
    from(() => 31),
    from((i) => 15 - i),
    from((i) => (i + 5) % 32),
    from((i) => (i + 20) % 32),
    from((i) => (i >> 1) + (i & 1) * 16),
    from((i) => 8 + (i >> 1) + (i & 1) * 16),
    from((i) => ((i >> 2) * 8 + (i & 3)) % 32),
    from((i) => (i & 3) + 4 * ([2, 0, 3, 1][i >> 2] as number)),
    from((i) => (i & 7) + 16 * (i >> 3)),
    from((i) => (i & 1) + 2 * ([3, 2, 1, 0, 4, 5, 6, 7][i >> 1] as number)),
    ...Array.from({ length: 40 }, (_, n) => from((i) => ((i * (2 * n + 7)) ^ (n * 11)) & 31)),
  ];
  const functions = shuffles.map((lanes, n) => {
    const operand = (k: number): string => `(v128.load (i32.const ${16 * (k + (n % 3))}))`;
    return `(func (export "shuffle/${n}") (result i64) (v128.store (i32.const 256) (i8x16.shuffle ${lanes.join(' ')} ${operand(0)} ${operand(1)}))
      (i64.add (i64.load (i32.const 256)) (i64.mul (i64.const 31) (i64.load (i32.const 264)))))`;
  });
  const data = from((i) => i).flatMap((row) => from((i) => (row * 53 + i * 17) & 0xff));
  const text = data.map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  return {
    wasm: assembleText(`(module (memory (export "m") 1 1) (data (i32.const 0) "${text}") ${functions.join('\n')})`),
    calls: shuffles.map((_, n) => ({ name: `shuffle/${n}`, arguments: [] })),
  };
}
