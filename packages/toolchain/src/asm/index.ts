/** The typed assembler. */
export { Assembler, type AssemblerOptions, type DataValue, type Distance, type SectionOptions } from './assembler.ts';
export { AssemblerError, type AssemblerErrorCode } from './assembler-error.ts';
