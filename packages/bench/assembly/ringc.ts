/** The ring in C, linked into the image as native code: `native/ring-workload.c`. Imports of a file become symbols `file.function`. */
export declare function prepare(area: usize): u32;
export declare function ping(area: usize, count: u32): u32;
export declare function echo(area: usize, count: u32): u32;
export declare function produceWords(area: usize, count: u32): u32;
export declare function consumeWords(area: usize, count: u32): u32;
export declare function produceBatches(area: usize, count: u32): u32;
export declare function consumeBatches(area: usize, count: u32): u32;
export declare function produceRecords(area: usize, count: u32): u32;
export declare function consumeRecords(area: usize, count: u32): u32;
