import { serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import {
  type AttachDevice,
  createMachine,
  type Machine,
  type MachineOptions,
  type MachineState,
} from '../src/index.ts';
import { echoDisk, OWN_PORT } from './echo-disk.ts';

const boot = (options: MachineOptions = {}): Promise<Machine> =>
  createMachine({ memory: '16M', time: 'virtual', disks: [echoDisk()], ...options });

describe('a machine', () => {
  it('boots a disk and talks on its serial line', async () => {
    await using machine = await boot();
    await machine.waitFor('R');
    machine.send('ab');
    expect((await machine.waitFor('b2')).text).toBe('a1b2');
  });

  it('ends as the guest wants: exit port, power off', async () => {
    await using exiting = await boot();
    exiting.send('x');
    expect(await exiting.ended).toEqual({ reason: 'exit', status: 43 });
    await expect(exiting.waitFor('more')).rejects.toMatchObject({
      code: 'MACHINE_ENDED',
      message: expect.stringContaining('status 43'),
    });
    await using off = await boot();
    off.send('o');
    expect(await off.ended).toEqual({ reason: 'power-off', status: 0 });
  });

  it('begins again after a triple fault, or ends where that is wanted', async () => {
    await using machine = await boot();
    machine.send('at');
    await machine.waitFor(/Ra1[^]*R/);
    machine.send('b');
    await machine.waitFor('b1');
    await using once = await boot({ onReset: 'end' });
    once.send('t');
    expect(await once.ended).toEqual({ reason: 'reset', status: 0 });
  });

  it('has a keyboard', async () => {
    await using machine = await boot();
    // Before that it is the BIOS that takes the keys.
    await machine.waitFor('R');
    machine.send('k');
    machine.keyboard.key('KeyA', true);
    expect((await machine.waitFor(/[^]/)).text.charCodeAt(0)).toBe(0x1e);
    expect(() => machine.keyboard.key('Nonsense', true)).toThrow(/no key "Nonsense"/);
    expect(() => machine.keyboard.type('ü')).toThrow(/US keyboard has no "ü"/);
  });

  it("takes devices of one's own, and refuses two at one place", async () => {
    const device = { readPort: () => 'Q'.charCodeAt(0), writePort: () => {} };
    const attachAt =
      (port: number): AttachDevice =>
      (machine) => {
        machine.ports('mine', port, 4, device);
        return undefined;
      };
    await using machine = await boot({ devices: [attachAt(OWN_PORT)] });
    machine.send('d');
    await machine.waitFor('RQ');
    const conflict = boot({ devices: [attachAt(0x3f8)] });
    await expect(conflict).rejects.toThrow(/3f8h belongs to COM1 already; mine wants 3f8h to 3fbh/);
  });

  it('reports what the guest looks for in vain, once', async () => {
    const reports: string[] = [];
    await using machine = await boot({ report: (message) => reports.push(message) });
    machine.send('ddx');
    await machine.ended;
    expect(reports.filter((message) => message.includes('5a0h'))).toEqual(['read of port 5a0h, where nothing is']);
  });

  it('does the same every time in virtual time', async () => {
    const run = async (): Promise<MachineState> => {
      await using machine = await boot({ cores: 2, paused: true });
      machine.send('abc');
      machine.runFor(60_000_000n);
      return await machine.save();
    };
    const first = await run();
    expect(first.ram[0x500]).toBe(3);
    expect(Buffer.compare(serialize(first), serialize(await run()))).toBe(0);
  });

  it('is typed to at the same instruction every time, where the host answers to output', async () => {
    const run = async (): Promise<unknown> => {
      await using machine = await boot({ cores: 2 });
      for (const [awaited, typed] of [
        ['R', 'a'],
        ['a1', 'b'],
        ['b2', 'c'],
        ['c3', 'x'],
      ] as const) {
        await machine.waitFor(awaited);
        machine.send(typed);
      }
      await machine.ended;
      return { time: machine.time, instructions: machine.cores.map(({ instructions }) => instructions) };
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(await run()).toEqual(first);
  });

  it('takes as much virtual time for an instruction as it is told', async () => {
    const instructions = async (instructionTime: number): Promise<number> => {
      await using machine = await boot({ instructionTime, paused: true });
      machine.runFor(100_000_000n);
      return machine.cores[0]?.instructions ?? 0;
    };
    const slow = await instructions(1000);
    // The last turn may go on beyond it.
    expect(slow).toBeLessThan(130_000);
    expect(await instructions(100)).toBeGreaterThan(3 * slow);
  });

  it('goes on from where it was saved, in the same machine and in another of its make', async () => {
    await using machine = await boot();
    await machine.waitFor('R');
    machine.send('ab');
    await machine.waitFor('b2');
    const state = structuredClone(await machine.save());
    machine.send('c');
    await machine.waitFor('c3');
    await machine.restore(state);
    machine.send('e');
    await machine.waitFor('e3');
    await using other = await boot({ paused: true });
    await other.restore(state);
    other.run();
    other.send('f');
    await other.waitFor('f3');
  });

  it('refuses states that do not fit, with the list of differences', async () => {
    await using machine = await boot({ paused: true });
    const state = await machine.save();
    await using larger = await boot({ paused: true, memory: '32M', cores: 2 });
    await expect(larger.restore(state)).rejects.toMatchObject({
      code: 'STATE_MISMATCH',
      message: expect.stringMatching(/cores: saved 1, here 2; memory: saved 16 MiB, here 32 MiB/),
    });
    await expect(machine.restore({ ...state, version: 99 })).rejects.toThrow(/has version 99/);
    await expect(machine.restore({} as typeof state)).rejects.toThrow(/no saved state/);
  });

  it('refuses options that do not fit', async () => {
    const refused: readonly (readonly [MachineOptions, string, RegExp])[] = [
      [{ cores: 0 }, 'BAD_OPTION', /cores: 0/],
      [{ memory: '1M' }, 'BAD_OPTION', /1M is not a size/],
      [{ instructionTime: 0.5 }, 'BAD_OPTION', /instructionTime: 0\.5 is not a whole number of nanoseconds/],
      [{ disks: [new Uint8Array(100)] }, 'BAD_IMAGE', /100 bytes/],
      [{ disks: Array.from({ length: 5 }, () => new Uint8Array(512)) }, 'BAD_OPTION', /hold four/],
      [{ bios: new Uint8Array(1000) }, 'BAD_IMAGE', /BIOS has 1000 bytes/],
      [{ vgaBios: new Uint8Array(1000) }, 'BAD_IMAGE', /VGA BIOS does not begin with 55h AAh/],
      [{ vgaBios: Uint8Array.of(0x55, 0xaa, 2, 0) }, 'BAD_IMAGE', /VGA BIOS has 4 of its 1024 bytes/],
      [{ linux: { kernel: new Uint8Array(1000) } }, 'BAD_IMAGE', /no boot header/],
    ];
    for (const [options, code, message] of refused) {
      await expect(boot(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });
});
