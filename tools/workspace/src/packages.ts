/** The packages of the workspace that are published. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './command.ts';

export interface WorkspacePackage {
  readonly name: string;
  readonly folder: string;
  /** Names that can be imported, such as '@drift-os/ring' and '@drift-os/asc/eslint'; without files that are not modules. */
  readonly entryPoints: readonly string[];
  /** Commands it installs. */
  readonly commands: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
}

export async function publishedPackages(): Promise<WorkspacePackage[]> {
  const found: WorkspacePackage[] = [];
  for (const group of ['packages', 'apps', '.']) {
    const names = group === '.' ? ['examples'] : await readdir(join(root, group));
    for (const name of names) {
      const folder = join(root, group, name);
      const manifest = await readManifest(folder);
      if (manifest === undefined || manifest.private === true) continue;
      found.push({
        name: manifest.name,
        folder,
        entryPoints: Object.entries(manifest.exports ?? {})
          .filter(([, target]) => isModule(target))
          .map(([path]) => `${manifest.name}${path.slice(1)}`),
        commands: Object.keys(manifest.bin ?? {}),
      });
    }
  }
  return found;
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/** Guest sources, headers and wasm are exported too, but not for `import`. */
function isModule(target: unknown): boolean {
  if (typeof target !== 'object' || target === null) return false;
  const { default: file } = target as { default?: unknown };
  return typeof file === 'string' && file.endsWith('.js');
}
