/** Finds the package's compiled modules, in Node and in a browser. */

/** A module that the package's build makes was not there. */
export class ModuleMissingError extends Error {
  readonly code = 'MODULE_MISSING';
  override readonly name = 'ModuleMissingError';
}

/** Names of the modules in `dist/`. */
export type ModuleName = 'heap' | 'kernel-w' | 'stand-off';

/**
 * Loads and compiles `dist/<name>.wasm`.
 *
 * @throws ModuleMissingError when the package has not been built.
 */
export async function loadModule(name: ModuleName): Promise<WebAssembly.Module> {
  const url = new URL(`../dist/${name}.wasm`, import.meta.url);
  if (url.protocol !== 'file:') return WebAssembly.compileStreaming(fetch(url));
  const { readFile } = await import('node:fs/promises');
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readFile(url);
  } catch {
    throw new ModuleMissingError(`${url.pathname} is missing: build @drift-os/kernel-w first (pnpm build).`);
  }
  return WebAssembly.compile(bytes);
}
