/** One quick look at the whole: both kernels compiled, linked, booted, and asked through the shell. More in shell.slow.ts. */
import { expect, test } from 'vitest';
import { buildGuest, Guest } from './guest.ts';
import { noQemu } from './skip.ts';

test.skipIf(await noQemu('the shell in the guest'))(
  'boots to a prompt that answers',
  { timeout: 180_000 },
  async () => {
    await using guest = await Guest.boot(await buildGuest([]), { cores: 2, memory: '64M' });
    expect(guest.banner).toContain(': 2 cores, 63.4 MiB of memory\n');
    expect(await guest.run('for i 1 3 {echo "$i: [expr $i * $i]"}')).toBe('1: 1\n2: 4\n3: 9\n');
    expect(await guest.run('cores')).toMatch(/ worker 1 +\d+ +running /);
    expect(await guest.run('ledger check')).toContain('The ledger adds up');
    await guest.machine.send('poweroff\r');
    expect(await guest.machine.exitStatus).toMatchObject({ code: 0 });
  },
);
