/** Compiles all of Thread/C once for a test file. */
import { compileAssemblyScript } from '@drift-os/asc';
import { KERNEL_C_DATA } from '@drift-os/abi/layout/memory-map';

const { wasm } = await compileAssemblyScript({
  entry: new URL('../assembly/main.ts', import.meta.url).pathname,
  memoryBase: KERNEL_C_DATA,
  features: ['threads'],
});
export const kernelWasm: WebAssembly.Module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
