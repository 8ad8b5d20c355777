/**
 * A terminal at the other end of a stream pair (assembly/shell/ring-session.ts): kinds of its records.
 */
/** Bytes of text: to the shell what is typed, from the shell what is shown. */
export const TERMINAL_TEXT = 1;
/** To the shell: u32 columns of the terminal, 40 to 1000. */
export const TERMINAL_WIDTH = 2;
