/** Runs the transcripts in SHELL.md: what stands behind a prompt is typed, what follows must be what the shell prints. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openShell } from './shell-module.ts';
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
});
