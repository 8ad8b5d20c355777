/** The names of a link: which address each stands for, seen from each object. */
import { LinkError } from './link-error.ts';
import type { LinkedSymbol, PlacedObject } from './linked-image.ts';

export interface SymbolTable {
  /** Ascending by address, then by name. */
  readonly all: readonly LinkedSymbol[];
  /** The symbol as `object` sees it: its own first, then the global one. */
  find(object: string, name: string): LinkedSymbol | undefined;
}

/**
 * @param extra symbols that the linker itself defines; all global.
 * @throws LinkError DUPLICATE_SYMBOL
 */
export function collectSymbols(placed: readonly PlacedObject[], extra: readonly LinkedSymbol[] = []): SymbolTable {
  const globals = new Map<string, LinkedSymbol>();
  const locals = new Map<string, Map<string, LinkedSymbol>>();
  const all: LinkedSymbol[] = [...extra];
  for (const symbol of extra) globals.set(symbol.name, symbol);
  for (const { object, addresses } of placed) {
    const own = new Map<string, LinkedSymbol>();
    if (locals.has(object.name)) throw new LinkError('DUPLICATE_SYMBOL', `two objects are named ${object.name}`);
    locals.set(object.name, own);
    for (const { name, section, offset, size, kind, global } of object.symbols) {
      const address = (addresses[section] ?? 0) + offset;
      const symbol: LinkedSymbol = { name, address, size, kind, global, object: object.name };
      if (own.has(name)) throw new LinkError('DUPLICATE_SYMBOL', `${object.name} defines ${name} twice`);
      own.set(name, symbol);
      all.push(symbol);
      if (!global) continue;
      const other = globals.get(name);
      if (other !== undefined) {
        throw new LinkError('DUPLICATE_SYMBOL', `${name} is defined in ${other.object} and in ${object.name}`);
      }
      globals.set(name, symbol);
    }
  }
  all.sort((a, b) => a.address - b.address || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { all, find: (object, name) => locals.get(object)?.get(name) ?? globals.get(name) };
}
