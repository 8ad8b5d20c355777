import { StreamPair } from '@drift-os/ring';
import { RING_WRITER_POSITION_AT } from '@drift-os/ring/layout/ring';
import { beforeEach, describe, expect, it } from 'vitest';
import { TERMINAL_TEXT, TERMINAL_WIDTH } from '../layout/terminal.ts';
import type { Shell } from '../src/shell.ts';
import { openShell, output, type } from './shell-module.ts';

let shell: Shell;
let pair: StreamPair;

beforeEach(async () => {
  shell = await openShell({ stepsPerFeed: 4000 });
  pair = new StreamPair(shell.openTerminal());
});

function send(bytes: Uint8Array, kind = TERMINAL_TEXT): boolean {
  return pair.writer.write(bytes, kind);
}

function received(): string {
  let text = '';
  const decoder = new TextDecoder();
  while (pair.reader.peek() !== 0) {
    expect(pair.reader.kind).toBe(TERMINAL_TEXT);
    text += decoder.decode(pair.reader.payload().slice(), { stream: true });
    pair.reader.release();
  }
  return text;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a session over rings', () => {
  it('has a prompt, an editor and variables of its own', () => {
    expect(received()).toBe('drift> ');
    type(shell, 'set x first\r');
    send(bytes('set x second\rechp\x7fo $x\r'));
    expect(shell.runTerminal()).toBe('idle');
    expect(received()).toContain('\r\nsecond\r\ndrift> ');
    expect(output(shell, 'echo $x')).toBe('first\n');
  });

  it('goes on beside another that runs for ever, and is interrupted by itself', () => {
    received();
    shell.feed('while true {}\r');
    send(bytes('echo on\r'));
    shell.runTerminal();
    expect(received()).toContain('\r\non\r\n');
    expect(shell.state).toBe('busy');
    send(bytes('while true {}\r'));
    expect(shell.runTerminal()).toBe('busy');
    send(bytes('\x03'));
    expect(shell.runTerminal()).toBe('idle');
    expect(received()).toContain('interrupted');
    expect(type(shell, '\x03')).toContain('interrupted');
  });

  it('waits for a terminal that does not read, and loses nothing', () => {
    received();
    send(bytes('for i 1 5000 {echo line $i}\r'));
    let state = shell.runTerminal();
    for (let turn = 0; turn < 10 && state !== 'waiting'; turn++) state = shell.runTerminal();
    expect(state).toBe('waiting');
    let text = received();
    for (let turn = 0; turn < 1000 && !text.endsWith('\r\ndrift> '); turn++) {
      shell.runTerminal();
      text += received();
    }
    const lines = [...text.matchAll(/^line (\d+)\r$/gm)].map(([, line]) => Number(line));
    expect(lines).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
  });

  it('prints one long text to a terminal that is slow, and stops at Ctrl-C', () => {
    received();
    send(bytes('set all [range 1 9999]\recho $all\recho next\r'));
    let text = '';
    for (let turn = 0; turn < 1000 && !text.includes('\r\nnext\r\n'); turn++) {
      shell.runTerminal();
      text += received();
    }
    const numbers = Array.from({ length: 9999 }, (_, index) => index + 1).join(' ');
    expect(text).toContain(`\r\n${numbers}\r\n`);
    send(bytes('echo $all\r'));
    shell.runTerminal();
    send(bytes('\x03'));
    text = '';
    for (let turn = 0; turn < 1000 && !text.endsWith('\r\ndrift> '); turn++) {
      shell.runTerminal();
      text += received();
    }
    expect(text).toContain('interrupted');
    expect(text).not.toContain('9999');
  });

  it('takes more input than it has room for, piece by piece', () => {
    received();
    // Nothing of it is read before the loop has ended: it has to wait in the session, and then in the ring.
    const script = `for i 1 9000 {set n $i}\r${Array.from({ length: 900 }, (_, index) => `set n ${index}`).join('\r')}\recho last $n\r`;
    let text = '';
    for (let at = 0; at < script.length; ) {
      if (send(bytes(script.slice(at, at + 1500)))) at += 1500;
      shell.runTerminal();
      text += received();
    }
    while (shell.runTerminal() === 'busy') text += received();
    expect(text + received()).toContain('\r\nlast 899\r\n');
  });

  it('knows how wide the terminal is', () => {
    send(new Uint8Array(new Uint32Array([40]).buffer), TERMINAL_WIDTH);
    received();
    send(bytes('help string\r'));
    shell.runTerminal();
    const lines = received().split('\r\n').slice(2, -2);
    for (const line of lines.filter((text) => text.startsWith('         '))) expect(line.length).toBeLessThan(40);
    send(new Uint8Array(new Uint32Array([0]).buffer), TERMINAL_WIDTH);
    send(bytes('echo still here\r'));
    shell.runTerminal();
    expect(received()).toContain('still here');
  });

  it('tells a terminal that sleeps, and ends when the terminal closes', () => {
    received();
    expect(pair.reader.prepareSleep()).toBe(true);
    send(bytes('x'));
    shell.runTerminal();
    expect(pair.reader.peek()).not.toBe(0);
    pair.close();
    expect(shell.runTerminal()).toBe('closed');
  });

  it('is not hurt by a terminal that writes what it likes', () => {
    const { buffer, out } = shell.openTerminal();
    new DataView(buffer).setUint32(out + RING_WRITER_POSITION_AT, 0x7fffffff, true);
    expect(shell.runTerminal()).toBe('closed');
    expect(output(shell, 'echo sound')).toBe('sound\n');
  });
});
