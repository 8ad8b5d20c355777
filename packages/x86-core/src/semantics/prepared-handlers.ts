/** The handlers that were made when this package was built (prepare-handlers.ts): one module, and which function is whose. */
import { handlerCode, handlerLines } from '../generated/handlers.ts';
import { bytesOfBase64 } from '../wasm/base64.ts';
import { importSharedMemory } from '../wasm/shared-memory-import.ts';
import type { Effect } from './effect.ts';
import { handlerKeyOf, type Shape } from './operand-shape.ts';
import { type PreparedLines, readPreparedLines } from './prepared-format.ts';

let lines: PreparedLines | undefined;
/** By the maximum of a shared memory in pages. */
const modules = new Map<number | undefined, WebAssembly.Module>();

export function preparedHandlers(): PreparedLines {
  return (lines ??= readPreparedLines(handlerLines));
}

/** It puts its functions into the table from STALE_HANDLER on. `sharedMaximum`: of the memory, where that is shared. */
export function preparedModule(sharedMaximum: number | undefined): WebAssembly.Module {
  let module = modules.get(sharedMaximum);
  if (module === undefined) {
    const code = bytesOfBase64(handlerCode);
    module = new WebAssembly.Module(sharedMaximum === undefined ? code : importSharedMemory(code, sharedMaximum));
    modules.set(sharedMaximum, module);
  }
  return module;
}

/** What an instruction of this shape can do, where a handler is prepared for it. */
export function preparedEffect(shape: Shape): Effect | undefined {
  return preparedHandlers().effects.get(handlerKeyOf(shape));
}
