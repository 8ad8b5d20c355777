/** Applications that crash their worker: what Thread/C says of it, and that everything else goes on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGuest, Guest, type GuestOptions } from './guest.ts';

const BANNER_OF_CRASH = 'CRASH: worker 1: ';

/** @param on what the guest runs on */
export function crashSuite(on: GuestOptions['on']): void {
  describe('a worker that crashes', () => {
    let guest: Guest;
    beforeAll(async () => {
      const image = await buildGuest(['pong'], { programs: { crash: '../../kernel-w/test/guest/crash.ts' } });
      guest = await Guest.boot(image, { on, cores: 3, memory: '128M', machine: 'q35' });
      // A line of the log draws the prompt again, which would look like the end of a command.
      await guest.run('log show off');
      await guest.run('start pong 2');
    }, 180_000);
    afterAll(async () => {
      await guest[Symbol.asyncDispose]();
    });

    /** Crashes worker 1, gives the report, and starts the worker again. */
    async function crash(how: string): Promise<string> {
      const report = await guest.run(`start crash 1 ${how}`);
      expect(await guest.run('cores')).toMatch(/worker 1 +1 +(faulted|crashed)/);
      await guest.run('restart 1');
      await guest.run('sleep 100');
      expect(await guest.run('worker 1')).toContain('running');
      return report;
    }

    test.each([
      ['null', 'read of unmapped memory at 0x8, in page 0, which is never mapped', /crash\/init.*crash\.ts:\d+/],
      ['text', 'write not allowed at 0x', /in a page of Thread\/C \(image: text\)/],
      ['data', 'execution not allowed at 0x', /in a page of Thread\/C \(image: data\)/],
      [
        'stack',
        'the guard page of a stack of worker 1: the stack is used up',
        /crash\/dive.*\n {2}\.\.\. the same \d+ more/,
      ],
      ['trap', 'unreachable', /crash\/init.*crash\.ts:\d+/],
    ])('by %s', async (how, cause, place) => {
      const report = await crash(how);
      expect(report).toContain(BANNER_OF_CRASH);
      expect(report).toContain(cause);
      expect(report).toMatch(place);
      expect(report).toMatch(/rip [0-9a-f]{16}/);
      expect(await guest.run('ps')).toMatch(/pong +2 +running/);
      expect(await guest.run('ps')).toMatch(/crash +1 +failed/);
      expect(await guest.run('ledger check')).toContain('The ledger adds up');
    });

    test('or never ends a callback can be started again', async () => {
      expect(await guest.run('start crash 1 spin')).toContain('the worker does not answer');
      await guest.run('restart 1');
      await guest.run('sleep 100');
      expect(await guest.run('worker 1')).toContain('running');
      expect(await guest.run('ledger check')).toContain('The ledger adds up');
    });
  });
}
