/** The toolchain's public surface. */
export { type ElfObjectOptions, writeElfObject } from './elf/elf-object.ts';
export type * from './object.ts';
