/** Debian's kernel with busybox, on one core and on two, with a virtio disk: what it computes and reads is what the host does. */
import { createHash } from 'node:crypto';
import { BufferDisk, VirtioBlock, VirtioPci } from '@drift-os/devices';
import { describe, expect, test } from 'vitest';
import { type AttachDevice, createMachine, type Machine } from '../src/index.ts';
import { linuxGuest } from './linux-guest.ts';

const modules = [
  ...['virtio/virtio_ring', 'virtio/virtio', 'virtio/virtio_pci_modern_dev', 'virtio/virtio_pci_legacy_dev'],
  ...['virtio/virtio_pci', 'block/virtio_blk'],
];
const linux = linuxGuest('Linux on the machine', modules);

async function boot(cores: number, disk: Uint8Array): Promise<Machine> {
  if (linux === undefined) throw new Error('no kernel');
  const attach: AttachDevice = (slot) => {
    const device = new VirtioPci(new VirtioBlock({ disk: new BufferDisk(disk) }), slot);
    slot.pci(device.pci);
    return device;
  };
  return createMachine({
    linux: { ...linux, commandLine: 'console=ttyS0 quiet' },
    devices: [attach],
    cores,
    memory: '256M',
    time: 'virtual',
  });
}

/** Runs a command in the guest's shell. @returns what came on the serial line: the command, and what it printed */
async function run(machine: Machine, command: string): Promise<string> {
  machine.send(`${command}; echo "<""done>"\r`);
  const { text } = await machine.waitFor(/[^]*<done>/, { timeout: 300_000 });
  return text.replaceAll('\r', '');
}

describe.skipIf(linux === undefined)('Linux', () => {
  test.each([1, 2])('reaches a shell and works there, cores: %i', async (cores) => {
    const disk = new Uint8Array(4 << 20).map((_, at) => (at * 31 + (at >> 9)) & 0xff);
    const sum = createHash('sha256').update(disk).digest('hex');
    await using machine = await boot(cores, disk);
    await machine.waitFor('ready', { timeout: 600_000 });
    expect(await run(machine, 'grep -c ^processor /proc/cpuinfo')).toMatch(new RegExp(`^${cores}$`, 'm'));
    expect(await run(machine, 'grep "model name" /proc/cpuinfo')).toContain('Drift x86-core virtual processor');
    expect(await run(machine, 'sha256sum /dev/vda')).toContain(sum);
    expect(
      await run(machine, 'awk \'BEGIN { for (i = 0; i < 100000; i++) s += i * 1.5; printf "%.1f", s }\''),
    ).toContain('7499925000.0');
    await run(machine, 'echo written by the guest | dd of=/dev/vda seek=3 conv=sync 2>/dev/null; sync');
    expect(Buffer.from(disk.subarray(3 * 512, 3 * 512 + 20)).toString()).toBe('written by the guest');
    expect(machine.output).not.toMatch(/Kernel panic|BUG:|Oops|WARNING:/);
  });
});
