/** SHELL.md: what stands behind a prompt is typed, what follows must be what the shell prints; its example and its map of files hold. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createShell } from '../src/shell.ts';
import { openShell, shellWasm } from './shell-module.ts';
import { Terminal } from './terminal.ts';

const text = readFileSync(new URL('../SHELL.md', import.meta.url), 'utf8');
const transcripts = [...text.matchAll(/^```\n(drift> [^]*?)^```$/gm)].map((match) => match[1] ?? '');

describe('SHELL.md', () => {
  it('has transcripts', () => {
    expect(transcripts.length).toBeGreaterThan(5);
  });

  it.each(transcripts.map((transcript) => [transcript.split('\n')[0], transcript]))(
    '%s',
    async (_first, transcript) => {
      const shell = await openShell();
      const terminal = new Terminal();
      terminal.write(shell.feed(''));
      for (const [, typed] of transcript.matchAll(/^(?:drift> |\.\.\. )(.*)$/gm)) {
        terminal.write(shell.feed(`${typed ?? ''}\r`));
      }
      expect(terminal.screen.replace(/\ndrift>$/, '\n')).toBe(transcript);
    },
  );

  it('has an example for programs that prints what it says', async () => {
    const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(text) ?? [];
    const [, expected] = /console\.log.*\/\/ (.*)$/m.exec(code) ?? [];
    const body = code.replaceAll(/^import .*;$/gm, '').replace(/^const wasm = .*$/m, '');
    const printed: string[] = [];
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const run = new AsyncFunction('wasm', 'createShell', 'console', body) as (...values: unknown[]) => Promise<void>;
    await run(shellWasm, createShell, { log: (line: string) => void printed.push(line) });
    expect(printed).toEqual([expected]);
  });

  it('names every file of the shell, and no other', () => {
    const table = text.slice(text.indexOf('## How it is made'));
    const named = [...table.matchAll(/`([a-z0-9-]+\.ts)`/g)].map(([, name]) => name ?? '');
    expect(named.toSorted()).toEqual(readdirSync(new URL('../assembly/shell', import.meta.url)).toSorted());
  });
});
