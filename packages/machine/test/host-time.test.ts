/** Time that is the host's, for a guest whose host is busy. */
import { describe, expect, it } from 'vitest';
import { createMachine } from '../src/index.ts';
import { ticksDisk } from './ticks-disk.ts';

describe('in host time', { timeout: 120_000 }, () => {
  it.each(['turns', 'parallel'] as const)(
    'the host may stall, and no tick of a timer is lost: %s',
    async (execution) => {
      const stalling = { module: new URL('./own-device.ts', import.meta.url), name: 'stalling' };
      await using machine = await createMachine({
        memory: '16M',
        disks: [ticksDisk()],
        devices: [stalling],
        execution,
      });
      const { text } = await machine.waitFor(/[^]/, { timeout: 60_000 });
      // Of a hundred; those at either end may be outside, or in.
      expect(text.charCodeAt(0)).toBeGreaterThanOrEqual(98);
      expect(text.charCodeAt(0)).toBeLessThanOrEqual(103);
    },
  );
});
