/** A third opinion, from Bochs: the loader's way into a kernel, and Thread/C alone on its one core. */
import { bochsProgram } from '@drift-os/hypervisor';
import { describe, expect, test } from 'vitest';
import { bootUntil, greetingDisk } from './loader-suite.ts';
import { sizesSuite } from './sizes-suite.ts';
import { missing } from './skip.ts';

describe.skipIf(await missing(bochsProgram, 'boots on Bochs'))('on Bochs', () => {
  test('the loader boots', async () => {
    expect((await bootUntil('bochs', greetingDisk, {}, /up\r\n/)).serial).toBe('up\r\n');
  });

  sizesSuite('bochs');
});
