/** Compiles Thread/C, and the parts of it that programs on the host can have, to `dist/`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { KERNEL_C_DATA } from '@drift-os/abi/layout/memory-map';
import { compileAssemblyScript } from '@drift-os/asc';

const modules = [
  { name: 'kernel-c', entry: 'assembly/main.ts', memoryBase: KERNEL_C_DATA },
  { name: 'host', entry: 'assembly/host.ts', memoryBase: 1024 },
  { name: 'shell', entry: 'assembly/shell/host-module.ts', memoryBase: 1024 },
] as const;

const baseDir = fileURLToPath(new URL('.', import.meta.url));
await mkdir(new URL('dist/', import.meta.url), { recursive: true });
for (const { name, ...options } of modules) {
  const { wasm, sourceMap } = await compileAssemblyScript({ ...options, baseDir, features: ['threads'] });
  await writeFile(new URL(`dist/${name}.wasm`, import.meta.url), wasm);
  await writeFile(new URL(`dist/${name}.wasm.map`, import.meta.url), sourceMap);
}
