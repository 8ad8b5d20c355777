/** Imports: memory that is not RAM, and code that was written to. */

/** Reads guest-physical memory that PHYSICAL does not have: `bytes` bytes to the host address `to`. */
// @ts-expect-error: decorators
@external('core', 'busRead')
export declare function busRead(core: usize, physical: u64, bytes: i32, to: usize): void;

// @ts-expect-error: decorators
@external('core', 'busWrite')
export declare function busWrite(core: usize, physical: u64, bytes: i32, from: usize): void;

/** Decoded code on this page of guest-physical memory (by number) is no longer true. */
// @ts-expect-error: decorators
@external('core', 'codeWritten')
export declare function codeWritten(page: u32): void;

/** An access while WATCHED is set, before it is made. */
// @ts-expect-error: decorators
@external('core', 'watch')
export declare function watch(core: usize, linear: u64, bytes: i32, write: i32): void;
