/**
 * `dataEnd` for modules that AssemblyScript has made: it writes zeros out, so the last data segment ends where static data ends. (In
 * what other compilers make, zeros may follow it up to the end of the last page.)
 */
export const LAST_SEGMENT = 0;
