/** The toolchain's public surface. */
export * from './asm/index.ts';
export { type ElfObjectOptions, writeElfObject } from './elf/elf-object.ts';
export type * from './object.ts';
