import { describe, expect, it } from 'vitest';
import { MemorySpace } from './memory-space.ts';
import { PortSpace } from './port-space.ts';

/** Eight registers that remember what was done to them. */
class Registers {
  readonly log: string[] = [];
  readonly bytes: Uint8Array = new Uint8Array(8);

  readPort(offset: number, bytes: number): number {
    this.log.push(`r${bytes}@${offset}`);
    return this.bytes.subarray(offset, offset + bytes).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  writePort(offset: number, bytes: number, value: number): void {
    this.log.push(`w${bytes}@${offset}`);
    for (let i = 0; i < bytes; i++) this.bytes[offset + i] = value >>> (8 * i);
  }

  read(offset: number, bytes: number): number {
    return this.readPort(offset, bytes);
  }

  write(offset: number, bytes: number, value: number): void {
    this.writePort(offset, bytes, value);
  }
}

describe('PortSpace', () => {
  it('gives whole accesses to the window that holds them, and splits those on an edge', () => {
    const unclaimed: string[] = [];
    const ports = new PortSpace((port, access) => unclaimed.push(`${access} ${port.toString(16)}`));
    const [low, high] = [new Registers(), new Registers()];
    ports.add({ name: 'low', first: 0x60, count: 8, window: low });
    ports.add({ name: 'high', first: 0x68, count: 4, window: high });
    ports.write(0x64, 4, 0x8765_4321);
    ports.write(0x66, 4, 0xdead_beef);
    expect(ports.read(0x64, 4)).toBe(0xbeef_4321);
    expect(ports.read(0x68, 2)).toBe(0xdead);
    expect(low.log).toEqual(['w4@4', 'w1@6', 'w1@7', 'r4@4']);
    expect(ports.read(0x6b, 2)).toBe(0xff00);
    expect(ports.read(0x1000, 4)).toBe(0xffff_ffff);
    expect(ports.read(0x1000, 4)).toBe(0xffff_ffff);
    ports.write(0x1000, 1, 0);
    expect(unclaimed).toEqual(['read 6c', 'read 1000', 'write 1000']);
  });

  it('refuses overlaps by name', () => {
    const ports = new PortSpace(() => {});
    const window = new Registers();
    ports.add({ name: 'COM1', first: 0x3f8, count: 8, window });
    const other = { name: 'mine', first: 0x3f0, count: 16, window: new Registers() };
    expect(() => ports.add(other)).toThrow(/3f8h belongs to COM1 already; mine wants 3f0h to 3ffh/);
    expect(() => ports.add({ ...other, first: 0xfff8 })).toThrow(/outside of 0 to 65535/);
  });

  it('covers and uncovers, the last one on top', () => {
    const ports = new PortSpace(() => {});
    const [fixed, first, second] = [new Registers(), new Registers(), new Registers()];
    for (const [i, window] of [fixed, first, second].entries()) window.bytes.fill(i + 1);
    ports.add({ name: 'fixed', first: 0xfff8, count: 8, window: fixed });
    ports.cover({ name: 'first', first: 0xfffc, count: 16, window: first });
    ports.cover({ name: 'second', first: 0xfffa, count: 4, window: second });
    const seen = (): number[] => [0xfff8, 0xfffa, 0xfffc, 0xfffe].map((port) => ports.read(port, 1));
    expect(seen()).toEqual([1, 3, 3, 2]);
    ports.uncover(second);
    expect(seen()).toEqual([1, 1, 2, 2]);
    ports.uncover(first);
    expect(seen()).toEqual([1, 1, 1, 1]);
  });
});

describe('MemorySpace', () => {
  it('finds windows among many, splits accesses on an edge, and reports each empty page once', () => {
    const unclaimed: number[] = [];
    const memory = new MemorySpace((address) => unclaimed.push(address));
    const windows = Array.from({ length: 20 }, () => new Registers());
    for (const [i, window] of windows.entries()) {
      memory.add({ name: `w${i}`, first: 0xf000_0000 + (19 - i) * 0x1000, length: 8, window });
    }
    memory.write(0xf000_3004, 4, 0x1122_3344);
    expect(windows[16]?.bytes).toEqual(new Uint8Array([0, 0, 0, 0, 0x44, 0x33, 0x22, 0x11]));
    expect(memory.read(0xf000_3006, 4)).toBe(0xffff_1122);
    expect(memory.read(0xf000_3800, 1)).toBe(0xff);
    expect(memory.read(0xf123_4567_89ab, 2)).toBe(0xffff);
    expect(unclaimed).toEqual([0xf000_3008, 0xf123_4567_89ab]);
  });

  it('refuses overlaps by name', () => {
    const memory = new MemorySpace(() => {});
    memory.add({ name: 'HPET', first: 0xfed0_0000, length: 0x400, window: new Registers() });
    expect(() => memory.add({ name: 'mine', first: 0xfed0_0200, length: 0x1000, window: new Registers() })).toThrow(
      /mine at fed00200h overlaps HPET at fed00000h/,
    );
  });

  it('covers and uncovers, the last one on top', () => {
    const memory = new MemorySpace(() => {});
    const [fixed, first, second] = [new Registers(), new Registers(), new Registers()];
    for (const [i, window] of [fixed, first, second].entries()) window.bytes.fill(i + 1);
    memory.add({ name: 'fixed', first: 0xfec0_0000, length: 8, window: fixed });
    const seen = (): number[] => [0, 2, 4, 6].map((offset) => memory.read(0xfec0_0000 + offset, 1));
    memory.cover({ name: 'first', first: 0xfec0_0004, length: 8, window: first });
    memory.cover({ name: 'second', first: 0xfec0_0002, length: 4, window: second });
    expect(seen()).toEqual([1, 3, 3, 2]);
    memory.uncover(second);
    expect(seen()).toEqual([1, 1, 2, 2]);
    memory.uncover(first);
    expect(seen()).toEqual([1, 1, 1, 1]);
  });
});
