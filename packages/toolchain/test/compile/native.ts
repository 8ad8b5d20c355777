/**
 * Runs compiled modules natively. native-host.c, built once, maps a window for linear memory, calls exports with given arguments,
 * catches the signals that traps become, and prints one line per call. Memory base 0 needs the right to map page 0 (root).
 * Needs gcc on amd64 Linux; `nativeReason` says what is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Assembler,
  type CompileWasmOptions,
  compileWasm,
  linkFlat,
  mem64,
  type ObjectModule,
} from '../../src/index.ts';
import { decodeModule } from '../../src/wasm/module.ts';
import { EXTERNREF, FUNCREF, type FunctionType, I32, type Module, V128, type ValueType } from '../../src/wasm/types.ts';

function missing(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'native runs need amd64 Linux';
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'gcc is missing: apt install gcc';
}

/** Why nothing can be run natively here; undefined where it can. */
export const nativeReason: string | undefined = missing();

/** Where the window of linear memory is, and where it is for modules with a base register. */
export const WINDOW = 0x40000000;
const REGISTER_WINDOW = 0x400000000;
const IMAGE = 0x10000000;
/** Of native-host.c, as are the numbers of its functions. */
const HOST_TABLE = 0x0f000000;
const HOST_FUNCTIONS: Readonly<Record<string, number>> = {
  'fuzzing-support.log-i32': 0,
  'fuzzing-support.log-i64': 1,
  'fuzzing-support.log-f32': 2,
  'fuzzing-support.log-f64': 3,
  'fuzzing-support.log-v128': 4,
  'fuzzing-support.sleep': 5,
  'drift.memory_grow': 6,
  'drift.memory_wait32': 7,
  'drift.memory_wait64': 8,
  'drift.memory_notify': 9,
  'fuzzing-support.throw': 10,
  'fuzzing-support.table-get': 11,
  'fuzzing-support.table-set': 12,
  'fuzzing-support.call-export': 13,
  'fuzzing-support.call-export-catch': 14,
  'fuzzing-support.call-ref': 15,
  'fuzzing-support.call-ref-catch': 16,
};

/** A call: an export's name, and arguments as their bits. */
export interface NativeCall {
  readonly name: string;
  readonly arguments: readonly bigint[];
}

export interface NativeRun {
  /** What an error calls it. */
  readonly name?: string;
  readonly wasm: Uint8Array;
  readonly calls: readonly NativeCall[];
  readonly options?: Partial<CompileWasmOptions>;
  /** Imports that trap. */
  readonly trapping?: readonly string[];
}

let host: string | undefined;

/** Builds the host program, or finds it where another process has built it from the same source. */
function hostProgram(): string {
  if (host !== undefined) return host;
  const source = readFileSync(new URL('native-host.c', import.meta.url));
  const path = join(tmpdir(), `drift-native-host-${createHash('sha256').update(source).digest('hex').slice(0, 16)}`);
  if (!existsSync(path)) {
    const folder = mkdtempSync(join(tmpdir(), 'drift-native-'));
    const built = join(folder, 'host');
    execFileSync('gcc', ['-w', '-O1', '-no-pie', '-x', 'c', '-', '-o', built], { input: source });
    renameSync(built, path);
    rmSync(folder, { recursive: true });
  }
  host = path;
  return path;
}

/** Compiles each module, runs all in one process, and gives the printed lines of each: one per logged value and call, then a hash of the memory. */
export function runNatively(runs: readonly NativeRun[]): string[][] {
  return runJobs(runs.map(jobOf), runs);
}

/** A batch prints some hundred kilobytes. */
const MOST_OUTPUT = 1 << 26;

