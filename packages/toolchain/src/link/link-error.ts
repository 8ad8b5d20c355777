/** What is wrong with the objects given to the linker. */

export type LinkErrorCode =
  /** Something refers to a symbol that no object defines. */
  | 'UNDEFINED_SYMBOL'
  /** Two objects define the same global symbol, or one object the same name twice. */
  | 'DUPLICATE_SYMBOL'
  /** An address or distance does not fit the field that is to hold it. */
  | 'RELOCATION_RANGE'
  /** Two sections want the same bytes, or the same page under different protection. */
  | 'SECTION_OVERLAP'
  /** A kernel's static data is larger than the memory map allows. */
  | 'DATA_LIMIT'
  /** More source files or lines than the image directory can number. */
  | 'DIRECTORY_LIMIT'
  /** An object or option that contradicts the others; the message says which. */
  | 'BAD_INPUT';

export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code: LinkErrorCode;

  constructor(code: LinkErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
