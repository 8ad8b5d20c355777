/** Names of source files in source maps: the same on every machine, and telling which package a file is of. */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';

const LIBRARY = '~lib/';
const SCOPE = '@drift-os/';

/**
 * The map with sources named `package/path`, without a source root: `kernel-c/assembly/main.ts`, `abi/layout/boot-info.ts`. The
 * scope of Drift's own packages is left out. AssemblyScript's standard library keeps its `~lib/`.
 *
 * @param baseDir folder of the package that was compiled.
 */
export async function nameSources(sourceMap: string, baseDir: string): Promise<string> {
  const map = JSON.parse(sourceMap) as { sources: string[]; sourceRoot?: string };
  const own = await packageName(baseDir);
  map.sources = map.sources.map((source) => {
    if (!source.startsWith(LIBRARY)) return `${own}/${source}`;
    return source.startsWith(LIBRARY + SCOPE) ? source.slice(LIBRARY.length + SCOPE.length) : source;
  });
  delete map.sourceRoot;
  return JSON.stringify(map);
}

async function packageName(folder: string): Promise<string> {
  const text = await readFile(resolve(folder, 'package.json'), 'utf8').catch(() => '{}');
  const { name = basename(resolve(folder)) } = JSON.parse(text) as { name?: string };
  return name.startsWith(SCOPE) ? name.slice(SCOPE.length) : name;
}
