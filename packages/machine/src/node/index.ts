/** What only Node has: the terminal, and gdb over TCP. */
export { GdbServer, serveGdb } from './gdb-server.ts';
export { attachTerminal, TERMINAL_HELP, type TerminalStreams } from './terminal.ts';
