/** This package's version, out of its package.json. */
import { readFile } from 'node:fs/promises';

export async function version(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
