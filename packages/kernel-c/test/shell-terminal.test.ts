import { beforeEach, describe, expect, it } from 'vitest';
import type { Shell } from '../src/shell.ts';
import { openShell } from './shell-module.ts';
import { Terminal } from './terminal.ts';

const UP = '\x1b[A';
const DOWN = '\x1b[B';
const RIGHT = '\x1b[C';
const LEFT = '\x1b[D';
const HOME = '\x1b[H';
const END = '\x1b[F';
const DELETE = '\x1b[3~';
const BACKSPACE = '\x7f';
const control = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) & 0x1f);

let shell: Shell;
let terminal: Terminal;

/** Keys arrive one by one, as from a person. */
function keys(...sequences: string[]): void {
  for (const sequence of sequences) {
    if (sequence.startsWith('\x1b')) terminal.write(shell.feed(sequence));
    else for (const character of sequence) terminal.write(shell.feed(character));
  }
}

beforeEach(async () => {
  shell = await openShell();
  terminal = new Terminal();
  keys('');
});

describe('editing', () => {
  it.each([
    ['typing', ['echo a'], 'echo a', 6],
    ['backspace', ['echo ab', BACKSPACE], 'echo a', 6],
    ['left and insert', ['ehoo', LEFT, LEFT, LEFT, 'c', END, BACKSPACE], 'echo', 4],
    ['home, delete', ['xecho', HOME, DELETE], 'echo', 0],
    ['Ctrl-A, Ctrl-D, Ctrl-E', ['xecho', control('a'), control('d'), control('e'), '!'], 'echo!', 5],
    ['Ctrl-K', ['echo abc', LEFT, LEFT, LEFT, control('k')], 'echo', 5],
    ['Ctrl-U', ['echo abc', LEFT, LEFT, control('u')], 'bc', 0],
    ['Ctrl-W', ['echo abc def', control('w'), control('w')], 'echo', 5],
    ['Ctrl-B, Ctrl-F', ['ab', control('b'), control('b'), control('f'), 'x'], 'axb', 2],
    ['right at the end', ['ab', RIGHT, RIGHT, 'c'], 'abc', 3],
    ['left at the start', ['ab', HOME, LEFT, 'c'], 'cab', 1],
    ['characters of several bytes', ['aöü', LEFT, BACKSPACE, 'é'], 'aéü', 2],
    ['ESC O H and ESC [ 4 ~', ['bc', '\x1bOH', 'a', '\x1b[4~', 'd'], 'abcd', 4],
    ['sequences that mean nothing', ['a', '\x1b[15~', '\x1b[1;5C', '\x1bx', 'b'], 'ab', 2],
  ])('%s', (_name, typed, line, cursor) => {
    keys(...typed);
    expect(terminal.line).toBe(`drift> ${line}`.trimEnd());
    expect(terminal.column).toBe(7 + cursor);
  });

  it('runs what is seen, not what was typed', () => {
    keys('ecko ab', LEFT, LEFT, LEFT, LEFT, BACKSPACE, 'h', '\r');
    expect(terminal.screen).toBe('drift> echo ab\nab\ndrift>');
  });

  it('clears the screen and keeps the line', () => {
    keys('echo 1\r', 'echo a', control('l'), 'b');
    expect(terminal.screen).toBe('drift> echo ab');
  });

  it('drops the line at Ctrl-C', () => {
    keys('echo a', control('c'), 'echo b\r');
    expect(terminal.screen).toBe('drift> echo a^C\ndrift> echo b\nb\ndrift>');
  });

  it('shows a part of a line that is longer than the terminal is wide, with the cursor in it', () => {
    const digits = '0123456789'.repeat(12);
    keys(`set x ${digits}`);
    expect(terminal.line.endsWith(digits.slice(-50))).toBe(true);
    expect(terminal.line.startsWith('drift< ')).toBe(true);
    keys(HOME);
    expect(terminal.line.startsWith('drift> set x 0123456789')).toBe(true);
    expect(terminal.column).toBe(7);
    keys(...new Array<string>(126).fill(RIGHT), 'x');
    expect(terminal.line.endsWith(`${digits.slice(-50)}x`)).toBe(true);
    keys('\r', 'string length $x\r');
    expect(terminal.screen).toContain('\n121\n');
  });

  it('goes on in the next line while something is open, and Ctrl-C leaves that', () => {
    keys('proc f {} {\r', 'echo "in\r', 'side"\r', '}\r', 'f\r');
    expect(terminal.screen).toBe('drift> proc f {} {\n... echo "in\n... side"\n... }\ndrift> f\nin\nside\ndrift>');
    keys('echo {\r', control('c'), 'echo b\r');
    expect(terminal.screen.endsWith('drift> echo {\n... ^C\ndrift> echo b\nb\ndrift>')).toBe(true);
  });

  it('takes carriage return, newline, and both as one Enter', () => {
    keys('echo a\r\necho b\necho c\r\r\n');
    expect(terminal.screen).toBe('drift> echo a\na\ndrift> echo b\nb\ndrift> echo c\nc\ndrift>\ndrift>');
  });
});

