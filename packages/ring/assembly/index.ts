/** The ring for guest code: `import { RingWriter } from '@drift-os/ring/assembly'`. */
export { Endpoint } from './endpoint';
export {
  ringBytes,
  ringInitialize,
  ringReaderDied,
  ringUsed,
  ringWake,
  ringWriterDied,
  wordRingInitialize,
} from './ring-memory';
export { RingReader } from './ring-reader';
export { RingWriter } from './ring-writer';
export { StreamPair } from './stream-pair';
export { WordReader, WordWriter } from './word-ring';
