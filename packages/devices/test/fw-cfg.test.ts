/** fw_cfg through its ports and by DMA; a Linux kernel as items; ACPI tables placed by following their script, as firmware does. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { acpiTables } from '../src/acpi/tables.ts';
import { addAcpiTables } from '../src/acpi/table-loader.ts';
import type { AcpiMachine } from '../src/acpi/acpi-machine.ts';
import { FwCfg } from '../src/fw-cfg/fw-cfg.ts';
import { e820File, FwCfgItems } from '../src/fw-cfg/fw-cfg-items.ts';
import { addLinuxKernel } from '../src/fw-cfg/linux-kernel.ts';
import { inb, TestMemory } from './harness.ts';

const machine: AcpiMachine = {
  apicIds: [0, 1, 2],
  ioApic: { id: 0, address: 0xfec00000 },
  pmBase: 0x600,
  pciMemory: { first: 0xe0000000, last: 0xfebfffff },
  hpet: 0xfed00000,
  serialPorts: 2,
  pirqs: [10, 10, 11, 11],
};

function device(items = new FwCfgItems()): { fwCfg: FwCfg; memory: TestMemory } {
  const memory = new TestMemory(0x100000);
  return { fwCfg: new FwCfg({ memory, items }), memory };
}
const swap = (value: number): number => Buffer.from(Uint32Array.of(value).buffer).readUInt32BE(0);
const ascii = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').replace(/\0.*/s, '');

test('signature, features, a file through the directory', () => {
  const { fwCfg } = device(new FwCfgItems().setFile('etc/e820', e820File([{ base: 2 ** 32, length: 4096, type: 1 }])));
  const select = (key: number): void => fwCfg.ports.writePort(0, 2, key);
  const take = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, () => inb(fwCfg.ports, 1));
  select(0);
  expect(ascii(take(4))).toBe('QEMU');
  select(1);
  expect(fwCfg.ports.readPort(1, 1)).toBe(3);
  select(0x19);
  const entry = Buffer.from(take(68)).subarray(4);
  expect([ascii(entry.subarray(8)), entry.readUInt32BE(0)]).toEqual(['etc/e820', 20]);
  select(entry.readUInt16BE(4));
  expect([...take(22)]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
});

test('DMA: select, skip, read beyond the end; writes are errors', () => {
  const { fwCfg, memory } = device(new FwCfgItems().setFile('a', Uint8Array.from([1, 2, 3, 4, 5])));
  expect([fwCfg.ports.readPort(4, 4), fwCfg.ports.readPort(8, 4)].map(swap)).toEqual([0x51454d55, 0x20434647]);
  const transfer = (control: number, length: number): number => {
    for (const [i, value] of [control, length, 0, 0x5000].entries()) memory.view.setUint32(0x100 + 4 * i, value);
    fwCfg.ports.writePort(4, 4, 0);
    fwCfg.ports.writePort(8, 4, swap(0x100));
    return memory.view.getUint32(0x100);
  };
  memory.bytes.fill(0xcc, 0x5000, 0x5010);
  expect(transfer(0x200000 | 0x0c, 2)).toBe(0);
  expect(transfer(0x02, 6)).toBe(0);
  expect([...memory.bytes.slice(0x5000, 0x5007)]).toEqual([3, 4, 5, 0, 0, 0, 0xcc]);
  expect(transfer(0x200000 | 0x18, 2)).toBe(1);
});

describe('Linux', () => {
  function kernel(setupSectors = 2, paragraphs = 64): Uint8Array {
    const bytes = new Uint8Array(512 * (1 + setupSectors) + paragraphs * 16);
    const view = new DataView(bytes.buffer);
    bytes[0x1f1] = setupSectors;
    view.setUint32(0x1f4, paragraphs, true);
    view.setUint16(0x1fe, 0xaa55, true);
    view.setUint32(0x202, 0x53726448, true);
    view.setUint16(0x206, 0x020f, true);
    bytes[0x211] = 1;
    view.setUint32(0x22c, 0x7fffffff, true);
    view.setUint32(0x238, 2047, true);
    return bytes;
  }

  test('is split into setup and kernel, and its header filled in', () => {
    const items = new FwCfgItems();
    addLinuxKernel(items, {
      kernel: kernel(),
      initrd: new Uint8Array(5000),
      commandLine: 'console=ttyS0',
      memoryBelow4G: 2 ** 27,
    });
    const setup = Buffer.from(items.get(0x18) ?? []);
    expect([setup.length, items.get(0x11)?.length]).toEqual([1536, 1024]);
    expect([setup[0x210], (setup[0x211] as number) & 0x80, setup.readUInt32LE(0x228)]).toEqual([0xff, 0x80, 0x20000]);
    const initrd = setup.readUInt32LE(0x218);
    expect([initrd % 4096, setup.readUInt32LE(0x21c)]).toEqual([0, 5000]);
    expect(initrd + 5000).toBeLessThanOrEqual(2 ** 27 - 0x40000);
    expect(ascii(items.get(0x15) ?? new Uint8Array())).toBe('console=ttyS0');
  });

  test.each([
    ['NOT_A_KERNEL', (bytes: Uint8Array) => bytes.subarray(0, 100)],
    ['NOT_A_KERNEL', (bytes: Uint8Array) => bytes.fill(0, 0x202, 0x206)],
    ['KERNEL_CUT_SHORT', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 100)],
    ['KERNEL_TOO_OLD', (bytes: Uint8Array) => bytes.fill(0, 0x206, 0x208)],
  ])('%s', (code, damage) => {
    const options = { kernel: damage(kernel()), memoryBelow4G: 2 ** 27 };
    expect(() => addLinuxKernel(new FwCfgItems(), options)).toThrow(expect.objectContaining({ code }));
  });

  test('what does not fit', () => {
    const add = (more: object): (() => void) => {
      return () => addLinuxKernel(new FwCfgItems(), { kernel: kernel(), memoryBelow4G: 2 ** 23, ...more });
    };
    expect(add({ initrd: new Uint8Array(2 ** 23) })).toThrow(expect.objectContaining({ code: 'INITRD_TOO_LARGE' }));
    expect(add({ commandLine: 'x'.repeat(3000) })).toThrow(expect.objectContaining({ code: 'COMMAND_LINE_TOO_LONG' }));
  });
});

