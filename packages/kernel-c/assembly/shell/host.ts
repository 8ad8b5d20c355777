/** What the shell's host module (host-module.ts) imports: functions of module `host`, the name of this file. */

/** Runs host command `id`; `first` is false when it is called again. @returns DONE, or WAIT to be called again. */
export declare function command(id: u32, first: bool): u32;

/** Takes output. @returns how much of it. */
export declare function write(pointer: usize, length: u32): u32;
