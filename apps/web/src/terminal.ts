/** The machine's first serial line in a terminal. */
import type { Machine } from '@drift-os/machine';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';

export async function showTerminal(machine: Machine, place: HTMLElement): Promise<void> {
  const terminal = new Terminal({ fontSize: 14, cursorBlink: true, theme: { background: '#11151c' } });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(place);
  fit.fit();
  terminal.onData((text) => machine.send(text));
  terminal.focus();
  for await (const chunk of machine.serial[0]) terminal.write(chunk);
}
