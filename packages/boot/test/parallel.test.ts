/** Drift on a machine with a thread for each core: it comes to its prompt, brings up its workers, and two applications talk. */
import { createMachine } from '@drift-os/machine';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BuiltImage } from '../src/index.ts';
import { buildGuest } from './guest.ts';

/** The host may have fewer cores than the machine, and others may use them. */
const PATIENCE = { timeout: 180_000 };
const BALLS = 50;

describe('in parallel', { timeout: 600_000 }, () => {
  let image: BuiltImage;
  beforeAll(async () => {
    image = await buildGuest(['ping', 'pong']);
  }, 180_000);

  test.each([1, 2, 4])('boots, and ping and pong play, cores: %i', async (cores) => {
    await using machine = await createMachine({ disks: [image.disk], cores, memory: '64M', execution: 'parallel' });
    const run = async (command: string): Promise<string> => {
      machine.send(`${command}\r`);
      return (await machine.waitFor('drift> ', PATIENCE)).text.replaceAll('\r', '');
    };
    await machine.waitFor('drift> ', PATIENCE);
    // Its lines draw the prompt anew.
    await run('log show off');
    expect((await run('cores')).match(/^ +\d+ .* running /gm)).toHaveLength(cores);
    if (cores === 1) {
      expect(await run('start pong')).toContain('no worker runs that could take it');
    } else {
      const last = cores - 1;
      expect(await run('start pong 1')).toContain('runs on worker 1\n');
      expect(await run(`start ping ${last} ${BALLS}`)).toContain(`runs on worker ${last}\n`);
      const over = new RegExp(`${BALLS} balls, there and back in \\d+ ns`);
      await expect.poll(() => run('log'), { ...PATIENCE, interval: 200 }).toMatch(over);
      expect(await run('stop pong')).not.toContain('error');
      expect(await run('ledger check')).toMatch(/^The ledger adds up: /m);
    }
    machine.send('poweroff\r');
    expect(await machine.ended).toMatchObject({ reason: 'power-off' });
  });
});
