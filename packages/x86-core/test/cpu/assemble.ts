/** A small assembler for tests: lines of mnemonics and operands, labels, changes of mode, data. */
import { CodeBuffer, encode, type Mode, type Operand, type PrefixedMnemonic, symbol } from '../../src/index.ts';

/** `label:`; a mode; bytes; or an instruction, whose string operands are labels. */
export type Line = `${string}:` | Mode | Uint8Array | readonly [PrefixedMnemonic, ...(Operand | string)[]];

export interface Assembled {
  readonly bytes: Uint8Array;
  /** Addresses. */
  readonly labels: ReadonlyMap<string, number>;
}

/** @param mode of the first line */
export function assemble(origin: number, mode: Mode, lines: readonly Line[]): Assembled {
  const labels = new Map<string, number>();
  let out = new CodeBuffer();
  for (let pass = 0; pass < 2; pass++) {
    out = new CodeBuffer();
    let current = mode;
    for (const line of lines) {
      if (typeof line === 'number') current = line;
      else if (typeof line === 'string') labels.set(line.slice(0, -1), origin + out.length);
      else if (line instanceof Uint8Array) for (const byte of line) append(out, byte);
      else writeInstruction(out, current, line, origin, labels);
    }
  }
  return { bytes: out.toBytes(), labels };
}

/** Labels are near targets of 32 bits (16 in 16-bit code), or immediates. */
function writeInstruction(
  out: CodeBuffer,
  mode: Mode,
  [mnemonic, ...operands]: Line & readonly [PrefixedMnemonic, ...unknown[]],
  origin: number,
  labels: ReadonlyMap<string, number>,
): void {
  const branches = /^(j|call|loop)/.test(mnemonic);
  const address = (label: string): number => labels.get(label) ?? origin;
  const given = operands.map((operand): Operand => {
    if (typeof operand !== 'string') return operand as Operand;
    return branches ? symbol(operand) : address(operand);
  });
  const start = out.fixups.length;
  encode(mode, mnemonic, given, out);
  for (const fixup of out.fixups.slice(start)) {
    const bytes = fixup.kind === 'rel8' ? 1 : fixup.kind === 'rel16' ? 2 : 4;
    const value = address(fixup.symbol) - origin - (fixup.offset + bytes);
    for (let byte = 0; byte < bytes; byte++) out.bytes[fixup.offset + byte] = value >> (8 * byte);
  }
}

function append(out: CodeBuffer, byte: number): void {
  out.reserve(1);
  out.write(byte, 1);
}
