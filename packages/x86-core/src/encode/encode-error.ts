/** What goes wrong when an instruction is encoded. */

export type EncodeErrorCode =
  | 'UNKNOWN_MNEMONIC'
  /** No form of the mnemonic takes these operands in this mode. */
  | 'NO_FORM'
  /** A memory operand without a size, where the other operands do not tell it. */
  | 'AMBIGUOUS_SIZE'
  /** The prefix does not go with the instruction. */
  | 'PREFIX'
  /** Base, index or displacement have no encoding. */
  | 'ADDRESS'
  /** A register that does not exist in this mode or excludes another one (`ah` with `r8`). */
  | 'REGISTER';

export class EncodeError extends Error {
  override readonly name = 'EncodeError';
  readonly code: EncodeErrorCode;
  /** The instruction as it would be written. */
  readonly instruction: string;
  /** Rows of the table that would fit, as they stand there. */
  readonly forms: readonly string[];

  constructor(code: EncodeErrorCode, instruction: string, problem: string, forms: readonly string[] = []) {
    const fitting = forms.length === 0 ? '' : `\nForms that exist:\n${forms.map((form) => `  ${form}`).join('\n')}`;
    super(`${instruction}: ${problem}${fitting}`);
    this.code = code;
    this.instruction = instruction;
    this.forms = forms;
  }
}
