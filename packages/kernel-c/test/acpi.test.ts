import { describe, expect, it } from 'vitest';
import { type AcpiImage, readAcpiTables } from '../src/acpi.ts';
import { hostWasm } from './host-wasm.ts';

const BASE = 0x100000;
const u16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];
const u32 = (value: number): number[] => [...u16(value), ...u16(value >>> 16)];
const u64 = (value: number): number[] => [...u32(value), 0, 0, 0, 0];
const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const zeros = (length: number): number[] => new Array<number>(length).fill(0);

/** Puts tables one behind the other, with right checksums, and an RSDP in front of them. */
class Tables {
  readonly bytes: Uint8Array = new Uint8Array(0x2000);
  private end = 64;

  add(signature: string, body: readonly number[]): number {
    const address = BASE + this.end;
    const table = [...ascii(signature), ...u32(36 + body.length), 1, 0, ...zeros(26), ...body];
    table[9] = checksum(table);
    this.bytes.set(table, this.end);
    this.end += (table.length + 15) & ~15;
    return address;
  }

  /** ACPI 1.0 with an RSDT, or 2.0 with an XSDT too. */
  image(tables: readonly number[], wide: boolean): AcpiImage {
    const rsdt = this.add('RSDT', tables.flatMap(u32));
    const xsdt = wide ? this.add('XSDT', tables.flatMap(u64)) : 0;
    const rsdp = [...ascii('RSD PTR '), 0, ...ascii('TEST  '), wide ? 2 : 0, ...u32(rsdt)];
    rsdp[8] = checksum(rsdp);
    if (wide) rsdp.push(...u32(36), ...u64(xsdt), 0, 0, 0, 0);
    if (wide) rsdp[32] = checksum(rsdp);
    this.bytes.set(rsdp, 0);
    return { address: BASE, bytes: this.bytes, rsdp: BASE };
  }
}

function checksum(bytes: readonly number[]): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

const MADT = [
  ...u32(0xfee00000),
  ...u32(1),
  ...[0, 8, 0, 0, ...u32(1)],
  ...[0, 8, 1, 4, ...u32(1)],
  ...[0, 8, 2, 5, ...u32(0)],
  ...[9, 16, 0, 0, ...u32(0x1234), ...u32(1), ...u32(9)],
  ...[1, 12, 0, 0, ...u32(0xfec00000), ...u32(0)],
  ...[1, 12, 1, 0, ...u32(0xfec01000), ...u32(24)],
  ...[2, 10, 0, 0, ...u32(2), ...u16(0)],
  ...[2, 10, 0, 9, ...u32(9), ...u16(0x0d)],
  ...[5, 12, 0, 0, ...u64(0xfee10000)],
];

/** `Name (_S5, Package () { 5, 7, Zero, Zero })` at the very end of the DSDT, as Bochs' BIOS has it. */
const S5 = [...zeros(5), 0x08, ...ascii('_S5_'), 0x12, 0x08, 0x04, 0x0a, 5, 0x0a, 7, 0, 0];

describe.each([
  ['RSDT', false],
  ['XSDT', true],
] as const)('ACPI by %s', (_name, wide) => {
  it('finds processors, interrupt controllers, routes, and how to power off', async () => {
    const tables = new Tables();
    const dsdt = tables.add('DSDT', S5);
    const fadt = tables.add('FACP', [...zeros(4), ...u32(dsdt), ...zeros(80)]);
    const read = await readAcpiTables(hostWasm, tables.image([fadt, tables.add('APIC', MADT)], wide));
    expect(read.tables).toEqual(['FACP', 'APIC']);
    expect(read.processors).toEqual([0, 4, 0x1234]);
    expect(read.localApic).toBe(0xfee10000n);
    expect(read.ioApics).toEqual([
      { address: 0xfec00000, base: 0 },
      { address: 0xfec01000, base: 24 },
    ]);
    expect(read.isa[0]).toEqual({ interrupt: 2, flags: 0 });
    expect(read.isa[4]).toEqual({ interrupt: 4, flags: 0 });
    expect(read.isa[9]).toEqual({ interrupt: 9, flags: 0x0d });
    expect(read.powerOff).toEqual([5, 7]);
  });

  it('does not use a table whose checksum is wrong', async () => {
    const tables = new Tables();
    const madt = tables.add('APIC', MADT);
    const image = tables.image([madt], wide);
    image.bytes.set([0xff], madt - BASE + 50);
    const read = await readAcpiTables(hostWasm, image);
    expect(read.tables).toEqual([undefined]);
    expect(read.processors).toEqual([]);
  });
});

describe('ACPI', () => {
  it('falls back to the RSDT when the XSDT is damaged', async () => {
    const tables = new Tables();
    const image = tables.image([tables.add('APIC', MADT)], true);
    const xsdt = new DataView(image.bytes.buffer).getUint32(24, true) - BASE;
    image.bytes.set([0xff], xsdt + 36);
    expect((await readAcpiTables(hostWasm, image)).processors).toEqual([0, 4, 0x1234]);
  });

  it('ends at an entry that is longer than its table', async () => {
    const tables = new Tables();
    const madt = tables.add('APIC', [...u32(0xfee00000), ...u32(1), 0, 8, 0, 0, ...u32(1), 0, 80, 1, 1, ...u32(1)]);
    expect((await readAcpiTables(hostWasm, tables.image([madt], false))).processors).toEqual([0]);
  });

  it('says nothing where there are no tables', async () => {
    const read = await readAcpiTables(hostWasm, { address: BASE, bytes: new Uint8Array(64), rsdp: BASE });
    expect(read).toMatchObject({ tables: [], processors: [], ioApics: [], powerOff: undefined });
  });
});
