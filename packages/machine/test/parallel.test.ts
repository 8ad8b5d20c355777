/** A machine with a thread for each core does what one in turns does. */
import { describe, expect, it } from 'vitest';
import { createMachine, type Machine, type MachineOptions } from '../src/index.ts';
import { echoDisk } from './echo-disk.ts';

const boot = (options: MachineOptions = {}): Promise<Machine> =>
  createMachine({ memory: '16M', execution: 'parallel', disks: [echoDisk()], ...options });

describe('a machine with a thread for each core', () => {
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
});