describe('ACPI', () => {
  /** Follows the script; gives memory, and where the RSDP is. */
  function place(): { memory: Buffer; rsdp: number } {
    const items = new FwCfgItems();
    addAcpiTables(items, machine);
    const directory = Buffer.from(items.get(0x19) ?? []);
    const files = new Map<string, Uint8Array>();
    for (let i = 0; i < directory.readUInt32BE(0); i++) {
      const entry = directory.subarray(4 + 64 * i);
      files.set(ascii(entry.subarray(8, 64)), items.get(entry.readUInt16BE(4)) ?? new Uint8Array());
    }
    const script = Buffer.from(files.get('etc/table-loader') ?? []);
    const memory = Buffer.alloc(0x20000);
    const placed = new Map<string, number>();
    let next = 0x1000;
    for (let at = 0; at < script.length; at += 128) {
      const entry = script.subarray(at);
      const name = ascii(entry.subarray(4, 60));
      const address = placed.get(name) ?? 0;
      const command = entry.readUInt32LE(0);
      if (command === 1) {
        placed.set(name, next);
        memory.set(files.get(name) ?? [], next);
        next += 0x4000;
      } else if (command === 2) {
        const where = address + entry.readUInt32LE(116);
        memory.writeUInt32LE(memory.readUInt32LE(where) + (placed.get(ascii(entry.subarray(60, 116))) ?? 0), where);
      } else {
        const start = address + entry.readUInt32LE(64);
        const sum = memory.subarray(start, start + entry.readUInt32LE(68)).reduce((a, b) => a + b, 0);
        const where = address + entry.readUInt32LE(60);
        memory[where] = ((memory[where] as number) - sum) & 0xff;
      }
    }
    return { memory, rsdp: placed.get('etc/acpi/rsdp') ?? 0 };
  }
  const sum = (bytes: Uint8Array): number => bytes.reduce((a, b) => a + b, 0) & 0xff;

  test('the script links every table to the RSDP, with right checksums', () => {
    const { memory, rsdp } = place();
    expect(memory.toString('latin1', rsdp, rsdp + 8)).toBe('RSD PTR ');
    expect([sum(memory.subarray(rsdp, rsdp + 20)), sum(memory.subarray(rsdp, rsdp + 36))]).toEqual([0, 0]);
    const table = (at: number): Buffer => memory.subarray(at, at + memory.readUInt32LE(at + 4));
    const [rsdt, xsdt] = [table(memory.readUInt32LE(rsdp + 16)), table(memory.readUInt32LE(rsdp + 24))];
    expect([rsdt, xsdt].map((each) => [each.toString('latin1', 0, 4), sum(each)])).toEqual([
      ['RSDT', 0],
      ['XSDT', 0],
    ]);
    const listed: string[] = [];
    for (let at = 36; at < rsdt.length; at += 4) {
      const each = table(rsdt.readUInt32LE(at));
      listed.push(each.toString('latin1', 0, 4));
      expect(sum(each)).toBe(0);
    }
    expect(listed).toEqual(['FACP', 'APIC', 'HPET']);
    const fadt = table(rsdt.readUInt32LE(36));
    expect(table(fadt.readUInt32LE(40)).toString('latin1', 0, 4)).toBe('DSDT');
    expect(memory.toString('latin1', fadt.readUInt32LE(36), fadt.readUInt32LE(36) + 4)).toBe('FACS');
  });

  const iasl = hasIasl();
  describe.skipIf(!iasl)(`read by iasl${iasl ? '' : ' (skipped: apt-get install acpica-tools)'}`, () => {
    test.each(['DSDT', 'FACP', 'APIC', 'HPET'])('%s', (signature) => {
      const found = acpiTables(machine).find((each) => each.signature === signature);
      const bytes = Buffer.from(found?.bytes ?? []);
      bytes[9] = -sum(bytes) & 0xff;
      const folder = mkdtempSync(join(tmpdir(), 'drift-acpi-'));
      try {
        writeFileSync(join(folder, 'table.aml'), bytes);
        const output = execFileSync('iasl', ['-d', 'table.aml'], { cwd: folder, stdio: 'pipe' }).toString();
        const text = readFileSync(join(folder, 'table.dsl'), 'latin1');
        expect(output + text).not.toMatch(/Invalid|Incorrect checksum|Could not parse|exceeds/i);
        if (signature === 'DSDT') {
          expect(text).toMatch(/Device \(COM2\)/);
          expect(text).toContain('Package (0x04)');
          execFileSync('iasl', ['-p', 'again', 'table.dsl'], { cwd: folder, stdio: 'pipe' });
          expect(readFileSync(join(folder, 'again.aml')).subarray(36).equals(bytes.subarray(36))).toBe(true);
        }
        if (signature === 'APIC') expect(text.match(/\[Processor Local APIC\]/g)?.length).toBe(3);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });
});

function hasIasl(): boolean {
  try {
    execFileSync('iasl', ['-v'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
