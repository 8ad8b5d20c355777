export {
  type FieldDeclaration,
  type FieldDeclarations,
  type FieldType,
  InterfaceError,
  type MessageDeclaration,
  type MessageDeclarations,
  type ScalarType,
} from './interface/declaration.ts';
export { type AnyInterface, defineInterface, type Interface, type Message } from './interface/define-interface.ts';
export { generateAssembly } from './interface/generate-assembly.ts';
export { generateC } from './interface/generate-c.ts';
export { interfaceHash } from './interface/hash.ts';
export type { FieldLayout, MessageLayout } from './interface/message-layout.ts';
export type { MessageView } from './interface/message-view.ts';
export { Endpoint, type RingPlace, type RingStatistics } from './ring/endpoint.ts';
export { generateRingLayoutC } from './ring/generate-layout.ts';
export { RingError } from './ring/ring-error.ts';
export {
  ringBytes,
  ringCapacityIsValid,
  ringInitialize,
  ringReaderDied,
  ringUsed,
  ringWriterDied,
  wordRingInitialize,
} from './ring/ring-memory.ts';
export { RingReader } from './ring/ring-reader.ts';
export { RingWriter } from './ring/ring-writer.ts';
export { type PairPlace, StreamPair } from './ring/stream-pair.ts';
export { type WordArray, WordReader, WordWriter } from './ring/word-ring.ts';
