/** Writes the AssemblyScript views of the examples' interfaces to `applications/generated/`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { generateAssembly } from '@drift-os/ring';
import { pingPong } from './ping-pong.ts';

await mkdir(new URL('applications/generated/', import.meta.url), { recursive: true });
await writeFile(new URL('applications/generated/ping-pong.ts', import.meta.url), generateAssembly(pingPong));