/** As `runNatively`, of jobs that are ready. */
export function runJobs(list: readonly Buffer[], runs: readonly NativeRun[]): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'drift-native-'));
  try {
    const jobs = join(folder, 'jobs');
    writeFileSync(jobs, Buffer.concat(list));
    const { stdout, signal, stderr, status, error } = spawnSync(hostProgram(), [jobs], {
      maxBuffer: MOST_OUTPUT,
      encoding: 'latin1',
      timeout: 240_000,
    });
    if (status === 0) return splitRuns(stdout, runs);
    const last = stdout.split('\n== run\n').length - 1;
    throw new Error(
      `the native program ended in ${runs[last]?.name ?? `run ${last}`}, after ${stdout.length} bytes, by ${error?.message ?? signal ?? `status ${status}`}\n${stderr}\n${stdout.slice(-500)}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Results of calls get the name of what was called. */
function splitRuns(output: string, runs: readonly NativeRun[]): string[][] {
  const split: string[][] = [];
  let call = 0;
  for (const line of output.trimEnd().split('\n')) {
    if (line === '== run') {
      split.push([]);
      call = 0;
    } else if (line.startsWith('='))
      split.at(-1)?.push(`${runs[split.length - 1]?.calls[call++]?.name}:${line.slice(1)}`);
    else split.at(-1)?.push(line);
  }
  return split;
}

/** Whether JavaScript can call the function and look at its result: no vectors, no references, at most one result. */
export function isCallable(parameters: readonly ValueType[], results: readonly ValueType[]): boolean {
  return results.length <= 1 && [...parameters, ...results].every((type) => type >= 0x7c && type <= I32);
}

/** What stands for functions that the module imports. */
function stubs(object: ObjectModule, module: Module, trapping: readonly string[] = []): ObjectModule {
  const globals = new Map(module.globals.map(({ imported, type }) => [`${imported?.module}.${imported?.field}`, type]));
  const defined = new Set(object.symbols.map(({ name }) => name));
  const asm = new Assembler({ name: 'stubs' });
  for (const name of new Set(object.relocations.map(({ symbol }) => symbol))) {
    if (defined.has(name)) continue;
    asm.global(name).label(name, 'function');
    const global = globals.get(name);
    if (global !== undefined) {
      asm.u64(global === EXTERNREF || global === FUNCREF ? 1 : 0, 0);
      continue;
    }
    const index = HOST_FUNCTIONS[name];
    if (index === undefined || trapping.includes(name)) asm.emit('ud2');
    else asm.emit('jmp', mem64(HOST_TABLE + 8 * index));
  }
  asm.label('end of stubs', 'function').emit('ud2');
  return asm.finish();
}

class Job {
  readonly #parts: Buffer[] = [];

  number(value: number | bigint, bytes: 1 | 4 | 8): void {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
    this.#parts.push(part.subarray(0, bytes));
  }

  bytes(bytes: Uint8Array): void {
    this.number(bytes.length, 4);
    this.#parts.push(Buffer.from(bytes));
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Everything that is prepared before the run, so that what cannot be compiled is known then. */
export function jobOf(run: NativeRun): Buffer {
  const options: CompileWasmOptions = {
    memoryBase: { kind: 'constant', address: WINDOW },
    bounds: 'guard',
    vectors: 'sse4.1',
    globals: { kind: 'absolute' },
    intrinsics: true,
    ...run.options,
    name: 'm',
  };
  const module = decodeModule(run.wasm);
  const object = compileWasm(run.wasm, options);
  const data = object.sections.find(({ name }) => name === 'data');
  const flat = linkFlat(
    [
      stubs(object, module, run.trapping),
      { ...object, sections: object.sections.filter(({ name }) => name !== 'data') },
    ],
    IMAGE,
  );
  const addresses = new Map(flat.symbols.map(({ name, address }) => [name, address]));
  const address = (name: string): number => addresses.get(name) ?? 0;
  const { kind } = options.memoryBase;
  const memory = module.memories[0];
  const job = new Job();
  job.number(IMAGE, 8);
  job.bytes(flat.bytes);
  job.number(kind === 'zero' ? 0 : kind === 'register' ? REGISTER_WINDOW : WINDOW, 8);
  job.number((memory?.minimum ?? 0) * 65536, 8);
  job.number(Math.min(memory?.maximum ?? 65536, 65536) * 65536, 8);
  job.number(options.bounds === 'checked' ? 1 : 0, 1);
  job.number(data?.address ?? 0, 8);
  job.bytes(data?.bytes ?? new Uint8Array());
  for (const name of ['m$memory', 'm$initialize', 'm._start']) {
    job.number(name === 'm._start' && module.start === undefined ? 0 : address(name), 8);
  }
  job.number(address('m.table') === 0 ? 0 : address('m.table') + 8, 8);
  job.number(address('m.table'), 8);
  job.number(module.types.length, 4);
  for (const type of module.types) writeSignature(job, type);
  writeExports(job, module, address);
  writeCalls(job, module, run.calls);
  return job.finish();
}

function typeOf(module: Module, index: number): FunctionType {
  return module.functions[index]?.type as FunctionType;
}

function writeExports(job: Job, module: Module, address: (name: string) => number): void {
  job.number(module.exports.length, 4);
  for (const { kind, index, name } of module.exports) {
    const type = kind === 'function' ? typeOf(module, index) : { parameters: [], results: [] };
    job.number(kind === 'function' ? address(`m.${name}`) : 0, 8);
    writeSignature(job, type);
  }
}

function writeSignature(job: Job, { parameters, results }: FunctionType): void {
  job.number(parameters.length, 1);
  job.number(results.length, 1);
  for (const each of [...parameters, ...results]) job.number(each, 1);
}

/** Arguments take two words each: vectors get theirs from one number of 128 bits. */
function writeCalls(job: Job, module: Module, calls: readonly NativeCall[]): void {
  const list = new Job();
  for (const { name, arguments: values } of calls) {
    const index = module.exports.findIndex((each) => each.name === name);
    const exported = module.exports[index];
    if (exported?.kind !== 'function') throw new Error(`no exported function ${name}`);
    list.number(index, 4);
    typeOf(module, exported.index).parameters.forEach((type, i) => {
      list.number(values[i] as bigint, 8);
      list.number(type === V128 ? (values[i] as bigint) >> 64n : 0n, 8);
    });
  }
  job.number(calls.length, 4);
  job.bytes(list.finish());
}
