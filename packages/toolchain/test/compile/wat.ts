/** WebAssembly text -> binary, by binaryen. */
import binaryen from 'binaryen';

/** @throws when the text does not parse. The result is not optimised. */
export function assembleText(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  try {
    module.setFeatures(binaryen.Features.All);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
