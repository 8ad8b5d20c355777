/** Variables between the code of the loader. */
import type { Assembler } from '@drift-os/toolchain';

const LINE = 16;

/** Lines of 16 bytes for variables alone. A processor fetches code anew that stands beside what is written, and an emulator decodes it anew. */
export function emitVariables(a: Assembler, define: () => void): void {
  a.align(LINE, 0);
  define();
  a.align(LINE, 0);
}
