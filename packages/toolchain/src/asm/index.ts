/** The assembler: typed, and for text. */
export { type AssembleOptions, assembleSource } from './assemble-source.ts';
export { flatBinary } from './flat-binary.ts';
export { SourceError, type SourceErrorCode } from './source-error.ts';
export { Assembler, type AssemblerOptions, type DataValue, type Distance, type SectionOptions } from './assembler.ts';
export { AssemblerError, type AssemblerErrorCode } from './assembler-error.ts';
