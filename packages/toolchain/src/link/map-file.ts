/** The map file: what stands where, for people. */
import { SEGMENT_EXECUTABLE, SEGMENT_WRITABLE } from '@drift-os/abi/layout/image-directory';
import type { LinkedSegment, LinkedSymbol, PlacedObject } from './linked-image.ts';

export function mapText(
  segments: readonly LinkedSegment[],
  objects: readonly PlacedObject[],
  symbols: readonly LinkedSymbol[],
): string {
  const rows = ['Segments', 'address     bytes       in file     access  name'];
  for (const { address, memoryBytes, bytes, flags, name } of segments) {
    rows.push(`${hex(address)}  ${hex(memoryBytes)}  ${hex(bytes.length)}  ${access(flags)}     ${name}`);
  }
  rows.push('', 'Sections', 'address     bytes       object and section');
  const sections = objects.flatMap(({ object, addresses }) =>
    object.sections.map((section, index) => ({
      address: addresses[index] ?? 0,
      bytes: section.bytes.length + section.zeroBytes,
      name: `${object.name} ${section.name}`,
    })),
  );
  sections.sort((a, b) => a.address - b.address);
  for (const { address, bytes, name } of sections) {
    if (bytes > 0) rows.push(`${hex(address)}  ${hex(bytes)}  ${name}`);
  }
  rows.push('', 'Symbols', 'address     bytes       name');
  for (const { address, size, name, global, object } of symbols) {
    if (name !== '') rows.push(`${hex(address)}  ${hex(size)}  ${global ? name : `${name} (${object})`}`);
  }
  return `${rows.join('\n')}\n`;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function access(flags: number): string {
  return `r${flags & SEGMENT_WRITABLE ? 'w' : '-'}${flags & SEGMENT_EXECUTABLE ? 'x' : '-'}`;
}
