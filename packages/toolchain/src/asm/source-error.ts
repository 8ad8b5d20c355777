/** What is wrong with a line of assembler text. */

export type SourceErrorCode = 'ASM_SYNTAX' | 'ASM_INSTRUCTION' | 'ASM_NAME' | 'ASM_VALUE';

/** `message` is `file:line: what is wrong`, `line` counts from 1. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code: SourceErrorCode;
  readonly file: string;
  readonly line: number;

  constructor(code: SourceErrorCode, file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
    this.code = code;
    this.file = file;
    this.line = line;
  }
}
