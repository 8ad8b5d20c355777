/** What `compileWasm` can be told. */

export type MemoryBase =
  /** Linear memory starts at address 0: a pointer is an address. */
  | { readonly kind: 'zero' }
  /** Linear memory starts at a fixed address below 2 GiB. */
  | { readonly kind: 'constant'; readonly address: number };

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
   * `none`: no checks, and addresses wrap at 4 GiB. `guard`: no checks, but an access out of bounds must reach an address that
   * is not mapped (8 GiB from the base). `checked`: every access is compared with the memory's size.
   */
  readonly bounds: 'none' | 'guard' | 'checked';
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
