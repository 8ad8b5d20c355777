/** A machine with a thread for each core does what one in turns does. */
import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Disk } from '@drift-os/devices';
import { describe, expect, it, vi } from 'vitest';
import { createMachine, type Machine, type MachineOptions } from '../src/index.ts';
import { echoDisk } from './echo-disk.ts';

const boot = (options: MachineOptions = {}): Promise<Machine> =>
  createMachine({ memory: '16M', execution: 'parallel', disks: [echoDisk()], ...options });

describe('a machine with a thread for each core', { timeout: 120_000 }, () => {
  it('boots a disk and talks on its serial line', async () => {
    await using machine = await boot({ cores: 2 });
    await machine.waitFor('R');
    machine.send('ab');
    expect((await machine.waitFor('b2')).text).toBe('a1b2');
  });

  it('ends as the guest wants: exit port, power off', async () => {
    await using exiting = await boot();
    exiting.send('x');
    expect(await exiting.ended).toEqual({ reason: 'exit', status: 43 });
    await expect(exiting.waitFor('more')).rejects.toMatchObject({ code: 'MACHINE_ENDED' });
    await using off = await boot();
    off.send('o');
    expect(await off.ended).toEqual({ reason: 'power-off', status: 0 });
  });

  it('begins again after a triple fault, or ends where that is wanted', async () => {
    await using machine = await boot({ cores: 2 });
    machine.send('at');
    await machine.waitFor(/Ra1[^]*R/);
    machine.send('b');
    await machine.waitFor('b1');
    await using once = await boot({ onReset: 'end' });
    once.send('t');
    expect(await once.ended).toEqual({ reason: 'reset', status: 0 });
  });

  it('has a keyboard and a screen', async () => {
    await using machine = await boot();
    await machine.waitFor('R');
    machine.send('k');
    machine.keyboard.key('KeyA', true);
    expect((await machine.waitFor(/[^]/)).text.charCodeAt(0)).toBe(0x1e);
    expect(() => machine.keyboard.key('Nonsense', true)).toThrow(/no key "Nonsense"/);
    expect(machine.screenChanged).toBe(true);
    expect(machine.screenshot()).toMatchObject({ width: 720, height: 400 });
  });

  it('stops at breakpoints and steps: the cores of a paused machine are here', async () => {
    await using machine = await boot({ cores: 2 });
    await machine.waitFor('R');
    const watchpoint = { linear: 0x500n, bytes: 1, kind: 'write' } as const;
    machine.setWatchpoint(watchpoint);
    const stopped = machine.waitForStop();
    machine.send('a');
    const { address, ...stop } = await stopped;
    expect(stop).toEqual({ reason: 'watchpoint', core: 0, hit: { watchpoint, linear: 0x500n, write: true } });
    machine.clearWatchpoint(watchpoint);
    expect(machine.memory.load(0x500, 1)).toBe(1);
    expect(machine.step()).toMatchObject({ reason: 'step', core: 0 });
    machine.setBreakpoint(address);
    // Through a device, which is on another thread.
    for (let steps = 0; steps < 40; steps++) machine.step();
    machine.run();
    await machine.waitFor('a1');
    const again = machine.waitForStop();
    machine.send('b');
    expect(await again).toEqual({ reason: 'breakpoint', core: 0, address });
    machine.clearBreakpoint(address);
    machine.run();
    await machine.waitFor('b2');
    await machine.pause();
    expect(machine.running).toBe(false);
    expect(machine.cores.map(({ system }) => system.activity)).toEqual(['running', 'waitForStartup']);
    const { time } = machine;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(machine.time).toBe(time);
  });

  it('goes on from where it was saved, in the same machine and in one of turns', async () => {
    await using machine = await boot();
    await machine.waitFor('R');
    machine.send('ab');
    await machine.waitFor('b2');
    const state = structuredClone(await machine.save());
    machine.send('c');
    await machine.waitFor('c3');
    await machine.restore(state);
    expect(machine.memory.load(0x500, 1)).toBe(2);
    await using other = await boot({ execution: 'turns', paused: true });
    await other.restore(state);
    other.run();
    other.send('f');
    await other.waitFor('f3');
    await expect(machine.restore({ ...state, version: 99 })).rejects.toMatchObject({ code: 'STATE_MISMATCH' });
  });

  it('asks the host for the sectors of its disks, and writes them', async () => {
    const image = echoDisk();
    const asked: number[] = [];
    const disk: Disk = {
      sectors: image.length / 512,
      readOnly: false,
      read: async (sector, target) => {
        asked.push(sector);
        target.set(image.subarray(sector * 512, sector * 512 + target.length));
      },
      write: () => {},
      flush: () => {},
    };
    await using machine = await boot({ disks: [{ disk }] });
    await machine.waitFor('R');
    expect(asked).toContain(0);
  });

  it('takes devices that are modules', async () => {
    const module = new URL('./own-device.ts', import.meta.url);
    await using machine = await boot({ devices: [{ module, name: 'answering', data: 'Q' }] });
    await machine.waitFor('R');
    machine.send('d');
    await machine.waitFor('Q');
    await expect(boot({ devices: [{ module, name: 'nothing' }] })).rejects.toThrow(/exports no function "nothing"/);
  });

  it('lets its threads end by themselves, whatever they do', async () => {
    const killed = vi.spyOn(Worker.prototype, 'terminate');
    const left: number[] = [];
    const on = vi.spyOn(Worker.prototype, 'emit').mockImplementation(function (this: Worker, event, ...values) {
      if (event === 'exit') left.push(Number(values[0]));
      return EventEmitter.prototype.emit.call(this, event, ...values);
    });
    try {
      const computing = await boot({ cores: 2 });
      await computing.waitFor('R');
      const paused = await boot({ cores: 2, paused: true });
      const [saved, ending] = [paused.save(), paused.stop()];
      await Promise.all([computing.stop(), ending, saved.catch(() => {})]);
      await expect(paused.save()).rejects.toMatchObject({ code: 'MACHINE_ENDED' });
      const module = new URL('./own-device.ts', import.meta.url);
      await expect(boot({ cores: 2, devices: [{ module, name: 'nothing' }] })).rejects.toThrow(/"nothing"/);
      expect(left).toEqual([0, 0, 0, 0, 0, 0]);
      expect(killed).not.toHaveBeenCalled();
    } finally {
      killed.mockRestore();
      on.mockRestore();
    }
  });

  it('refuses what does not go together', async () => {
    await expect(boot({ time: 'virtual' })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(boot({ devices: [() => undefined] })).rejects.toThrow(/as a module/);
    await expect(boot({ disks: [new Uint8Array(100)] })).rejects.toMatchObject({ code: 'BAD_IMAGE' });
    await expect(boot({ linux: { kernel: new Uint8Array(1000) } })).rejects.toMatchObject({ code: 'BAD_IMAGE' });
    await using machine = await boot({ paused: true });
    expect(() => machine.runFor(1n)).toThrow(/NOT_IN_PARALLEL|execution: 'turns'/);
    expect(() => machine.trace(() => {})).toThrow(/execution: 'turns'/);
  });
});
