/** Writes the AssemblyScript view of the bench's interface to `assembly/generated/`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { generateAssembly } from '@drift-os/ring';
import { ringBench } from './src/ring-bench.ts';

await mkdir(new URL('assembly/generated/', import.meta.url), { recursive: true });
await writeFile(new URL('assembly/generated/ring-bench.ts', import.meta.url), generateAssembly(ringBench));
