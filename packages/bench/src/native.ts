/** The rings between two threads of a Linux process: our compiled code, linked as an ELF object, beside gcc's. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compileAssemblyScript } from '@drift-os/asc';
import { compileWasm, writeElfObject } from '@drift-os/toolchain';
import { BenchError } from './bench-error.ts';
import { gcc } from './c-compiler.ts';
import { type Measurement, readMeasurement } from './measurement.ts';

const execute = promisify(execFile);

export interface NativeOptions {
  /** Interleaved rounds: each measures every workload of both once. Default 15. */
  readonly rounds?: number;
  /** The two cores, by number. Default 0 and 1. */
  readonly cores?: readonly [number, number];
}

/** @throws BenchError */
export async function measureNative(options: NativeOptions = {}): Promise<Measurement[]> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new BenchError(
      'UNSUPPORTED',
      'The native measurement needs Linux on amd64: it runs the compiled code itself.',
    );
  }
  if (availableParallelism() < 2) throw new BenchError('UNSUPPORTED', 'The native measurement needs two cores.');
  const folder = await mkdtemp(join(tmpdir(), 'drift-bench-'));
  try {
    const object = join(folder, 'drift.o');
    await writeFile(object, await compiledRing());
    const program = join(folder, 'rings');
    await gcc('-no-pie', '-pthread', 'ring-main.c', 'ring-workload.c', object, '-o', program);
    const [left, right] = options.cores ?? [0, 1];
    const { stdout } = await execute(program, [options.rounds ?? 15, left, right].map(String));
    return stdout.split('\n').flatMap((line) => readMeasurement(line) ?? []);
  } catch (error) {
    if (error instanceof BenchError) throw error;
    throw new BenchError('FAILED', error instanceof Error ? error.message : String(error));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The workload on Drift's rings as an ELF object whose functions take addresses below 4 GiB. */
async function compiledRing(): Promise<Uint8Array> {
  const entry = fileURLToPath(new URL('../assembly/ring-workload.ts', import.meta.url));
  const { wasm, sourceMap } = await compileAssemblyScript({ entry, features: ['threads'] });
  const object = compileWasm(wasm, {
    name: 'drift',
    memoryBase: { kind: 'zero' },
    bounds: 'none',
    vectors: 'sse4.1',
    globals: { kind: 'absolute' },
    intrinsics: true,
    atomicStores: 'release',
    sourceMap,
  });
  return writeElfObject(object, { compilationDirectory: '.' });
}
