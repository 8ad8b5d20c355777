/** Writes what guest code and C read of this package: `assembly/generated/` and `include/generated/`. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { generateAssembly } from '@drift-os/ring';
import { application } from './src/application.ts';
import { control } from './src/control.ts';
import { generateCpu } from './src/generate/assembly-cpu.ts';
import { generateHeader, type Layout } from './src/generate/c-header.ts';
import { intrinsics } from './src/intrinsics.ts';
import { terminal } from './src/terminal.ts';

async function readLayouts(): Promise<Layout[]> {
  const folder = new URL('layout/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts')).sort();
  return Promise.all(
    files.map(async (file) => ({
      name: file.slice(0, -'.ts'.length),
      constants: (await import(new URL(file, folder).href)) as Record<string, number>,
    })),
  );
}

async function write(path: string, text: string): Promise<void> {
  const url = new URL(path, import.meta.url);
  await mkdir(new URL('.', url), { recursive: true });
  await writeFile(url, text);
}

await write('assembly/generated/cpu.ts', generateCpu(intrinsics));
await write('assembly/generated/control.ts', generateAssembly(control));
await write('assembly/generated/application.ts', generateAssembly(application));
await write('assembly/generated/terminal.ts', generateAssembly(terminal));
await write('include/generated/drift.h', generateHeader(await readLayouts(), [control, application]));
