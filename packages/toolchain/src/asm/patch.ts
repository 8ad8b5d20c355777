/** Writes the references that are known when a program is finished, and leaves relocations for the others. */
import type { CodeBuffer, Fixup, FixupKind } from '@drift-os/x86-core';
import type { Relocation } from '../object.ts';
import { AssemblerError } from './assembler-error.ts';
import type { SectionBuilder } from './section-builder.ts';

/** What a name stands for: an offset in a section, or a plain number. */
export interface Resolution {
  readonly section: SectionBuilder | undefined;
  readonly value: number;
}

export type Resolver = (name: string) => Resolution | undefined;

const widths: Readonly<Record<FixupKind, number>> = {
  rel8: 1,
  rel16: 2,
  rel32: 4,
  abs16: 2,
  abs32: 4,
  abs32s: 4,
  abs64: 8,
};

/** @returns what the linker has to do. @throws AssemblerError OUT_OF_RANGE */
export function patch(program: string, section: SectionBuilder, out: CodeBuffer, resolve: Resolver): Relocation[] {
  const relocations: Relocation[] = [];
  for (const fixup of out.fixups) {
    const value = valueOf(fixup, section, resolve(fixup.symbol));
    if (value === undefined) {
      const { offset, kind, symbol, addend } = fixup;
      relocations.push({ section: section.index, offset, kind, symbol, addend });
      continue;
    }
    const bits = widths[fixup.kind] * 8;
    const signed = fixup.kind.startsWith('rel') || fixup.kind === 'abs32s';
    if (bits < 64 && (value < -(2 ** (bits - 1)) || value >= 2 ** (signed ? bits - 1 : bits))) {
      const place = `${section.name}+0x${fixup.offset.toString(16)}`;
      throw new AssemblerError(
        'OUT_OF_RANGE',
        program,
        `${place}: "${fixup.symbol}" gives ${value}, which ${fixup.kind} cannot hold`,
      );
    }
    const end = out.length;
    out.length = fixup.offset;
    out.write(value, widths[fixup.kind]);
    out.length = end;
  }
  return relocations;
}

/** undefined: only the linker knows. */
function valueOf(fixup: Fixup, section: SectionBuilder, target: Resolution | undefined): number | undefined {
  if (target === undefined) return undefined;
  if (fixup.kind.startsWith('rel')) {
    if (target.section === section) return target.value + fixup.addend - (fixup.offset + widths[fixup.kind]);
    return undefined;
  }
  if (target.section === undefined) return target.value + fixup.addend;
  if (target.section.address === undefined) return undefined;
  return target.section.address + target.value + fixup.addend;
}
