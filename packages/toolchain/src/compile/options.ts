/** What `compileWasm` can be told. */

export type MemoryBase =
  /** Linear memory starts at address 0: a pointer is an address. */
  | { readonly kind: 'zero' }
  /** Linear memory starts at a fixed address below 2 GiB. */
  | { readonly kind: 'constant'; readonly address: number }
  /**
   * Linear memory starts where the memory record says (symbol `name$memory`: base and bytes, 8 bytes each). All code of the
   * module keeps the base in r15; entries from outside load it. `name$initialize` writes the static data.
   */
  | { readonly kind: 'register' };

export type GlobalsPlace =
  /** The section `globals` is where they live. */
  | { readonly kind: 'absolute' }
  /** The section is a template; instance i of the module has its copy at the segment's base plus `offset`. */
  | { readonly kind: 'segment'; readonly segment: 'fs' | 'gs'; readonly offset: number };

export interface CompileWasmOptions {
  /** Name of the module: exports become symbols `name.export`. */
  readonly name: string;
  readonly memoryBase: MemoryBase;
  /**
   * `none`: no checks, and addresses wrap at 4 GiB. `guard`: an access out of bounds must reach an address that is not mapped: of
   * the 4 GiB from the base all that is not memory, and `guardBytes` behind them; what could reach further (a constant offset over
   * `guardBytes`, a 64-bit memory) is compared with the memory's size. `checked`: every access is compared with it.
   */
  readonly bounds: 'none' | 'guard' | 'checked';
  /** Bytes behind the 4 GiB of a guarded memory that are not mapped. Default 4 GiB. */
  readonly guardBytes?: number | undefined;
  /**
   * `fails` (default): the memory keeps the size that it starts with. `hook`: memory.grow calls the symbol `drift.memory_grow`, a
   * C function `int (void *base, uint64_t old_bytes, uint64_t new_bytes)`, which makes the new pages readable as zeros and
   * writable and returns 1, or returns 0; the size is in the memory record.
   */
  readonly memoryGrowth?: 'fails' | 'hook' | undefined;
  /** Elements that a table may grow to where it declares no smaller maximum. Default 1024. */
  readonly tableLimit?: number | undefined;
  /** `none`: the module may not use floats or vectors at all. */
  readonly vectors: 'none' | 'sse4.1';
  readonly globals: GlobalsPlace;
  /** Allows imports from module `cpu`, which become machine instructions. */
  readonly intrinsics: boolean;
  /** Source map (version 3) of the module, as JSON text. */
  readonly sourceMap?: string | undefined;
  /**
   * `sequential` (default): WebAssembly's atomic stores, XCHG. `release`: plain MOV, which later loads may pass; for code that
   * fences explicitly where that matters, such as the rings.
   */
  readonly atomicStores?: 'sequential' | 'release' | undefined;
  /** Checks the signature at indirect calls. Default true. */
  readonly checkSignatures?: boolean | undefined;
  /** Instructions beyond the baseline that the processor is known to have. */
  readonly features?: readonly ('popcnt' | 'lzcnt' | 'bmi1' | 'bmi2')[] | undefined;
  /** First address behind the static data, zeros included. Default: the end of the last page that the memory starts with. */
  readonly dataEnd?: number | undefined;
}

export type CompileErrorCode = 'COMPILE_VECTORS' | 'COMPILE_INTRINSICS' | 'COMPILE_UNSUPPORTED';

/** A module that is valid but cannot be compiled with the options given. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
  readonly code: CompileErrorCode;

  constructor(code: CompileErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
