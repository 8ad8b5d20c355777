/** Every operator on its edge cases: compiled code against the engine of this process and against binaryen's interpreter. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { operators } from '../../src/wasm/operators.ts';
import { accessCases, accessOperators } from './access-cases.ts';
import { wasmOpt } from './binaryen-tools.ts';
import { constantCases } from './constant-cases.ts';
import { compareWithInterpreter } from './interpreter.ts';
import { nativeReason, runNatively, WINDOW } from './native.ts';
import {
  type OperatorCase,
  scalarCases,
  scalarOperators,
  shuffleCases,
  vectorCases,
  vectorOperators,
} from './operator-cases.ts';
import { runInEngine } from './reference.ts';

const variants = [
  { title: 'baseline', options: {} },
  { title: 'with POPCNT, LZCNT, BMI1', options: { features: ['popcnt', 'lzcnt', 'bmi1'] } },
] as const;

/** What the interpreter prints when it calls every export. */
async function interpret(wasm: Uint8Array): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'drift-operators-'));
  try {
    writeFileSync(join(folder, 'module.wasm'), wasm);
    return await wasmOpt([join(folder, 'module.wasm'), '--all-features', '--fuzz-exec-before']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compareWithEngine({ wasm, calls }: OperatorCase, actual: readonly string[]): void {
  const expected = runInEngine(wasm, calls);
  const at = expected.findIndex((line, i) => line !== actual[i]);
  const before = expected[at - 1] ?? '';
  expect(at < 0 ? '' : `${before} / ${actual[at]}`).toBe(at < 0 ? '' : `${before} / ${expected[at]}`);
  expect(actual.length).toBe(expected.length);
}

it('no operator is left out', () => {
  const covered = new Set([...scalarOperators, ...vectorOperators, ...accessOperators].map(({ name }) => name));
  const rest = [...operators.values()].filter(({ name }) => !covered.has(name)).map(({ name }) => name);
  // Control flow, variables, tables and bulk memory have tests of their own; all random modules are full of them.
  expect(rest.filter((name) => /^[if](8|16|32|64)|^v128/.test(name)).sort()).toEqual([
    'f32.const',
    'f64.const',
    'i32.const',
    'i64.const',
    'i8x16.shuffle',
    'v128.const',
  ]);
});

const suite = `operators run natively${nativeReason === undefined ? '' : ` (skipped: ${nativeReason})`}`;
describe.skipIf(nativeReason !== undefined)(suite, () => {
  it.each(variants)(
    'scalar operators agree with the engine, $title',
    ({ options }) => {
      const cases = scalarCases(scalarOperators);
      expect(cases.calls.length).toBeGreaterThan(10_000);
      compareWithEngine(cases, runNatively([{ ...cases, options }])[0] as string[]);
    },
    60_000,
  );

  it('scalar operators on constants agree with the interpreter', async () => {
    const cases = constantCases(scalarOperators);
    expect(cases.calls.length).toBeGreaterThan(3_000);
    const [actual] = runNatively([cases]);
    expect(compareWithInterpreter(await interpret(cases.wasm), actual as string[])).toBeUndefined();
  }, 60_000);

  it('vector operators agree with the engine and the interpreter', async () => {
    const cases = vectorCases(vectorOperators);
    const [actual] = runNatively([cases]);
    compareWithEngine(cases, actual as string[]);
    expect(compareWithInterpreter(await interpret(cases.wasm), actual as string[])).toBeUndefined();
  }, 60_000);

  it('shuffles agree with the engine and the interpreter', async () => {
    const cases = shuffleCases();
    const [actual] = runNatively([cases]);
    compareWithEngine(cases, actual as string[]);
    expect(compareWithInterpreter(await interpret(cases.wasm), actual as string[])).toBeUndefined();
  }, 60_000);

  it.each([false, true])(
    'accesses agree with the engine and the interpreter, constant addresses: %s',
    async (constantAddresses) => {
      const cases = accessCases(accessOperators, constantAddresses);
      const models = [
        { memoryBase: { kind: 'constant', address: WINDOW }, bounds: 'guard' },
        { memoryBase: { kind: 'constant', address: WINDOW }, bounds: 'checked' },
        { memoryBase: { kind: 'register' }, bounds: 'guard', memoryGrowth: 'hook' },
        { memoryBase: { kind: 'register' }, bounds: 'checked', memoryGrowth: 'hook' },
      ] as const;
      const actual = runNatively(models.map((options) => ({ ...cases, options })));
      for (const lines of actual) compareWithEngine(cases, lines);
      if (!constantAddresses) return;
      expect(compareWithInterpreter(await interpret(cases.wasm), actual[0] as string[])).toBeUndefined();
    },
    60_000,
  );
});
