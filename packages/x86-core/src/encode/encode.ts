/** Encodes an instruction from its mnemonic and operands, in the shortest form that means exactly that. */
import { formatOperand } from '../format/operand.ts';
import type { Memory, Mode, Operand } from '../operand.ts';
import type { Row } from '../table/notation.ts';
import type { PrefixedMnemonic } from '../table/table.ts';
import { AddressError } from './address.ts';
import { CodeBuffer } from './code-buffer.ts';
import { emitForm } from './emit.ts';
import { EncodeError } from './encode-error.ts';
import type { Form } from './form.ts';
import { countFitting, fits } from './match.ts';
import { formsOf, linesOf } from './select.ts';
import { shapeOf } from './shape.ts';

const scratch = new CodeBuffer(64);

/**
 * Appends `mnemonic operands` to `out` and returns the form that was used.
 *
 * Of the forms that fit, those that keep the mode's operand size come first, then the shortest. A jump to a symbol takes the
 * near form unless the reference says `bits: 8`. A relative target given as a number counts from the end of the instruction.
 *
 * @throws EncodeError; its `code` says why, its `forms` what would fit. `out` is left as it was.
 */
export function encode(mode: Mode, mnemonic: PrefixedMnemonic, operands: readonly Operand[], out: CodeBuffer): Form {
  const form = choose(mode, mnemonic, operands);
  const start = out.length;
  try {
    emitForm(out, form, operands[0], operands[1], operands[2], operands[3]);
  } catch (error) {
    out.truncate(start);
    throw described(error, mnemonic, operands);
  }
  return form;
}

/** Choices made, by mode, mnemonic and the shapes of the operands. */
const chosen: Readonly<Record<Mode, Map<string, Form>>> = { 16: new Map(), 32: new Map(), 64: new Map() };

/** The form `encode` would use. @throws EncodeError */
export function choose(mode: Mode, mnemonic: PrefixedMnemonic, operands: readonly Operand[]): Form {
  let key: string = mnemonic;
  for (const operand of operands) key += ` ${shapeOf(operand)}`;
  let form = chosen[mode].get(key);
  if (form === undefined) {
    form = chooseAnew(mode, mnemonic, operands);
    chosen[mode].set(key, form);
  }
  return form;
}

function chooseAnew(mode: Mode, mnemonic: PrefixedMnemonic, operands: readonly Operand[]): Form {
  const forms = formsOf(mode, mnemonic);
  const candidates = forms.filter((form) => fits(form.row, mode, operands));
  const only = candidates[0];
  if (only === undefined) {
    const problem = `no form takes these operands in ${mode}-bit mode`;
    throw new EncodeError('NO_FORM', textOf(mnemonic, operands), problem, nearestForms(forms, mode, operands));
  }
  checkMemory(mnemonic, operands, candidates);
  if (candidates.length === 1) return only;
  let best: Form | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  let failure: unknown;
  for (const form of candidates) {
    scratch.truncate(0);
    try {
      emitForm(scratch, form, operands[0], operands[1], operands[2], operands[3]);
    } catch (error) {
      failure = error;
      continue;
    }
    const cost = scratch.length + (form.changesOperandSize ? 32 : 0) + (isForcedShort(form, operands) ? 64 : 0);
    if (cost < bestCost) [best, bestCost] = [form, cost];
  }
  if (best === undefined) throw described(failure, mnemonic, operands);
  return best;
}

/** The rows of which the most operands fit, as the table writes them. */
function nearestForms(forms: readonly Form[], mode: Mode, operands: readonly Operand[]): string[] {
  const counts = forms.map(
    ({ row }) => countFitting(row, mode, operands) - Math.abs(row.operands.length - operands.length),
  );
  const most = Math.max(...counts);
  return linesOf(forms.filter((_, index) => counts[index] === most).map((form) => form.row));
}

/** An 8-bit relative field for a symbol that nobody promised to be near. */
function isForcedShort(form: Form, operands: readonly Operand[]): boolean {
  const target = operands[0];
  return (
    form.row.trailing[0]?.type === 'relative' &&
    form.row.trailing[0].bytes === 1 &&
    typeof target === 'object' &&
    target.kind === 'symbol'
  );
}

/** A memory operand without a size must mean the same size in every form, and LOCK needs a memory operand to write to. */
function checkMemory(mnemonic: string, operands: readonly Operand[], candidates: readonly Form[]): void {
  const position = operands.findIndex((operand) => typeof operand === 'object' && operand.kind === 'memory');
  if (mnemonic.startsWith('lock ') && position < 0) {
    throw new EncodeError('PREFIX', textOf(mnemonic, operands), 'LOCK needs a memory operand');
  }
  if (position < 0 || (operands[position] as Memory).bits !== 0) return;
  const sizes = new Set(candidates.map((form) => form.row.operands[position]?.memoryBits));
  if (sizes.size < 2) return;
  const rows: readonly Row[] = candidates.map((form) => form.row);
  throw new EncodeError(
    'AMBIGUOUS_SIZE',
    textOf(mnemonic, operands),
    `the memory operand could be ${[...sizes].join(' or ')} bits: say which`,
    linesOf(rows),
  );
}

function described(error: unknown, mnemonic: string, operands: readonly Operand[]): unknown {
  const text = textOf(mnemonic, operands);
  if (error instanceof AddressError) return new EncodeError('ADDRESS', text, error.message);
  if (error instanceof EncodeError)
    return new EncodeError(error.code, text, error.message.split(': ').slice(1).join(': '));
  return error;
}

function textOf(mnemonic: string, operands: readonly Operand[]): string {
  return `${mnemonic} ${operands.map(formatOperand).join(', ')}`.trim();
}
