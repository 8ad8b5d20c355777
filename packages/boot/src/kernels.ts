/** The kernels as objects. */
import { readFile } from 'node:fs/promises';
import { WORKER_BLOCK_BYTES, WORKER_GLOBALS } from '@drift-os/abi/layout/worker-block';
import { compileWasm, type ObjectModule } from '@drift-os/toolchain';
import { ImageError } from './image-error.ts';
import type { WasmSource } from './image-options.ts';

type KernelName = 'kernel-c' | 'kernel-w';

/** Thread/C has no vector registers, so that an interrupt saves none; its globals are where the linker puts them. */
export async function compileKernelC(source: WasmSource | undefined): Promise<ObjectModule> {
  const { wasm, sourceMap } = source ?? (await packagedKernel('kernel-c'));
  return compileWasm(wasm, {
    name: 'kernel-c',
    memoryBase: { kind: 'zero' },
    bounds: 'none',
    vectors: 'none',
    globals: { kind: 'absolute' },
    intrinsics: true,
    atomicStores: 'release',
    sourceMap,
  });
}

/** Thread/W's globals are in each worker's block, where GS points. @throws ImageError when they do not fit there. */
export async function compileKernelW(source: WasmSource | undefined): Promise<ObjectModule> {
  const { wasm, sourceMap } = source ?? (await packagedKernel('kernel-w'));
  const object = compileWasm(wasm, {
    name: 'kernel-w',
    memoryBase: { kind: 'zero' },
    bounds: 'none',
    vectors: 'sse4.1',
    globals: { kind: 'segment', segment: 'gs', offset: 0 },
    intrinsics: true,
    atomicStores: 'release',
    sourceMap,
  });
  const globals = object.sections.find(({ name }) => name === 'globals');
  const bytes = globals === undefined ? 0 : globals.bytes.length + globals.zeroBytes;
  if (bytes > WORKER_BLOCK_BYTES - WORKER_GLOBALS) {
    throw new ImageError('KERNEL_MISSING', `kernel-w has ${bytes} bytes of globals, a worker block has room for less`);
  }
  return object;
}

/** As the kernel's package holds it: `dist/<kernel>.wasm` and its map. */
async function packagedKernel(name: KernelName): Promise<WasmSource> {
  const url = new URL(import.meta.resolve(`@drift-os/${name}/${name}.wasm`));
  try {
    const wasm = await readFile(url);
    const sourceMap = await readFile(new URL(`${url.href}.map`), 'utf8');
    return { wasm, sourceMap };
  } catch (cause) {
    throw new ImageError('KERNEL_MISSING', `${url.pathname} cannot be read: build the package @drift-os/${name}`, {
      cause,
    });
  }
}
