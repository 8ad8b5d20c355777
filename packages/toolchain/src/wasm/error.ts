/** What is wrong with a WebAssembly module, and where. */

export type WasmErrorCode = 'WASM_MALFORMED' | 'WASM_INVALID' | 'WASM_UNSUPPORTED' | 'WASM_TOO_LARGE';

/** A module that cannot be compiled. `offset` is in bytes from the start of the module. */
export class WasmError extends Error {
  override readonly name = 'WasmError';
  readonly code: WasmErrorCode;
  readonly offset: number;
  readonly reason: string;

  constructor(code: WasmErrorCode, offset: number, reason: string) {
    super(`${reason} (at byte ${offset}, 0x${offset.toString(16)})`);
    this.code = code;
    this.offset = offset;
    this.reason = reason;
  }
}
