/** The kernels as objects. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { WORKER_BLOCK_BYTES, WORKER_GLOBALS } from '@drift-os/abi/layout/worker-block';
import { compileWasm, type ObjectModule } from '@drift-os/toolchain';
import { LAST_SEGMENT } from './data-end.ts';
import { ImageError } from './image-error.ts';
import type { WasmSource } from './image-options.ts';

/** Thread/C has no vector registers, so that an interrupt saves none; its globals are where the linker puts them. */
export async function compileKernelC(source: WasmSource | undefined): Promise<ObjectModule> {
  const { wasm, sourceMap } = source ?? (await packaged(import.meta.resolve('@drift-os/kernel-c/kernel-c.wasm')));
  return compileWasm(wasm, {
    name: 'kernel-c',
    memoryBase: { kind: 'zero' },
    bounds: 'none',
    vectors: 'none',
    globals: { kind: 'absolute' },
    intrinsics: true,
    atomicStores: 'release',
    sourceMap,
    dataEnd: LAST_SEGMENT,
  });
}

/** Thread/W's globals are in each worker's block, where GS points. @throws ImageError when they do not fit there. */
export async function compileKernelW(source: WasmSource | undefined): Promise<ObjectModule> {
  const { wasm, sourceMap } = source ?? (await packaged(import.meta.resolve('@drift-os/kernel-w/kernel-w.wasm')));
  const object = compileWasm(wasm, {
    name: 'kernel-w',
    memoryBase: { kind: 'zero' },
    bounds: 'none',
    vectors: 'sse4.1',
    globals: { kind: 'segment', segment: 'gs', offset: 0 },
    intrinsics: true,
    atomicStores: 'release',
    sourceMap,
    dataEnd: LAST_SEGMENT,
  });
  const globals = object.sections.find(({ name }) => name === 'globals');
  const bytes = globals === undefined ? 0 : globals.bytes.length + globals.zeroBytes;
  if (bytes > WORKER_BLOCK_BYTES - WORKER_GLOBALS) {
    throw new ImageError('KERNEL_GLOBALS', `kernel-w has ${bytes} bytes of globals, a worker block has room for less`);
  }
  return object;
}

/** A kernel as its package holds it: the module, and its source map beside it. */
async function packaged(url: string): Promise<WasmSource> {
  try {
    return { wasm: await readFile(new URL(url)), sourceMap: await readFile(new URL(`${url}.map`), 'utf8') };
  } catch (cause) {
    const path = fileURLToPath(url);
    throw new ImageError('KERNEL_MISSING', `${path} cannot be read: build its package (pnpm build)`, { cause });
  }
}
