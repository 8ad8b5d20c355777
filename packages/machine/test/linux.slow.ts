/** Debian's kernel with busybox, on one core and on two, with a virtio disk and network: what it computes, reads and sends is what the host does. */
import { createHash } from 'node:crypto';
import { VirtioNet, VirtioPci } from '@drift-os/devices';
import { describe, expect, test } from 'vitest';
import { type AttachDevice, createMachine, type Machine, type MachineOptions } from '../src/index.ts';
import { EchoHost } from './echo-host.ts';
import { linuxGuest } from './linux-guest.ts';

const modules = [
  ...['drivers/virtio/virtio_ring', 'drivers/virtio/virtio', 'drivers/virtio/virtio_pci_modern_dev'],
  ...['drivers/virtio/virtio_pci_legacy_dev', 'drivers/virtio/virtio_pci', 'drivers/block/virtio_blk'],
  ...['net/core/failover', 'drivers/net/net_failover', 'drivers/net/virtio_net'],
];
const linux = linuxGuest('Linux on the machine', modules);

const GUEST_MAC = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
const HOST_MAC = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x57);
const HOST_ADDRESS = Uint8Array.of(10, 0, 0, 1);
/** What the host takes to answer a frame, in nanoseconds. */
const WIRE = 100_000n;

/** `host`: what is at the other end of the network; none in parallel, where a device of a test's own is on another thread. */
async function boot(disk: Uint8Array, options: MachineOptions, host: EchoHost | undefined): Promise<Machine> {
  if (linux === undefined) throw new Error('no kernel');
  const attachNetwork: AttachDevice = (slot) => {
    const frame = (bytes: Uint8Array): void => {
      const answer = host?.answer(bytes);
      if (answer !== undefined) slot.clock.schedule(slot.clock.now() + WIRE, () => net.receive(answer));
    };
    const net = new VirtioNet({ mac: GUEST_MAC, events: { frame } });
    const device = new VirtioPci(net, slot);
    slot.pci(device.pci);
    return device;
  };
  const virtioDisk = { module: new URL('./virtio-disk.ts', import.meta.url), name: 'virtioDisk', data: disk };
  return createMachine({
    linux: { ...linux, commandLine: 'console=ttyS0 quiet' },
    devices: host === undefined ? [virtioDisk] : [virtioDisk, attachNetwork],
    memory: '256M',
    ...options,
  });
}

/** Shared, so that what the guest writes is seen here wherever the device is. */
function patternedDisk(): { readonly disk: Uint8Array; readonly sum: string } {
  const disk = new Uint8Array(new SharedArrayBuffer(4 << 20));
  for (const at of disk.keys()) disk[at] = (at * 31 + (at >> 9)) & 0xff;
  return { disk, sum: createHash('sha256').update(disk).digest('hex') };
}

const TROUBLE = /Kernel panic|BUG:|Oops|WARNING:/;

/** Runs a command in the guest's shell. @returns what came on the serial line: the command, and what it printed */
async function run(machine: Machine, command: string): Promise<string> {
  machine.send(`${command}; echo "<""done>"\r`);
  const { text } = await machine.waitFor(new RegExp(`[^]*(<done>|${TROUBLE.source})`), { timeout: 300_000 });
  expect(text).not.toMatch(TROUBLE);
  return text.replaceAll('\r', '');
}

async function pings(machine: Machine, host: EchoHost): Promise<void> {
  expect(await run(machine, 'ip link show eth0')).toContain('52:54:00:12:34:56');
  await run(machine, 'ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up');
  for (const bytes of [56, 1400]) {
    const pinged = await run(machine, `ping -c 3 -i 0.2 -s ${bytes} 10.0.0.1`);
    expect(pinged).toContain('3 packets transmitted, 3 packets received, 0% packet loss');
  }
  expect(host.echoes).toBe(6);
  expect(await run(machine, 'ping -c 1 -W 1 10.0.0.9')).toContain('0 packets received');
}

/** DRIFT_LINUX_BOOTS=20 for as many boots in parallel, so that what goes wrong once in a while is seen. None unless asked for: they take long. */
const PARALLEL_BOOTS = Number(process.env['DRIFT_LINUX_BOOTS'] ?? 0);

describe.skipIf(linux === undefined)('Linux', () => {
  const turns = [1, 2].map((cores): MachineOptions => ({ cores, time: 'virtual' }));
  const parallel = Array.from({ length: PARALLEL_BOOTS }, (): MachineOptions => ({ cores: 2, execution: 'parallel' }));

  test.each([...turns, ...parallel])('reaches a shell and works there: %o', async (options) => {
    const { disk, sum } = patternedDisk();
    const host = options.execution === 'parallel' ? undefined : new EchoHost(HOST_MAC, HOST_ADDRESS);
    await using machine = await boot(disk, options, host);
    await machine.waitFor('ready', { timeout: 600_000 });
    expect(await run(machine, 'grep -c ^processor /proc/cpuinfo')).toMatch(new RegExp(`^${options.cores ?? 1}$`, 'm'));
    expect(await run(machine, 'grep "model name" /proc/cpuinfo')).toContain('Drift x86-core virtual processor');
    expect(await run(machine, 'sha256sum /dev/vda')).toContain(sum);
    expect(
      await run(machine, 'awk \'BEGIN { for (i = 0; i < 100000; i++) s += i * 1.5; printf "%.1f", s }\''),
    ).toContain('7499925000.0');
    await run(machine, 'echo written by the guest | dd of=/dev/vda seek=3 conv=sync 2>/dev/null; sync');
    expect(Buffer.from(disk.slice(3 * 512, 3 * 512 + 20)).toString()).toBe('written by the guest');
    if (host !== undefined) await pings(machine, host);
    expect(machine.output).not.toMatch(TROUBLE);
  });

  // The scheduler's branches are patched by writing INT3, the rest, and the first byte, with an interrupt to the other core in between.
  test('patches code that its other core runs, in parallel', async () => {
    const { disk, sum } = patternedDisk();
    await using machine = await boot(disk, { cores: 2, execution: 'parallel' }, undefined);
    await machine.waitFor('ready', { timeout: 600_000 });
    const setting = '/proc/sys/kernel/sched_schedstats';
    const patch = `(i=0; while [ $i -lt 300 ]; do echo 1 > ${setting}; echo 0 > ${setting}; i=$((i+1)); done)`;
    const work = 'while kill -0 $! 2>/dev/null; do sha256sum /dev/vda; echo 3 > /proc/sys/vm/drop_caches; done';
    const sums = (await run(machine, `${patch} & ${work}`)).match(/^[0-9a-f]{64}/gm) ?? [];
    expect(sums.length).toBeGreaterThan(5);
    expect(new Set(sums)).toEqual(new Set([sum]));
    expect(machine.output).not.toMatch(TROUBLE);
  });
});
