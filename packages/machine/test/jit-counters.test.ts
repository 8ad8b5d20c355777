/** What a machine tells of its compiler: a boot sector with one loop, in turns and on threads, before, while and after it runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JitCounters } from '@drift-os/x86-core';
import { describe, expect, it } from 'vitest';
import { createMachine, type Machine, type MachineOptions } from '../src/index.ts';
import { CoreCounters } from '../src/parallel/core-counters.ts';

const BOOT_SECTOR = 0x7c00;
const counts = async (machine: Machine): Promise<JitCounters> => {
  const counters = await machine.jitCounters();
  if (counters === undefined) throw new Error('This machine has no compiler');
  return counters;
};

/** Where the loop begins. */
const BEGIN = BOOT_SECTOR + 0x20;

/** In protected mode, flat, since code whose segments have limits is interpreted: counts down, for ever. */
function loopDisk(): Uint8Array {
  const disk = new Uint8Array(64 * 512);
  // cli; lgdt [7c40h]; mov eax, cr0; or al, 1; mov cr0, eax; jmp 8:7c13h
  disk.set([0xfa, 0x0f, 0x01, 0x16, 0x40, 0x7c, 0x0f, 0x20, 0xc0, 0x0c, 1, 0x0f, 0x22, 0xc0], 0);
  disk.set([0xea, 0x13, 0x7c, 8, 0], 14);
  // mov ax, 10h; mov ds, ax; mov es, ax; mov ss, ax; three times nop
  disk.set([0x66, 0xb8, 0x10, 0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0x90, 0x90, 0x90], 19);
  // mov ecx, 200000; dec ecx; jnz -3; jmp -5
  disk.set([0xb9, 0x40, 0x0d, 0x03, 0, 0x49, 0x75, 0xfd, 0xeb, 0xfb], 0x20);
  const view = new DataView(disk.buffer);
  view.setUint16(0x40, 23, true);
  view.setUint32(0x42, BOOT_SECTOR + 0x48, true);
  view.setBigUint64(0x50, 0x00cf_9b00_0000_ffffn, true);
  view.setBigUint64(0x58, 0x00cf_9300_0000_ffffn, true);
  disk.set([0x55, 0xaa], 510);
  return disk;
}

/** A machine that is paused where the loop begins. */
async function booted(options: MachineOptions): Promise<Machine> {
  const machine = await createMachine({ memory: '16M', disks: [loopDisk()], paused: true, ...options });
  machine.setBreakpoint(BigInt(BEGIN));
  const stopped = machine.waitForStop();
  machine.run();
  await stopped;
  machine.clearBreakpoint(BigInt(BEGIN));
  return machine;
}

const modes = {
  'in turns': { time: 'virtual' },
  'in parallel': { execution: 'parallel', cores: 2 },
} as const satisfies Readonly<Record<string, MachineOptions>>;

describe.each(['in turns', 'in parallel'] as const)('the counters of a machine %s', { timeout: 60_000 }, (mode) => {
  const options = modes[mode];

  it('tell of one loop that was compiled', async () => {
    await using machine = await booted(options);
    const before = await counts(machine);
    machine.run();
    let after = before;
    while (after.installed === before.installed) {
      // A machine in turns runs in tasks of this thread, which promises alone would keep from their turn.
      await sleep(1);
      after = await counts(machine);
    }
    const difference = (key: 'requested' | 'installed' | 'modules' | 'refused' | 'dropped'): number =>
      after[key] - before[key];
    expect(difference('requested')).toBe(1);
    expect(difference('installed')).toBe(1);
    expect(difference('modules')).toBe(1);
    expect(difference('refused')).toBe(0);
    expect(difference('dropped')).toBe(0);
    expect(after.bytes).toBeGreaterThan(before.bytes);
    expect(after.compileTime).toBeGreaterThan(before.compileTime);
    const asked = after.exits.hot - before.exits.hot;
    // On a thread of its own the loop asks again while it is compiled.
    if (mode === 'in turns') expect(asked).toBe(1);
    else expect(asked).toBeGreaterThanOrEqual(1);
    await machine.stop();
    const { requested, installed } = await counts(machine);
    expect({ requested, installed }).toEqual({ requested: after.requested, installed: after.installed });
  });

  it('are none where all is interpreted', async () => {
    await using machine = await booted({ ...options, jit: false });
    expect(await machine.jitCounters()).toBeUndefined();
  });
});

describe('the counters of several threads', () => {
  const counters = (hot: number): JitCounters => ({
    requested: hot,
    installed: hot,
    extended: 0,
    dropped: 0,
    refused: 0,
    evicted: 0,
    modules: hot,
    instructions: 0,
    bytes: 100 * hot,
    compileTime: 1.5 * hot,
    handedOver: 0,
    exits: { budget: 0, transfer: 0, fault: 0, yield: 0, assist: 0, events: 0, hot, extend: 0 },
  });

  it('are added, the latest of each', async () => {
    const all = new CoreCounters();
    expect(all.sum).toBeUndefined();
    const asked = [all.next(0), all.next(1), all.next(2)];
    expect(all.isAwaited(1)).toBe(true);
    all.receive(0, counters(1));
    all.receive(1, counters(4));
    all.left(2);
    await Promise.all(asked);
    expect(all.isAwaited(1)).toBe(false);
    all.receive(0, counters(3));
    expect(all.sum).toEqual(counters(7));
  });
});
