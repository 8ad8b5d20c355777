/** Links objects into one run of bytes at one address: boot sector, loader, trampoline. */
import type { ObjectModule } from '../object.ts';
import { LinkError } from './link-error.ts';
import type { LinkedSymbol, PlacedObject } from './linked-image.ts';
import { roundUp } from './place.ts';
import { relocate } from './relocate.ts';
import { collectSymbols } from './symbols.ts';

export interface FlatImage {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly symbols: readonly LinkedSymbol[];
}

/**
 * Sections follow each other from `address` in the order given, each at its alignment.
 *
 * @throws LinkError as linkImage does; BAD_INPUT for a section with an address of its own.
 */
export function linkFlat(objects: readonly ObjectModule[], address: number): FlatImage {
  let end = address;
  const placed = objects.map((object): PlacedObject => {
    const addresses = object.sections.map((section) => {
      if (section.address !== undefined) {
        throw new LinkError('BAD_INPUT', `${object.name}: a flat image gives every section its address`);
      }
      const start = roundUp(end, section.alignment);
      end = start + section.bytes.length + section.zeroBytes;
      return start;
    });
    return { object, addresses };
  });
  const symbols = collectSymbols(placed);
  const bytes = new Uint8Array(end - address);
  for (const [index, sections] of relocate(placed, symbols).entries()) {
    for (const [section, contents] of sections.entries()) {
      bytes.set(contents, (placed[index]?.addresses[section] ?? 0) - address);
    }
  }
  return { address, bytes, symbols: symbols.all };
}