describe('history', () => {
  it('goes up and down and gives the line being typed back', () => {
    keys('echo 1\r', 'echo 2\r', 'echo 2\r', 'half', UP);
    expect(terminal.line).toBe('drift> echo 2');
    keys(UP);
    expect(terminal.line).toBe('drift> echo 1');
    keys(UP, DOWN);
    expect(terminal.line).toBe('drift> echo 2');
    keys(DOWN);
    expect(terminal.line).toBe('drift> half');
    keys(DOWN, control('p'), control('p'), control('n'));
    expect(terminal.line).toBe('drift> echo 2');
  });

  it('drops the oldest lines when it is full', () => {
    for (let i = 0; i < 600; i++) terminal.write(shell.feed(`echo number ${i}\r`));
    for (let i = 0; i < 600; i++) terminal.write(shell.feed(UP));
    expect(terminal.line).toMatch(/^drift> echo number 3\d\d$/);
    keys(DOWN);
    expect(terminal.line).toMatch(/^drift> echo number 3\d\d$/);
  });

  it('finds a line again by a part of it', () => {
    keys('echo apple\r', 'echo banana\r', 'echo apricot\r', control('r'), 'ap');
    expect(terminal.line).toBe('(search) ap: echo apricot');
    keys(control('r'));
    expect(terminal.line).toBe('(search) ap: echo apple');
    keys('p', 'x');
    expect(terminal.bells).toBe(1);
    keys(BACKSPACE, '\r');
    expect(terminal.screen).toMatch(/drift> echo apple\napple\ndrift>$/);
    keys(control('r'), 'ban', LEFT);
    expect(terminal.line).toBe('drift> echo banana');
    keys(control('u'), control('r'), 'ban', control('g'));
    expect(terminal.line.startsWith('drift>')).toBe(true);
  });
});

describe('completion', () => {
  it.each([
    ['a command', ['ec\t'], 'echo '],
    ['as far as it is certain', ['re\t'], 're'],
    ['a procedure', ['proc greeting {} {}\r', 'gr\t'], 'greeting '],
    ['a variable', ['set colour red\r', 'echo $col\t'], 'echo $colour '],
    ['a variable in a word', ['set colour red\r', 'echo "is $col\t'], 'echo "is $colour '],
    ['a variable without a dollar sign', ['set colour red\r', 'unset co\t'], 'unset colour '],
    ['a subcommand', ['string up\t'], 'string upper '],
    ['a command inside a block', ['if 1 {ec\t'], 'if 1 {echo '],
    ['a command inside brackets', ['set x [ex\t'], 'set x [expr '],
    ['a command behind a semicolon', ['set x 1; ec\t'], 'set x 1; echo '],
    ['in the middle of a line', ['ec a', LEFT, LEFT, '\t'], 'echo  a'],
    ['the name of a command for help', ['help whi\t'], 'help while '],
    ['what host commands say', ['fruit ban\t'], 'fruit banana '],
  ])('%s', async (_name, typed, line) => {
    shell = await openShell({
      commands: [{ name: 'fruit', usage: 'apple|banana [COUNT]', summary: 'Eats.', run: () => {} }],
    });
    keys(...typed);
    expect(terminal.line).toBe(`drift> ${line}`.trimEnd());
    expect(terminal.column).toBe(7 + (line === 'echo  a' ? 5 : line.length));
  });

  it('lists what may stand there when nothing is certain', () => {
    keys('re\t');
    expect(terminal.screen).toContain('repeat');
    expect(terminal.screen).toContain('return');
    expect(terminal.line).toBe('drift> re');
    keys('p\t');
    expect(terminal.line).toBe('drift> repeat');
  });

  it('rings the bell when there is nothing', () => {
    keys('nosuch\t', 'echo \t');
    expect(terminal.bells).toBe(2);
  });

  it('lists all commands on an empty line', () => {
    keys('\t');
    for (const name of ['help', 'set', 'while', 'string']) expect(terminal.screen).toContain(name);
  });
});

describe('pasting', () => {
  it('loses nothing, also while a script runs', async () => {
    shell = await openShell({ stepsPerFeed: 500 });
    const lines = Array.from({ length: 2000 }, (_, i) => `echo line ${i}`);
    const bytes = new TextEncoder().encode(`for i 1 2000 {set x $i}\r${lines.join('\r')}\r`);
    let text = '';
    for (let at = 0; at < bytes.length; at += 700) {
      text += new TextDecoder().decode(shell.feed(bytes.subarray(at, at + 700)));
    }
    while (shell.state !== 'idle') text += new TextDecoder().decode(shell.run());
    const printed = [...text.matchAll(/^line (\d+)\r$/gm)].map((match) => Number(match[1]));
    expect(printed).toEqual(lines.map((_, i) => i));
  });

  it('keeps tabs and indents', () => {
    terminal.write(shell.feed('proc f {} {\r\techo a\tb\r}\rf\r'));
    expect(terminal.line).toBe('drift>');
    expect(terminal.screen).toMatch(/\ndrift> f\na b\ndrift>$/);
  });
});
