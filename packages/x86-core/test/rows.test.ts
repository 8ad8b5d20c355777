/** Every row of the table, in every operand form and mode: what the encoder writes, iced-x86 and our decoder read as the same instruction. */
import { describe, expect, test } from 'vitest';
import { prepareForm } from '../src/encode/form.ts';
import {
  CodeBuffer,
  decode,
  EncodeError,
  emitForm,
  encode,
  formatInstruction,
  type Mode,
  type Operand,
  type PrefixedMnemonic,
  type Row,
  rows,
} from '../src/index.ts';
import { placeOf } from '../src/table/notation.ts';
import { describeOurs, IcedBatch, leftOut, SLOT } from './oracle/iced.ts';
import { sampleOperands } from './oracle/samples.ts';

interface Sample {
  readonly row: Row;
  readonly operands: readonly Operand[];
  readonly bytes: Uint8Array;
}

/** Registers and addresses that no encoding has together are left out: `ah` beside REX. */
function samplesOf(mode: Mode): Sample[] {
  const samples: Sample[] = [];
  for (const row of rows()) {
    const form = prepareForm(row, mode);
    if (form === undefined) continue;
    for (const operands of sampleOperands(row, mode)) {
      const out = new CodeBuffer(32);
      try {
        emitForm(out, form, operands[0], operands[1], operands[2], operands[3]);
      } catch (error) {
        if (error instanceof EncodeError && error.code === 'REGISTER') continue;
        throw error;
      }
      samples.push({ row, operands, bytes: out.toBytes() });
    }
  }
  return samples;
}

/** Reserved NOPs are compared where no newer instruction has taken the place. XCHG has two rows for one encoding, as its operands may be written in either order. */
function sameEncoding(a: Row, b: Row): boolean {
  return (
    a === b ||
    (a.mnemonic === 'xchg' && b.mnemonic === 'xchg' && a.opcode === b.opcode && a.operandSize === b.operandSize)
  );
}

describe.each([16, 32, 64] as const)('in %i-bit code', (mode) => {
  const samples = samplesOf(mode);

  test('iced reads what the encoder writes, and the decoder finds the row again', () => {
    const bytes = new Uint8Array(samples.length * SLOT);
    for (const [slot, sample] of samples.entries()) bytes.set(sample.bytes, slot * SLOT);
    const iced = new IcedBatch(mode, bytes);
    const wrong: string[] = [];
    for (const [slot, sample] of samples.entries()) {
      const theirs = iced.at(slot);
      const decoded = decode(mode, sample.bytes);
      if (decoded.kind === 'failure') wrong.push(`${sample.row.text}: ${decoded.reason}`);
      else if (
        sample.row.mnemonic === 'reservednop' &&
        (decoded.row !== sample.row || leftOut(theirs.instruction) !== undefined)
      )
        continue;
      else if (!sameEncoding(decoded.row, sample.row)) wrong.push(`${sample.row.text} decodes as ${decoded.row.text}`);
      else if (describeOurs(decoded, decoded.length) !== theirs.text || decoded.length !== theirs.length) {
        wrong.push(`${describeOurs(decoded, decoded.length)}, iced: ${theirs.text}`);
      }
    }
    iced.free();
    const covered = new Set(samples.map((sample) => sample.row)).size;
    console.log(`${mode}-bit code: ${covered} of ${rows().length} rows, ${samples.length} operand combinations`);
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(covered).toBe(rows().filter((row) => row.modes.includes(mode)).length);
  });

  test('what the disassembler prints encodes again, to the same instruction and no more bytes', () => {
    const wrong: string[] = [];
    for (const { row, bytes } of samples) {
      const decoded = decode(mode, bytes);
      if (decoded.kind === 'failure' || row.roles.includes('D') || row.mnemonic === 'reservednop') continue;
      const text = formatInstruction(decoded);
      const out = new CodeBuffer(32);
      encode(
        mode,
        `${text.slice(0, text.indexOf(row.mnemonic))}${row.mnemonic}` as PrefixedMnemonic,
        decoded.operands,
        out,
      );
      const again = decode(mode, out.toBytes());
      const same = again.kind === 'instruction' && formatInstruction(again) === text && out.length <= bytes.length;
      if (!same)
        wrong.push(
          `${text} (${row.text}): ${Buffer.from(bytes).toString('hex')} and ${Buffer.from(out.toBytes()).toString('hex')}`,
        );
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  });
});

test('a line is found at the opcode that its row has', () => {
  for (const row of rows()) {
    const { vex, map, opcode, plusRegister, modRm } = row;
    const count = plusRegister && modRm === undefined ? 8 : 1;
    expect(placeOf(row.text), row.text).toEqual({ vex: vex !== undefined, map, opcode, count });
  }
});
