/** The shell's commands in the guest: what they say is compared with what the machine was started with. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BuiltImage } from '../src/index.ts';
import { buildGuest, Guest, type GuestOptions } from './guest.ts';

const EXAMPLES = ['hello', 'ping', 'pong'];
/** @param on what the guest runs on */
export function shellSuite(on: GuestOptions['on']): void {
  let image: BuiltImage;
  beforeAll(async () => {
    image = await buildGuest(EXAMPLES, { buildName: '1.2.3 of a test' });
  }, 120_000);

  describe('one machine', () => {
    let guest: Guest;
    beforeAll(async () => {
      guest = await Guest.boot(image, { on, cores: 3, memory: '128M' });
      // A line of the log draws the prompt again, which would look like the end of a command.
      await guest.run('log show off');
    }, 60_000);
    afterAll(async () => {
      await guest[Symbol.asyncDispose]();
    });

    test('lists the applications of the image', async () => {
      expect((await guest.run('foreach app [split [apps]] {echo $app}')).trimEnd().split('\n')).toEqual(EXAMPLES);
    });

    test('starts and stops applications, and takes back what they had', async () => {
      // Each worker's page tables are split once, where it holds the screen alone.
      await guest.run('start hello 1; stop hello; start hello 2; stop hello');
      const before = await guest.run('ledger check');
      expect(await guest.run('start hello 2')).toMatch(/instance \d+ runs on worker 2\n/);
      expect(await guest.run('ps')).toMatch(/ hello +2 +running /);
      expect(await guest.run('custody')).toMatch(/^0x0000000b8000 - 0x0000000b8fff {2}instance \d+\n$/);
      expect(await guest.machine.screenText()).toContain('Hello from Drift');
      expect(await guest.run('start hello')).toContain("'hello' runs already");
      await guest.run('stop hello');
      expect(await guest.run('ps')).not.toContain('running');
      expect(await guest.run('ledger check')).toBe(before);
      await guest.run('repeat 100 {start hello; stop hello}', 300_000);
      expect(await guest.run('ledger check')).toBe(before);
    });

    test('refuses what it cannot start or stop, in a sentence', async () => {
      expect(await guest.run('start nothing')).toContain("error: start: 'nothing' is not an application of this image");
      expect(await guest.run('start hello 3')).toContain("'3' is not a worker");
      expect(await guest.run('stop 999')).toContain("'999' is not an instance that runs");
    });

    test('shows channels and services while two applications talk', async () => {
      await guest.run('start pong 1');
      expect(await guest.run('services')).toContain('ping-pong');
      await guest.run('start ping 2');
      expect(await guest.run('rings')).toContain('Thread/C   worker 2');
      await guest.run('stop pong');
      expect(await guest.run('services')).not.toContain('ping-pong');
    });

    test('reads and writes memory, and refuses what is not mapped', async () => {
      expect(await guest.run('peek 0')).toContain('is not mapped');
      expect(await guest.run('peek 0xfffff000000 64')).toContain('is not mapped');
      expect(await guest.run('dump 0xffffffffffffffff 32')).toContain('is not mapped');
      const [, free] = /^(0x[0-9a-f]+) - .* ---  +free$/m.exec(await guest.run('ledger all')) ?? [];
      await guest.run(`poke ${free} 0x1122334455667788 64`);
      expect(await guest.run(`peek ${free} 64`)).toBe('0x1122334455667788\n');
      expect(await guest.run(`peek ${free} 8 4`)).toBe('0x88 0x77 0x66 0x55\n');
      await guest.run(`poke ${free} -1 16`);
      expect(await guest.run(`peek ${free}`)).toBe('0x5566ffff\n');
      expect(await guest.run(`dump ${free} 8`)).toMatch(/ff ff 66 55 44 33 22 11 +\.\.fUD3"\.\n$/);
      const [, text] = /^(0x[0-9a-f]+) - .*image: text$/m.exec(await guest.run('ledger all')) ?? [];
      expect(await guest.run(`poke ${text} 0`)).toContain('is mapped read-only');
      expect(await guest.run(`page ${text}`)).toMatch(/: r-x, [^]*Thread\/C, image: text[^]*, code\n/);
    });

    test('tells the time, and sleeps as long as it is told', async () => {
      const shown = await guest.run('time');
      const offset = Math.abs(Date.parse(`${shown.trim().replace(' ', 'T')}Z`) - Date.now());
      expect(offset).toBeLessThan(120_000);
      const slept = Number((await guest.run('time {sleep 500}')).split(' ')[0]);
      expect(slept).toBeGreaterThanOrEqual(500_000);
      expect(slept).toBeLessThan(700_000);
    });

    test('shows and sets the stand-off', async () => {
      await guest.run('standoff 1 spin ever');
      await guest.run('standoff 1 zero');
      await guest.run('sleep 300');
      const spinning = await guest.run('standoff 1');
      expect(spinning).toMatch(/^ +1 +ever +\d+ +\d+ +on +0$/m);
      expect(Number(/^ +1 +[\d.]+% +([\d.]+)%/m.exec(spinning)?.[1])).toBeGreaterThan(90);
      await guest.run('standoff 1 spin 100');
      expect(await guest.run('standoff 1 nothing 1')).toContain('usage: standoff');
    });

    test('interrupts a script, and starts a worker again', async () => {
      await guest.machine.send('while true {}\r');
      await guest.machine.waitFor('while true {}\r\n');
      await guest.machine.send('\x03');
      const { text } = await guest.machine.waitFor('drift> ');
      expect(text).toContain('interrupted');
      expect(await guest.run('restart 1')).toMatch(/worker 1 runs again, start 2/);
      expect(await guest.run('worker 1')).toContain('running, start 2');
      expect(await guest.run('ledger check')).toContain('adds up');
    });

    test('takes a long paste without losing a byte', async () => {
      const lines = Array.from({ length: 60 }, (_, i) => `append pasted line${i}`);
      await guest.machine.send(`set pasted ""\r${lines.join('\r')}\recho end of paste\r`);
      await guest.machine.waitFor('\r\nend of paste\r\n', { timeout: 60_000 });
      await guest.machine.waitFor('drift> ');
      expect(await guest.run('length $pasted')).toBe('60\n');
      expect(await guest.run('item $pasted -1')).toBe('line59\n');
      expect(await guest.run('irq')).not.toContain('lost');
    });

    test('answers each of its commands with help', async () => {
      const names = [...(await guest.run('help')).matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
      expect(names).toEqual(
        expect.arrayContaining([
          'help',
          'cores',
          'mem',
          'ledger',
          'rings',
          'ps',
          'log',
          'peek',
          'poke',
          'dump',
          'time',
        ]),
      );
      expect(names).toEqual(expect.arrayContaining(['start', 'stop', 'standoff', 'reboot', 'poweroff']));
      for (const name of names) expect(await guest.run(`help ${name}`)).toContain('example: ');
    });
  });

  describe('reboot', () => {
    test('starts the machine again', async () => {
      await using guest = await Guest.boot(image, { on, cores: 2, memory: '128M' });
      await guest.machine.send('reboot\r');
      await guest.machine.waitFor('restarting');
      const { text } = await guest.machine.waitFor('drift> ', { timeout: 60_000 });
      expect(text).toContain('Drift 1.2.3 of a test: 2 cores');
    });
  });
}
