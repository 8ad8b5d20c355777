/** Patches sections with the addresses they refer to. */
import type { ObjectModule, Relocation, RelocationKind } from '../object.ts';
import { LinkError } from './link-error.ts';
import type { PlacedObject } from './linked-image.ts';
import type { SymbolTable } from './symbols.ts';

interface Field {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly relative: boolean;
  readonly minimum: number;
  readonly maximum: number;
}

const FIELDS: Readonly<Record<RelocationKind, Field>> = {
  abs16: { bytes: 2, relative: false, minimum: 0, maximum: 0xffff },
  abs32: { bytes: 4, relative: false, minimum: 0, maximum: 0xffffffff },
  abs32s: { bytes: 4, relative: false, minimum: -0x80000000, maximum: 0x7fffffff },
  abs64: { bytes: 8, relative: false, minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  rel8: { bytes: 1, relative: true, minimum: -0x80, maximum: 0x7f },
  rel16: { bytes: 2, relative: true, minimum: -0x8000, maximum: 0x7fff },
  rel32: { bytes: 4, relative: true, minimum: -0x80000000, maximum: 0x7fffffff },
};

/**
 * The contents of every section of every object, relocated; zero-filled tails are left out.
 *
 * @throws LinkError UNDEFINED_SYMBOL naming all of them, RELOCATION_RANGE
 */
export function relocate(placed: readonly PlacedObject[], symbols: SymbolTable): Uint8Array[][] {
  const undefinedSymbols: string[] = [];
  const contents = placed.map(({ object, addresses }) => {
    const sections = object.sections.map((section) => section.bytes.slice());
    for (const relocation of object.relocations) {
      const symbol = symbols.find(object.name, relocation.symbol);
      if (symbol === undefined) {
        undefinedSymbols.push(`  ${relocation.symbol}, referred to by ${place(object, relocation)}`);
        continue;
      }
      const section = sections[relocation.section];
      const address = addresses[relocation.section];
      if (section === undefined || address === undefined) {
        throw new LinkError('BAD_INPUT', `${object.name} relocates its section ${relocation.section}, which it lacks`);
      }
      patch(object, relocation, section, address + relocation.offset, symbol.address);
    }
    return sections;
  });
  if (undefinedSymbols.length > 0) {
    const list = [...new Set(undefinedSymbols)].join('\n');
    throw new LinkError('UNDEFINED_SYMBOL', `symbols that no object defines:\n${list}`);
  }
  return contents;
}

function patch(object: ObjectModule, relocation: Relocation, bytes: Uint8Array, at: number, target: number): void {
  const field = FIELDS[relocation.kind];
  const value = target + relocation.addend - (field.relative ? at + field.bytes : 0);
  if (value < field.minimum || value > field.maximum) {
    throw new LinkError(
      'RELOCATION_RANGE',
      `${place(object, relocation)}: ${relocation.symbol} at 0x${target.toString(16)} does not fit ${relocation.kind} (value ${value})`,
    );
  }
  if (relocation.offset + field.bytes > bytes.length) {
    throw new LinkError('BAD_INPUT', `${place(object, relocation)}: the field lies outside its section`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (field.bytes === 8) view.setBigInt64(relocation.offset, BigInt(value), true);
  else if (field.bytes === 4) view.setInt32(relocation.offset, value, true);
  else if (field.bytes === 2) view.setInt16(relocation.offset, value, true);
  else view.setInt8(relocation.offset, value);
}

/** `kernel-c: shell/parse+0x1c`, or `kernel-c: data+0x40` outside functions. */
function place(object: ObjectModule, { section, offset }: Relocation): string {
  const inside = object.functions.find(
    (entry) => entry.section === section && offset >= entry.offset && offset < entry.offset + entry.size,
  );
  const name = inside?.name ?? object.sections[section]?.name ?? `section ${section}`;
  return `${object.name}: ${name}+0x${(offset - (inside?.offset ?? 0)).toString(16)}`;
}
