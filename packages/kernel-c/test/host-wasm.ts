/** Compiles the host module once for a test file. */
import { compileAssemblyScript } from '@drift-os/asc';

const { wasm } = await compileAssemblyScript({
  entry: new URL('../assembly/host.ts', import.meta.url).pathname,
  features: ['threads'],
});
export const hostWasm: WebAssembly.Module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
