/** Packs every published package as npm would get it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import { publishedPackages, type WorkspacePackage } from './packages.ts';

export interface Tarball extends WorkspacePackage {
  readonly path: string;
}

/** @throws Error with pnpm's output when a package cannot be packed. They must be built before. */
export async function packAll(folder: string): Promise<Tarball[]> {
  await mkdir(folder, { recursive: true });
  const tarballs: Tarball[] = [];
  for (const found of await publishedPackages()) {
    const path = join(folder, `${found.name.replace('@', '').replace('/', '-')}.tgz`);
    const { code, output } = await run('pnpm', ['pack', '--out', path], { folder: found.folder });
    if (code !== 0) throw new Error(`${found.name} cannot be packed:\n${output}`);
    tarballs.push({ ...found, path });
  }
  return tarballs;
}
