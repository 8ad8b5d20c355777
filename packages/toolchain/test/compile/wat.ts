/** WebAssembly text -> binary, by binaryen. */
import binaryen from 'binaryen';

const { Features } = binaryen;
/** What the compiler takes: with more, binaryen writes types of proposals that are not even used. */
const FEATURES: number =
  Features.Atomics |
  Features.MutableGlobals |
  Features.NontrappingFPToInt |
  Features.SIMD128 |
  Features.BulkMemory |
  Features.BulkMemoryOpt |
  Features.SignExt |
  Features.TailCall |
  Features.ReferenceTypes |
  Features.Multivalue |
  Features.Memory64 |
  Features.ExtendedConst;

/** @throws when the text does not parse. The result is not optimised. */
export function assembleText(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  try {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- flags that are combined
    module.setFeatures(FEATURES);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
