/** What only Node has: the terminal. */
export { attachTerminal, TERMINAL_HELP, type TerminalStreams } from './terminal.ts';
