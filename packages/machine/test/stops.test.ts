/** Stops of a machine as a program sees them, without gdb. */
import { expect, it } from 'vitest';
import { createMachine, type Machine, type Stop, type TracedInstruction } from '../src/index.ts';
import { echoDisk } from './echo-disk.ts';

const BOOT_SECTOR = 0x7c00;
const COUNT = 0x500n;

const boot = (): Promise<Machine> =>
  createMachine({ memory: '16M', time: 'virtual', disks: [echoDisk()], paused: true });

it('stops at breakpoints and watchpoints, and tells every listener why', async () => {
  await using machine = await boot();
  const seen: Stop[] = [];
  const remove = machine.onStop((stop) => seen.push(stop));
  machine.setBreakpoint(BOOT_SECTOR);
  const stopped = machine.waitForStop();
  machine.run();
  expect(await stopped).toEqual({ reason: 'breakpoint', core: 0, address: BigInt(BOOT_SECTOR) });
  expect(machine.running).toBe(false);
  expect(machine.step()).toEqual({ reason: 'step', core: 0, address: BigInt(BOOT_SECTOR + 1) });
  const watchpoint = { linear: COUNT, bytes: 1, kind: 'write' } as const;
  machine.setWatchpoint(watchpoint);
  machine.runFor(1_000_000_000n);
  expect(seen.map(({ reason }) => reason)).toEqual(['breakpoint', 'watchpoint']);
  expect(seen[1]?.hit).toEqual({ watchpoint, linear: COUNT, write: true });
  remove();
  machine.clearWatchpoint(watchpoint);
  machine.run();
  await machine.pause();
  expect(seen).toHaveLength(2);
});

it('says so where it ends before it stops', async () => {
  await using machine = await boot();
  const stopped = machine.waitForStop();
  machine.run();
  machine.send('x');
  await expect(stopped).rejects.toMatchObject({ code: 'MACHINE_ENDED', message: expect.stringContaining('status 43') });
});

it('traces instructions until it is told to end that', async () => {
  await using machine = await boot();
  const traced: TracedInstruction[] = [];
  const end = machine.trace((instruction) => traced.push(instruction));
  machine.runFor(400n);
  expect(traced[0]).toEqual({ core: 0, address: 0xffff_fff0n, text: 'jmp far 0xf000:0' });
  expect(traced.length).toBeGreaterThanOrEqual(100);
  end();
  const before = traced.length;
  machine.runFor(400n);
  expect(traced).toHaveLength(before);
});
