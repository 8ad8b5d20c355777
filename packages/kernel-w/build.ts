/** Compiles the kernel, and the parts of it that programs on the host can have, to `dist/`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { KERNEL_W_DATA } from '@drift-os/abi/layout/memory-map';
import { compileAssemblyScript } from '@drift-os/asc';

const modules = [
  { name: 'kernel-w', entry: 'assembly/main.ts', memoryBase: KERNEL_W_DATA, features: ['threads', 'simd'] },
  { name: 'heap', entry: 'assembly/hosted/heap.ts', memoryBase: 1024, features: [] },
  { name: 'stand-off', entry: 'assembly/hosted/stand-off.ts', memoryBase: 1024, features: ['threads'] },
] as const;

const baseDir = fileURLToPath(new URL('.', import.meta.url));
await mkdir(new URL('dist/', import.meta.url), { recursive: true });
for (const { name, ...options } of modules) {
  const { wasm, sourceMap } = await compileAssemblyScript({ ...options, baseDir });
  await writeFile(new URL(`dist/${name}.wasm`, import.meta.url), wasm);
  await writeFile(new URL(`dist/${name}.wasm.map`, import.meta.url), sourceMap);
}
