/** Compiles the shell's host module once for a test file. */
import { compileAssemblyScript } from '@drift-os/asc';
import { createShell, type Shell, type ShellOptions } from '../src/shell.ts';

const { wasm } = await compileAssemblyScript({
  entry: new URL('../assembly/shell/host-module.ts', import.meta.url).pathname,
  features: ['threads'],
});
export const shellWasm: WebAssembly.Module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);

export function openShell(options: Omit<ShellOptions, 'wasm'> = {}): Promise<Shell> {
  return createShell({ ...options, wasm: shellWasm });
}

/** Everything that the terminal gets until the shell is idle, as text. */
export function type(shell: Shell, input: string, turns = 1000): string {
  const decoder = new TextDecoder();
  let text = decoder.decode(shell.feed(input));
  for (let turn = 0; shell.state === 'busy' && turn < turns; turn++) text += decoder.decode(shell.run());
  return text;
}

/** What a script prints: it is typed as one line, and echo and prompts are taken away. */
export function output(shell: Shell, script: string): string {
  const text = type(shell, `${script}\r`).replaceAll('\r\n', '\n');
  return text.slice(text.indexOf('\n') + 1).replace(/(^|\n)drift> $/, '$1');
}
