/** Finding the forms of a mnemonic: prefixes in front of it, rows, modes. */
import type { Mode } from '../operand.ts';
import type { Row } from '../table/notation.ts';
import { nearestMnemonic, type PrefixedMnemonic, rowsOf } from '../table/table.ts';
import { EncodeError } from './encode-error.ts';
import { type Form, prepareForm } from './form.ts';

const prefixPattern = /^(lock|repe|repz|repne|repnz|rep|o16|o32|o64|a16|a32|a64) /;

/** The forms of a mnemonic in a mode, in the table's order, cached. */
const cache: Readonly<Record<Mode, Map<string, readonly Form[]>>> = { 16: new Map(), 32: new Map(), 64: new Map() };

/**
 * @throws EncodeError UNKNOWN_MNEMONIC, naming the nearest one that exists; PREFIX; NO_FORM when the mnemonic does not exist in the mode.
 */
export function formsOf(mode: Mode, mnemonic: string): readonly Form[] {
  let forms = cache[mode].get(mnemonic);
  if (forms === undefined) {
    forms = findForms(mode, mnemonic);
    cache[mode].set(mnemonic, forms);
  }
  return forms;
}

function findForms(mode: Mode, text: string): readonly Form[] {
  const prefixes: string[] = [];
  let mnemonic = text;
  for (let match = prefixPattern.exec(mnemonic); match !== null; match = prefixPattern.exec(mnemonic)) {
    prefixes.push(match[1] as string);
    mnemonic = mnemonic.slice(match[0].length);
  }
  const rows = rowsOf(mnemonic);
  if (rows.length === 0) {
    throw new EncodeError(
      'UNKNOWN_MNEMONIC',
      text,
      `no instruction is called "${mnemonic}"; the nearest is "${nearestMnemonic(mnemonic)}"`,
    );
  }
  const possible = rows.filter((row) => prefixes.every((prefix) => prefixFits(row, prefix)));
  if (possible.length === 0) {
    throw new EncodeError('PREFIX', text, `"${mnemonic}" does not take ${prefixes.join(' and ')}`, linesOf(rows));
  }
  const userPrefix = prefixes.reduce((byte, prefix) => prefixBytes[prefix] ?? byte, 0);
  const forms = possible
    .map((row) => withAddressSize(prepareForm(row, mode, userPrefix), prefixes))
    .filter((form) => form !== undefined);
  if (forms.length === 0) throw new EncodeError('NO_FORM', text, `does not exist in ${mode}-bit mode`, linesOf(rows));
  return forms;
}

const prefixBytes: Readonly<Record<string, number>> = {
  lock: 0xf0,
  rep: 0xf3,
  repe: 0xf3,
  repz: 0xf3,
  repne: 0xf2,
  repnz: 0xf2,
};

function prefixFits(row: Row, prefix: string): boolean {
  switch (prefix) {
    case 'lock':
      return row.lock;
    case 'rep':
      return row.repeat !== 'none';
    case 'o16':
    case 'o32':
      return row.operandSize === prefix;
    case 'o64':
      return row.operandSize === 'REX.W' || row.operandSize === 'd64' || row.operandSize === 'f64';
    case 'a16':
    case 'a32':
    case 'a64':
      return row.addressSize === Number(prefix.slice(1)) || (row.addressSize === 0 && row.operands.length === 0);
    default:
      return row.repeat === 'repz';
  }
}

/** `a32 movsb` and the like: the row has no address size, the prefix gives it one. */
function withAddressSize(form: Form | undefined, prefixes: readonly string[]): Form | undefined {
  const prefix = prefixes.find((each) => each.startsWith('a'));
  if (form === undefined || prefix === undefined || form.row.addressSize !== 0) return form;
  const size = Number(prefix.slice(1));
  if (form.mode === 64 ? size === 16 : size === 64) return undefined;
  return { ...form, prefix67: size !== form.mode };
}

/** The instruction and opcode columns of rows, for error messages. */
export function linesOf(rows: readonly Row[]): string[] {
  return rows.map((row) => row.text.replace(/ +/g, ' ').split(' | ').toSpliced(1, 1).join(' | '));
}

/**
 * Looks a form up once, to be emitted many times with `emitForm`.
 *
 * `operands` is written as the table writes it, or with plain registers and memory: `select(64, 'add', 'r64, r/m64')`. `opcode` is the
 * start of the opcode column, where two rows have the same operands. Among several the first row of the table is taken.
 *
 * @throws EncodeError as `encode` does.
 */
export function select(mode: Mode, mnemonic: PrefixedMnemonic, operands = '', opcode = ''): Form {
  const forms = formsOf(mode, mnemonic);
  const wanted = normalize(operands);
  const found = forms.find((form) => {
    if (normalize(form.row.operands.map((kind) => kind.notation).join(',')) !== wanted) return false;
    return opcode === '' || normalize(form.row.text.split('|')[2] as string).startsWith(normalize(opcode));
  });
  if (found !== undefined) return found;
  const problem = `no form with operands "${operands}"${opcode === '' ? '' : ` and opcode ${opcode}`} in ${mode}-bit mode`;
  throw new EncodeError('NO_FORM', mnemonic, problem, linesOf(forms.map((form) => form.row)));
}

function normalize(text: string): string {
  return text.replaceAll(' ', '');
}
