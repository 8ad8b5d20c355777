/** Compiles the kernels in every way, and links all that is native into one program. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compileWasm, type ObjectModule, readElfObject, writeElfObject } from '../src/index.ts';
import { decodeModule } from '../src/wasm/module.ts';
import { implementationIdentifier, type ImplementationName } from './implementations.ts';
import {
  assemblyScriptKernels,
  guestFolder,
  guestMemoryStart,
  identifier,
  type KernelName,
  kernelFolder,
  kernelNames,
  memoryStart,
} from './kernels.ts';
import { compileAssemblyScript } from '../test/compile/compile-guest.mjs';
import { tableSource } from './table.ts';
import { wasmOpt } from './tools.ts';

const execute = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
/** The runtime of Debian's wabt. */
const WASM2C_RUNTIME = '/usr/share/wabt/wasm2c';
const WASM_PAGE = 65536;

export interface DriftModule {
  readonly implementation: ImplementationName;
  readonly object: ObjectModule;
  /** Linear memory: it starts at 0, but nothing below `from` is used. */
  readonly memory: { readonly from: number; readonly to: number };
}

export interface BuiltKernel {
  readonly name: KernelName;
  /** Files: without and with vectors. */
  readonly wasm: { readonly scalar: string; readonly simd: string };
  /** Modules that this compiler made. */
  readonly drift: readonly DriftModule[];
  /** Bytes of machine code, padding between functions not counted. */
  readonly codeBytes: ReadonlyMap<ImplementationName, number>;
}

export interface Built {
  readonly kernels: readonly BuiltKernel[];
  /** The native server. */
  readonly program: string;
}

/** Builds everything in `folder`. @throws with the words of the tool that failed. */
export async function build(folder: string): Promise<Built> {
  const objects: string[] = [];
  const kernels: BuiltKernel[] = [];
  for (const name of kernelNames) {
    const built = await buildKernel(folder, name);
    kernels.push(built.kernel);
    objects.push(...built.objects);
  }
  await writeFile(join(folder, 'table.h'), tableSource(kernels));
  const program = join(folder, 'native-server');
  const runtime = join(WASM2C_RUNTIME, 'wasm-rt-impl.c');
  // The addresses below belong to the linear memories.
  const place = ['-no-pie', '-Wl,-Ttext-segment=0x20000000'];
  const includes = [`-I${folder}`, `-I${WASM2C_RUNTIME}`];
  await execute('clang', [
    '-O2',
    ...place,
    ...includes,
    '-o',
    program,
    join(here, 'native-server.c'),
    runtime,
    ...objects,
  ]);
  return { kernels, program };
}

async function buildKernel(folder: string, name: KernelName): Promise<{ kernel: BuiltKernel; objects: string[] }> {
  const codeBytes = new Map<ImplementationName, number>();
  const objects: string[] = [];
  for (const level of ['clang -O2', 'clang -O1'] as const) {
    const path = join(folder, `${name}${level.slice(-3)}.o`);
    await compileNative(name, level, path);
    codeBytes.set(level, sizeOf(readElfObject(name, new Uint8Array(await readFile(path)))));
    objects.push(path);
  }
  const wasm = { scalar: await compileToWasm(folder, name, false), simd: await compileToWasm(folder, name, true) };
  const from = memoryStart(name);
  const drift = [
    compileDrift(name, await readFile(wasm.scalar), 'drift', from),
    compileDrift(name, await readFile(wasm.simd), 'drift simd', from),
  ];
  if (assemblyScriptKernels.includes(name)) {
    const start = guestMemoryStart(name);
    const entry = join(guestFolder, `${name}.ts`);
    const { wasm: compiled } = await compileAssemblyScript({ entry, baseDir: guestFolder, memoryBase: start });
    drift.push(compileDrift(name, compiled, 'drift as', start));
  }
  for (const { implementation, object } of drift) {
    const path = join(folder, `${name}-${implementationIdentifier(implementation)}.o`);
    await writeFile(path, writeElfObject(object, { compilationDirectory: folder }));
    codeBytes.set(implementation, sizeOf(object));
    objects.push(path);
  }
  objects.push(await compileBack(folder, name, wasm.scalar));
  return { kernel: { name, wasm, drift, codeBytes }, objects };
}

function sizeOf(object: ObjectModule): number {
  const ends = new Map<number, number>();
  for (const { kind, offset, size, section } of object.symbols)
    if (kind === 'function' && section >= 0) ends.set(offset, size);
  return [...ends.values()].reduce((sum, size) => sum + size, 0);
}

async function compileNative(name: KernelName, level: ImplementationName, output: string): Promise<void> {
  const symbol = `${identifier(name)}_${implementationIdentifier(level)}`;
  const plain = ['-fno-pic', '-fno-asynchronous-unwind-tables', '-fcf-protection=none', `-DKERNEL=${symbol}`];
  await execute('clang', [level.slice(-3), ...plain, '-c', join(kernelFolder, `${name}.c`), '-o', output]);
}

async function compileToWasm(folder: string, name: KernelName, vectors: boolean): Promise<string> {
  const path = join(folder, `${name}${vectors ? '-simd' : ''}.wasm`);
  const features = ['-mbulk-memory', '-msign-ext', '-mnontrapping-fptoint', ...(vectors ? ['-msimd128'] : [])];
  const link = ['-nostdlib', '-Wl,--no-entry', '-Wl,--export=run', `-Wl,--global-base=${memoryStart(name)}`];
  const source = join(kernelFolder, `${name}.c`);
  await execute('clang', ['--target=wasm32', '-O2', ...features, ...link, source, '-o', `${path}.unoptimized`]);
  const enabled = [
    '--enable-bulk-memory',
    '--enable-sign-ext',
    '--enable-nontrapping-float-to-int',
    ...(vectors ? ['--enable-simd'] : []),
  ];
  await execute(wasmOpt, ['-O3', ...enabled, `${path}.unoptimized`, '-o', path]);
  return path;
}

/** As kernels are compiled for Drift: memory base 0, no bounds checks, the baseline's instructions. */
function compileDrift(
  name: KernelName,
  wasm: Uint8Array,
  implementation: ImplementationName,
  from: number,
): DriftModule {
  const bytes = new Uint8Array(wasm);
  const object = compileWasm(bytes, {
    name: `${identifier(name)}_${implementationIdentifier(implementation)}`,
    memoryBase: { kind: 'zero' },
    bounds: 'none',
    vectors: 'sse4.1',
    globals: { kind: 'absolute' },
    intrinsics: false,
  });
  const pages = decodeModule(bytes).memories[0]?.minimum ?? 0;
  return { implementation, object, memory: { from, to: Math.max(pages * WASM_PAGE, from + WASM_PAGE) } };
}

async function compileBack(folder: string, name: KernelName, wasm: string): Promise<string> {
  const source = join(folder, `${name}-wasm2c.c`);
  await execute('wasm2c', ['-n', identifier(name), wasm, '-o', source]);
  const output = join(folder, `${name}-wasm2c.o`);
  await execute('clang', [
    '-O2',
    '-w',
    '-fno-pic',
    '-fcf-protection=none',
    `-I${WASM2C_RUNTIME}`,
    '-c',
    source,
    '-o',
    output,
  ]);
  return output;
}
