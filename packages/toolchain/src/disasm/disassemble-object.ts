/** An object's code as text, with its symbols and relocations. */
import type { ObjectModule } from '../object.ts';
import { disassemble, type DisassembleOptions } from './disassemble.ts';

/** Sections with code follow each other, each under its name and counted from 0. */
export function* disassembleObject(
  object: ObjectModule,
  options: Pick<DisassembleOptions, 'mode'> = {},
): Generator<string, void> {
  for (const [index, section] of object.sections.entries()) {
    if (section.name !== 'text') continue;
    const base = BigInt(section.address ?? 0);
    const names = new Map<bigint, string>();
    for (const symbol of object.symbols) {
      const address = base + BigInt(symbol.offset);
      if (symbol.section === index && (symbol.global || !names.has(address))) names.set(address, symbol.name);
    }
    const relocations = object.relocations
      .filter((relocation) => relocation.section === index)
      .sort((a, b) => a.offset - b.offset);
    let next = 0;
    const comment = (offset: number, length: number): string | undefined => {
      const found: string[] = [];
      while (next < relocations.length && (relocations[next]?.offset ?? 0) < offset + length) {
        const { symbol, addend, kind } = relocations[next++] as (typeof relocations)[number];
        found.push(`${kind} ${symbol}${addend === 0 ? '' : addend < 0 ? addend : `+${addend}`}`);
      }
      return found.length === 0 ? undefined : found.join(', ');
    };
    yield `section ${section.name}`;
    yield* disassemble(section.bytes, { ...options, address: base, names, comment });
  }
}
