/** The toolchain's public surface. */
export * from './asm/index.ts';
export {
  CompileError,
  type CompileErrorCode,
  type CompileWasmOptions,
  compileWasm,
  type GlobalsPlace,
  type MemoryBase,
} from './compile/index.ts';
export { disassemble, type DisassembleOptions } from './disasm/disassemble.ts';
export { disassembleObject } from './disasm/disassemble-object.ts';
export { type ElfExecutableOptions, writeElfExecutable } from './elf/elf-executable.ts';
export { type ElfObjectOptions, writeElfObject } from './elf/elf-object.ts';
export { ElfError, readElfObject } from './elf/read-elf-object.ts';
export { LinkError, type LinkErrorCode } from './link/link-error.ts';
export { type FlatImage, linkFlat } from './link/link-flat.ts';
export { type LinkOptions, linkImage } from './link/link-image.ts';
export type { LinkedImage, LinkedSegment, LinkedSymbol, PlacedObject } from './link/linked-image.ts';
export type { LinkModule } from './link/module.ts';
export type * from './object.ts';
export * from './operands.ts';
export { WasmError, type WasmErrorCode } from './wasm/error.ts';
