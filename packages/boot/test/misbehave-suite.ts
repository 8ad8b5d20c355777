/** Applications that go wrong short of a CPU exception: each ends alone, with a sentence, and everything it had comes back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGuest, Guest, type GuestOptions } from './guest.ts';

/** @param on what the guest runs on */
export function misbehaveSuite(on: GuestOptions['on']): void {
  describe('an application that goes wrong', () => {
    let guest: Guest;
    beforeAll(async () => {
      const image = await buildGuest(['hello'], { programs: { misbehave: '../../kernel-w/test/guest/misbehave.ts' } });
      guest = await Guest.boot(image, { on, cores: 2, memory: '64M' });
      // A line of the log draws the prompt again, which would look like the end of a command.
      await guest.run('log show off');
      await guest.run('start hello');
    }, 180_000);
    afterAll(async () => {
      await guest[Symbol.asyncDispose]();
    });

    test.each([
      ['hoard', /out of memory: new wants \d+ bytes and Thread\/C has no pages for it/],
      ['free', /frees 0x1234560, which is no block of its heap that is in use/],
      ['throw', /on purpose \(.*misbehave\.ts:\d+:\d+\)/],
      ['protocol', /sent kernel-w a message that makes no sense \(kind 99\): it is ended/],
    ])('%s', { timeout: 120_000 }, async (what, sentence) => {
      const before = await guest.run('ledger check');
      expect(before).toMatch(/^The ledger adds up: /);
      expect(await guest.run(`start misbehave 1 ${what}`, 100_000)).toContain('error: start: it failed: ');
      expect(await guest.run('log')).toMatch(sentence);
      expect(await guest.run('ledger check')).toBe(before);
      // The other application on the same worker goes on.
      expect(await guest.run('ps')).toMatch(/ hello +1 +running /);
    });
  });
}
