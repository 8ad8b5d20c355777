/** What kernel-w offers as functions; everything else goes through the private pair. The linker joins the two. */

/** Passes on what was written to the private pair; with `wait` 1, returns when there is something to read. */
export declare function serve(wait: u32): void;

/** Ends this instance with a STATUS_*. Does not return. */
export declare function abandon(status: u32): void;
