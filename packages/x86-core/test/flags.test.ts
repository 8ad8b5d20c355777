/** The flags column against iced-x86's flag information. */
import iced from 'iced-x86';
import { expect, test } from 'vitest';
import { prepareForm } from '../src/encode/form.ts';
import { CodeBuffer, emitForm, type Mode, rows } from '../src/index.ts';
import { sampleOperands } from './oracle/samples.ts';

/** iced's bits of the table's letters. It does not know the trap flag. */
const bits: Readonly<Record<string, number>> = {
  o: 1,
  s: 2,
  z: 4,
  a: 8,
  c: 16,
  p: 32,
  d: 64,
  i: 128,
  4: 0x400,
  5: 0x800,
  6: 0x1000,
  7: 0x2000,
};

/** Where the SDM says something else than iced. */
const exceptions: readonly RegExp[] = [
  /** Software interrupts clear IF or not by the gate. */
  /^(int3|int|into|int1) ?/,
  /** SDM 2 FNOP, WAIT: "C0, C1, C2, C3 undefined". */
  /^(fnop|wait) /,
];

function lettersOf(mask: number): string {
  return Object.keys(bits)
    .filter((letter) => (mask & (bits[letter] as number)) !== 0)
    .join('');
}

function sorted(letters: string): string {
  return Object.keys(bits)
    .filter((letter) => letters.includes(letter))
    .join('');
}

test('tested, modified and undefined flags of every row', () => {
  const wrong: string[] = [];
  for (const row of rows()) {
    if (exceptions.some((exception) => exception.test(row.text))) continue;
    const mode = row.modes.at(-1) as Mode;
    const form = prepareForm(row, mode);
    const operands = sampleOperands(row, mode)[0];
    if (form === undefined || operands === undefined) throw new Error(`no sample for ${row.text}`);
    const out = new CodeBuffer(32);
    emitForm(out, form, operands[0], operands[1], operands[2], operands[3]);
    const instruction = new iced.Decoder(mode, out.toBytes(), iced.DecoderOptions.None).decode();
    const { tested, written, cleared, set, undefined: unknown } = row.flags;
    const ours = `r=${sorted(tested)} w=${sorted(written + cleared + set)} u=${sorted(unknown)}`;
    const modified = instruction.rflagsWritten | instruction.rflagsCleared | instruction.rflagsSet;
    const theirs = `r=${lettersOf(instruction.rflagsRead)} w=${lettersOf(modified)} u=${lettersOf(instruction.rflagsUndefined)}`;
    if (ours !== theirs) wrong.push(`${row.text}: ${ours}, iced: ${theirs}`);
  }
  expect(wrong).toEqual([]);
});
