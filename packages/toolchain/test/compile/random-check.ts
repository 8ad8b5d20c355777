/** Random modules by the batch: compiled, run natively, and compared with binaryen's interpreter and with the engine of this process. */
import { CompileError, type CompileWasmOptions, WasmError } from '../../src/index.ts';
import { decodeModule } from '../../src/wasm/module.ts';
import { compareWithInterpreter } from './interpreter.ts';
import { WINDOW, jobOf, type NativeRun, runJobs } from './native.ts';
import { type RandomModule, randomModule } from './random-module.ts';
import { runInEngine, TRAPPING_IMPORTS } from './reference.ts';

export interface BatchResult {
  /** Modules that were run and compared. */
  readonly compared: number;
  /** By reason: modules that use what is not supported, or whose start function traps. */
  readonly skipped: readonly string[];
  /** Seed and first difference of each that disagrees. */
  readonly differences: readonly string[];
}

/** Ways to compile, by seed: every memory model, with and without growth, processor features. */
export function optionsOf(seed: number): Partial<CompileWasmOptions> {
  const memoryBase =
    seed % 3 === 0 ? ({ kind: 'register' } as const) : ({ kind: 'constant', address: WINDOW } as const);
  return {
    memoryBase,
    bounds: seed % 5 < 2 ? 'checked' : 'guard',
    memoryGrowth: 'hook',
    // The fuzzer's tables are small, and interpreter and engine let them grow as far as they like.
    tableLimit: 100_000,
    ...(seed % 7 === 0 ? { features: ['popcnt', 'lzcnt', 'bmi1'] } : {}),
    ...(seed % 11 === 0 ? { guardBytes: 65536 } : {}),
  };
}

interface Prepared extends RandomModule {
  readonly seed: number;
  readonly forEngine: boolean;
}

/** Every fourth module is for the engine, the others for the interpreter. */
export async function checkBatch(first: number, count: number): Promise<BatchResult> {
  const prepared: Prepared[] = [];
  const skipped: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const forEngine = seed % 4 === 3;
    const bytes = 600 + 150 * (seed % 24);
    try {
      const made = await randomModule(seed, { bytes, inBounds: seed % 3 === 0, forEngine });
      prepared.push({ ...made, seed, forEngine });
    } catch (error) {
      if (!(error instanceof WasmError && error.code === 'WASM_UNSUPPORTED')) throw error;
      skipped.push(`${seed}: ${error.reason}`);
    }
  }
  const jobs: Buffer[] = [];
  const runs: NativeRun[] = [];
  const run: Prepared[] = [];
  for (const each of prepared) {
    if (!each.forEngine && callsBackFromStart(each.wasm)) {
      skipped.push(`${each.seed}: calls back from its start function`);
      continue;
    }
    const options = optionsOf(each.seed);
    const trapping = each.forEngine ? TRAPPING_IMPORTS.map((name) => `fuzzing-support.${name}`) : [];
    const native = { name: `seed ${each.seed}`, wasm: each.wasm, calls: each.calls, options, trapping };
    try {
      jobs.push(jobOf(native));
      runs.push(native);
      run.push(each);
    } catch (error) {
      const unsupported =
        error instanceof CompileError ||
        (error instanceof WasmError && (error.code === 'WASM_UNSUPPORTED' || error.reason.includes('does not fit')));
      if (!unsupported) throw new Error(`seed ${each.seed}`, { cause: error });
      skipped.push(`${each.seed}: ${error.message}`);
    }
  }
  const actual = runJobs(jobs, runs);
  const differences: string[] = [];
  run.forEach((each, i) => {
    const found = difference(each, actual[i] as string[]);
    if (found !== undefined) differences.push(`seed ${each.seed}: ${found}`);
  });
  return { compared: run.length, skipped, differences };
}

/** The interpreter's imports find no instance yet when the start function calls them. */
function callsBackFromStart(wasm: Uint8Array): boolean {
  const { start, functions } = decodeModule(wasm);
  return start !== undefined && functions.some(({ imported }) => /^(call|table)-/.test(imported?.field ?? ''));
}

function difference({ forEngine, wasm, calls, interpreted }: Prepared, lines: readonly string[]): string | undefined {
  const bad = lines.find((line) => line.startsWith('!!'));
  if (bad !== undefined) return bad;
  if (!forEngine) return compareWithInterpreter(interpreted, lines);
  const expected = runInEngine(wasm, calls);
  if (expected.at(-1) === 'start trap') return lines.includes('start trap') ? undefined : 'the start function traps';
  const at = expected.findIndex((line, i) => line !== lines[i]);
  return at < 0 && expected.length === lines.length ? undefined : `${lines[at]}, engine: ${expected[at]}`;
}
