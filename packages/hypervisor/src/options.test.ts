import { describe, expect, it } from 'vitest';
import { bochsConfiguration } from './bochs-configuration.ts';
import { runOnBochs, runOnQemu } from './index.ts';
import { checkBootable, memoryMebibytes, type QemuOptions } from './options.ts';
import { qemuArguments } from './qemu-arguments.ts';

const places = { imagePath: '/images/drift.img', monitorPath: '/run/monitor', accelerator: 'tcg' } as const;
const sector = Object.assign(new Uint8Array(512), { 510: 0x55, 511: 0xaa });

describe('options', () => {
  it('takes memory in MiB and GiB', () => {
    expect(memoryMebibytes('64M')).toBe(64);
    expect(memoryMebibytes('5G')).toBe(5120);
    for (const wrong of ['', '64', '0M', '1T', '1.5G', '-1G', '64M ']) {
      expect(() => memoryMebibytes(wrong)).toThrow(/Option memory is .*'512M' or '5G'/);
    }
  });

  it.each<[string, Partial<Record<keyof QemuOptions, unknown>>]>([
    ['cores', { cores: 0 }],
    ['cores', { cores: 1.5 }],
    ['cores', { cores: 256 }],
    ['machine', { machine: 'vax' }],
    ['accelerator', { accelerator: 'xen' }],
    ['memory', { memory: 'much' }],
    ['onReset', { onReset: 'cry' }],
    ['serial', { serial: 'usb' }],
    ['gdbPort', { gdbPort: 70_000 }],
    ['image', { image: '/nowhere/drift.img' }],
    ['image', { image: new Uint8Array(511) }],
  ])('refuses a wrong %s before it looks for QEMU: %o', async (name, wrong) => {
    const starting = runOnQemu({ image: sector, program: '/nowhere/qemu', ...wrong } as QemuOptions);
    await expect(starting).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining(`Option ${name} is`),
    });
  });

  it('tells a disk that a BIOS boots from what is none', async () => {
    await checkBootable(sector);
    for (const image of [new Uint8Array(512), new URL('../package.json', import.meta.url).pathname]) {
      await expect(checkBootable(image)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringContaining('boot sector'),
      });
    }
  });

  it('says how to install what is missing', async () => {
    for (const run of [runOnQemu, runOnBochs]) {
      await expect(run({ image: sector, program: 'no-such-program' })).rejects.toMatchObject({
        code: 'PROGRAM_MISSING',
        message: expect.stringMatching(/Debian.*apt-get install.*Fedora.*dnf install.*macOS.*brew install/s),
      });
    }
  });
});

describe('command lines', () => {
  it("builds QEMU's, with a disk that is not modified", () => {
    const line = qemuArguments({ cores: 4, memory: '5G', machine: 'q35' }, places).join(' ');
    expect(line).toContain('-machine q35 -smp 4 -m 5120M -accel tcg,thread=multi -cpu max');
    expect(line).toContain('-drive file=/images/drift.img,format=raw,if=ide,snapshot=on');
    expect(line).toContain('-no-reboot');
    expect(line).not.toContain('mux=on');
  });

  it('takes KVM, restarts, gdb and the terminal when asked', () => {
    const options = { onReset: 'restart', serial: 'terminal', gdbPort: 1234, waitForGdb: true } as const;
    const line = qemuArguments(options, { ...places, accelerator: 'kvm' }).join(' ');
    expect(line).toContain('-accel kvm -cpu max');
    expect(line).not.toContain('-no-reboot');
    expect(line).toContain('mux=on');
    expect(line).toContain('-mon chardev=serial0,mode=readline');
    expect(line).toContain('-gdb tcp:127.0.0.1:1234 -S');
  });

  it('escapes commas in paths', () => {
    expect(qemuArguments({}, { ...places, imagePath: '/a,b.img' }).join(' ')).toContain('file=/a,,b.img,format=raw');
  });

  it("builds Bochs' configuration, and refuses a cpu that would inject lines", () => {
    const bochsPlaces = { imagePath: '/drift.img', journalPath: '/j', logPath: '/l', serialPort: 5555 };
    const text = bochsConfiguration({ memory: '5G' }, bochsPlaces);
    expect(text).toContain('memory: guest=5120, host=2048\n');
    expect(text).toContain('com1: enabled=1, mode=socket-client, dev=127.0.0.1:5555\n');
    expect(text).toContain('reset_on_triple_fault=0');
    expect(() => bochsConfiguration({ cpu: 'x\nboot: floppy' }, bochsPlaces)).toThrow(/Option cpu/);
  });
});
