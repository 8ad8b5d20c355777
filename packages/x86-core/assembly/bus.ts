/** Imports: memory that is not RAM, and code that was written to. */

/** Reads guest-physical memory that PHYSICAL does not have: `bytes` bytes to the host address `to`. */
export declare function busRead(core: usize, physical: u64, bytes: i32, to: usize): void;

export declare function busWrite(core: usize, physical: u64, bytes: i32, from: usize): void;

/** Decoded code on this page of guest-physical memory (by number) is no longer true. */
export declare function codeWritten(page: u32): void;

/** Stops the other cores, and lets them go on. */
export declare function lockBus(core: usize): void;
export declare function unlockBus(core: usize): void;

/** An access while WATCHED is set, before it is made. */
export declare function watch(core: usize, linear: u64, bytes: i32, write: i32): void;
