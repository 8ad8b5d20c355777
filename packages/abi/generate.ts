/** Writes what guest code and C read of this package: `assembly/generated/` and `include/generated/`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { generateCpu } from './src/generate/assembly-cpu.ts';
import { intrinsics } from './src/intrinsics.ts';

async function write(path: string, text: string): Promise<void> {
  const url = new URL(path, import.meta.url);
  await mkdir(new URL('.', url), { recursive: true });
  await writeFile(url, text);
}

await write('assembly/generated/cpu.ts', generateCpu(intrinsics));
