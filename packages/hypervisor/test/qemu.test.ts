import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCommand, probeKvm, qemuProgram, runOnQemu } from '../src/index.ts';
import { runProbe } from '../src/kvm-probe.ts';
import { echoGuest } from './guest.ts';
import { killers, survives } from './survival.ts';

const qemu = await findCommand(qemuProgram.command);
if (qemu === undefined) console.log('Skipped, QEMU is not installed (apt-get install qemu-system-x86): runs on QEMU.');

const hello = { image: echoGuest(), memory: '64M', accelerator: 'tcg' } as const;

describe.skipIf(qemu === undefined)('QEMU', () => {
  it('runs a guest: serial text both ways, the screen, power-off', async () => {
    await using machine = await runOnQemu(hello);
    await machine.waitFor('hello from ring 0\r\n');
    expect(await machine.screenText()).toMatch(/^hello from ring 0♪◙/);
    const typed = 'The quick brown fox jumps over the lazy dog, again and again'.repeat(10);
    await machine.send(typed);
    await machine.send('.');
    const status = await machine.exitStatus;
    expect(status).toEqual({ code: 0, signal: null, messages: '' });
    expect(machine.output).toBe(`hello from ring 0\r\n${typed}`);
  });

  it.each(['pc', 'q35'] as const)('boots the same disk on %s', async (machineType) => {
    await using machine = await runOnQemu({ ...hello, machine: machineType, cores: 3 });
    await machine.waitFor('ring 0');
    expect(await machine.monitor('query-cpus-fast')).toHaveLength(3);
  });

  it('leaves the image as it was and no files behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hypervisor-test-'));
    const image = join(folder, 'a, b.img');
    await writeFile(image, echoGuest());
    const machine = await runOnQemu({ ...hello, image });
    await machine.waitFor('ring 0');
    await machine.stop();
    expect(Buffer.compare(await readFile(image), echoGuest())).toBe(0);
    expect(await readdir(folder)).toEqual(['a, b.img']);
    await rm(folder, { recursive: true });
  });

  it('gives the output as an iterator that ends with the machine', async () => {
    await using machine = await runOnQemu(hello);
    let text = '';
    for await (const chunk of machine.serial) {
      text += chunk;
      if (text.endsWith('\n')) await machine.send('.');
    }
    expect(text).toBe('hello from ring 0\r\n');
  });

  it('tells whoever waits that the guest ended, with its last lines', async () => {
    await using machine = await runOnQemu(hello);
    const waiting = expect(machine.waitFor('never')).rejects.toMatchObject({ code: 'MACHINE_ENDED' });
    await machine.waitFor('ring 0\r\n');
    await machine.send('!');
    await waiting;
  });

  it('starts the guest again after a reset where that is wanted', async () => {
    await using machine = await runOnQemu({ ...hello, onReset: 'restart' });
    await machine.waitFor('ring 0\r\n');
    await machine.send('!');
    await machine.waitFor('ring 0\r\n');
  });

  it("passes on QEMU's own complaint", async () => {
    const starting = runOnQemu({ ...hello, cpu: 'abacus' });
    await expect(starting).rejects.toMatchObject({ code: 'START_FAILED', message: expect.stringContaining('abacus') });
  });

  it.each(killers)('ends QEMU when this process is ended by %s', async (signal) => {
    expect(await survives('qemu', signal)).toBe(false);
  });

  it('probes KVM with a sector that is right: TCG runs it', async () => {
    expect(await runProbe(qemu ?? '', 'tcg', 10_000)).toEqual({
      usable: true,
      reason: 'vector instructions ran in ring 0',
    });
  });

  it('answers the second probe from what the first has found', async () => {
    const first = await probeKvm({ cached: false });
    // A probe of its own could not answer that within a millisecond.
    expect(await probeKvm({ timeout: 1 })).toEqual(first);
  });
});
