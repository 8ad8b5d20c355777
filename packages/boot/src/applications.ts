/** Compiles applications to objects, each with its static data at an address of its own. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, resolve } from 'node:path';
import { IMAGE, PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { type Compiled, compileAssemblyScript } from '@drift-os/asc';
import { compileWasm, type CompileWasmOptions, type ObjectModule } from '@drift-os/toolchain';
import { LAST_SEGMENT } from './data-end.ts';
import { ImageError } from './image-error.ts';
import type { ApplicationSource } from './image-options.ts';

/** Globals are relative to FS, whose base is a block per instance; memory is all of memory. */
const OPTIONS = {
  memoryBase: { kind: 'zero' },
  bounds: 'none',
  vectors: 'sse4.1',
  globals: { kind: 'segment', segment: 'fs', offset: 0 },
  intrinsics: true,
  atomicStores: 'release',
} as const satisfies Partial<CompileWasmOptions>;

/** `new` takes pages from Thread/C through kernel-w. */
const RUNTIME = '@drift-os/kernel-w/sdk/runtime';

/**
 * Prebuilt modules stay where they were built for; the others follow behind the highest of them.
 *
 * @throws ImageError APPLICATION_ENTRY, APPLICATION_PLACE; AssemblyScriptError for a program that does not compile
 */
export async function compileApplications(sources: readonly ApplicationSource[]): Promise<ObjectModule[]> {
  const objects = new Map<string, ObjectModule>();
  let next = IMAGE;
  for (const { name, entry } of sources) {
    if (extname(entry) !== '.wasm') continue;
    const object = compileWasm(await read(name, entry), { ...OPTIONS, name });
    const data = dataOf(object);
    if (data.start !== undefined && data.start < IMAGE) {
      throw new ImageError(
        'APPLICATION_PLACE',
        `${name}: static data at 0x${data.start.toString(16)}; build it with --memoryBase ${IMAGE} or higher`,
      );
    }
    objects.set(name, object);
    next = Math.max(next, data.end);
  }
  for (const { name, entry } of sources) {
    if (objects.has(name)) continue;
    if (extname(entry) !== '.ts') {
      throw new ImageError(
        'APPLICATION_ENTRY',
        `${name}: ${entry} is neither AssemblyScript (.ts) nor a module (.wasm)`,
      );
    }
    const memoryBase = Math.ceil(next / PAGE_BYTES) * PAGE_BYTES;
    const { wasm, sourceMap } = await compile(name, entry, memoryBase);
    const object = compileWasm(wasm, { ...OPTIONS, name, sourceMap, dataEnd: LAST_SEGMENT });
    objects.set(name, object);
    next = Math.max(memoryBase, dataOf(object).end);
  }
  return sources.flatMap(({ name }) => objects.get(name) ?? []);
}

async function read(name: string, entry: string): Promise<Uint8Array> {
  try {
    return await readFile(entry);
  } catch (cause) {
    throw new ImageError('APPLICATION_ENTRY', `${name}: cannot read ${entry}`, { cause });
  }
}

async function compile(name: string, entry: string, memoryBase: number): Promise<Compiled> {
  await read(name, entry);
  const packages = sdkPackages();
  return compileAssemblyScript({
    entry: resolve(entry),
    memoryBase,
    runtime: RUNTIME,
    features: ['simd', 'threads'],
    packages,
  });
}

/** The SDK and what it imports, for programs in folders where nothing is installed. */
function sdkPackages(): Record<string, string> {
  const kernelW = createRequire(import.meta.resolve('@drift-os/kernel-w/package.json'));
  const names = ['@drift-os/kernel-w', '@drift-os/abi', '@drift-os/ring'];
  return Object.fromEntries(names.map((name) => [name, dirname(kernelW.resolve(`${name}/package.json`))]));
}

/** Where an object's fixed static data begins and ends. */
function dataOf({ sections }: ObjectModule): { start: number | undefined; end: number } {
  const fixed = sections.flatMap(({ address, bytes, zeroBytes }) => {
    const size = bytes.length + zeroBytes;
    return address === undefined || size === 0 ? [] : [{ start: address, end: address + size }];
  });
  return {
    start: fixed.length === 0 ? undefined : Math.min(...fixed.map(({ start }) => start)),
    end: Math.max(0, ...fixed.map(({ end }) => end)),
  };
}
