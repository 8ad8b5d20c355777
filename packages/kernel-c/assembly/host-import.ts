/** What the host supplies to the host module. */

/** A timer that the host started has run. */
export declare function notify(argument: u32): void;
