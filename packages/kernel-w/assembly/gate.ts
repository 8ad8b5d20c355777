/** The way into application code and, where it cannot go on, out of it: functions in assembly (packages/boot), by the System V convention. */

/**
 * Calls `entry` with one argument. Keeps at `save` (8 bytes) what `leave` needs; the two do not nest.
 * Returns what the entry point returned (upper half unspecified for a u32), or what `leave` was given.
 */
export declare function enter(entry: u64, argument: u64, save: u64): u64;

/** Abandons the call of `enter` that wrote `save`: it returns `result` at once. Does not return. */
export declare function leave(save: u64, result: u64): void;
