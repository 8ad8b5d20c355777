/** The guest implementation, compiled once per test file. */
import { compileAssemblyScript } from '@drift-os/asc';

const { wasm } = await compileAssemblyScript({
  entry: new URL('./guest/ring-module.ts', import.meta.url).pathname,
  features: ['threads'],
});

export const guestModule: WebAssembly.Module = new WebAssembly.Module(new Uint8Array(wasm));
