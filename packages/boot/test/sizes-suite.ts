/** Machines of every size at the prompt: cores, memory and ledger are what the machine has, and it powers off. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { BuiltImage } from '../src/index.ts';
import type { BootOptions, On } from './boot-machine.ts';
import { buildGuest, Guest } from './guest.ts';

const MIB = 1 << 20;

/** Pages that the ledger counts in all, by adding up what it says of each owner. */
async function ledgerPages(guest: Guest): Promise<number> {
  const lines = [...(await guest.run('ledger owners')).matchAll(/^(.*?) +(\d+) pages/gm)];
  const sum = lines.filter(([, owner]) => owner !== 'in all').reduce((all, [, , pages]) => all + Number(pages), 0);
  expect(Number(lines.find(([, owner]) => owner === 'in all')?.[2])).toBe(sum);
  return sum;
}

interface Size extends BootOptions {
  readonly cores: number;
  readonly mebibytes: number;
}

/** Our own machine has no memory above 4 GiB; Debian's Bochs has one core. */
const SIZES: Readonly<Record<On, readonly Size[]>> = {
  machine: [
    { cores: 1, memory: '64M', mebibytes: 64 },
    { cores: 2, memory: '512M', mebibytes: 512 },
    { cores: 4, memory: '3G', mebibytes: 3072 },
  ],
  qemu: [
    { cores: 1, memory: '64M', mebibytes: 64, machine: 'pc' },
    { cores: 2, memory: '512M', mebibytes: 512, machine: 'q35' },
    { cores: 4, memory: '5G', mebibytes: 5120, machine: 'pc' },
  ],
  bochs: [{ cores: 1, memory: '64M', mebibytes: 64 }],
};

/** @param on what the guest runs on */
export function sizesSuite(on: On): void {
  let image: BuiltImage;
  beforeAll(async () => {
    image = await buildGuest(['hello'], { buildName: '1.2.3 of a test' });
  }, 120_000);

  describe('machines of every size', () => {
    test.each(SIZES[on])('cores: $cores, $memory', async ({ mebibytes, ...options }) => {
      const { cores } = options;
      await using guest = await Guest.boot(image, { on, ...options });
      expect(guest.banner).toContain(`Drift 1.2.3 of a test: ${cores} core${cores === 1 ? '' : 's'}, `);
      const coreLines = (await guest.run('cores')).trimEnd().split('\n').slice(1);
      expect(coreLines).toHaveLength(cores);
      for (const line of coreLines) expect(line).toContain('running');

      const mem = await guest.run('mem');
      const usable = Number(/usable in all: (\d+) bytes/.exec(mem)?.[1]);
      // The firmware keeps less than 2 MiB for itself.
      expect(usable).toBeLessThanOrEqual(mebibytes * MIB);
      expect(usable).toBeGreaterThan((mebibytes - 2) * MIB);
      const regions = [...mem.matchAll(/^ {2}0x([0-9a-f]+) - 0x([0-9a-f]+) .*usable$/gm)];
      const sum = regions.reduce((all, [, from, to]) => all + Number(`0x${to}`) + 1 - Number(`0x${from}`), 0);
      expect(sum).toBe(usable);
      const fragments = Number(/and (\d+) bytes that make no whole page/.exec(mem)?.[1] ?? 0);
      expect((await ledgerPages(guest)) * 4096 + fragments).toBe(usable);
      expect(await guest.run('ledger check')).toMatch(/^The ledger adds up: /);
      if (cores === 1) {
        expect(guest.banner).toContain('There is no Thread/W');
        expect(await guest.run('start hello')).toContain('error: start: no worker runs');
      }
      await guest.machine.send('poweroff\r');
      expect(await guest.machine.poweredOff).toBe(true);
    });
  });
}
