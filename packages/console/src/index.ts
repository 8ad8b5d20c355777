/** What the consoles of a PC show, as text. */
export { type SerialFailure, type SerialMatch, SerialText, type WaitOptions } from './serial-text.ts';
export { COLUMNS, ROWS, screenFromTextMemory, TEXT_BYTES, TEXT_MEMORY } from './text-screen.ts';
