/** A CPU with RAM and a port log for tests, and ways to start it in a mode without booting into it. */
import { type Bus, Cpu, type CpuOptions, emptyBus, PhysicalMemory } from '../../src/index.ts';
import { Segment, type SegmentNumber } from '../../src/system/core-context.ts';
import { assemble, type Line } from './assemble.ts';

const RAM = 4 << 20;
/** Page tables of startLong. */
const PAGE_MAP = 0x10_0000;

export class TestMachine {
  readonly memory: PhysicalMemory;
  readonly ram: Uint8Array;
  readonly view: DataView;
  readonly cpu: Cpu;
  /** Port, value. */
  readonly output: [number, number][] = [];

  constructor(bus: Partial<Bus> = {}, options: CpuOptions = {}) {
    this.memory = options.memory ?? new PhysicalMemory({ bytes: RAM + (1 << 16), codeBytes: 1 << 20 });
    this.ram = this.memory.mapRam(0, RAM);
    this.view = new DataView(this.ram.buffer, this.ram.byteOffset, this.ram.length);
    const writePort = (port: number, _bytes: number, value: number): void => void this.output.push([port, value]);
    this.cpu = new Cpu({ ...emptyBus, writePort, ...bus }, { ...options, memory: this.memory });
  }

  load(address: number, mode: 16 | 32 | 64, lines: readonly Line[]): ReadonlyMap<string, number> {
    const { bytes, labels } = assemble(address, mode, lines);
    this.memory.write(address, bytes);
    return labels;
  }

  /** 64-bit mode at CPL 0; the first 4 MiB are mapped one to one, writable, for users too, in pages of 4 KiB. */
  startLong(rip: number): void {
    const { context } = this.cpu;
    const tables = [PAGE_MAP, PAGE_MAP + 0x1000, PAGE_MAP + 0x2000, PAGE_MAP + 0x3000, PAGE_MAP + 0x4000] as const;
    this.view.setBigUint64(tables[0], BigInt(tables[1] | 7), true);
    this.view.setBigUint64(tables[1], BigInt(tables[2] | 7), true);
    for (let table = 0; table < 2; table++) {
      this.view.setBigUint64(tables[2] + 8 * table, BigInt((tables[3] + 0x1000 * table) | 7), true);
    }
    for (let page = 0; page < 1024; page++) this.mapPage(page, page * 4096, 7);
    this.cpu.system.activity = 'running';
    context.cr3 = BigInt(PAGE_MAP);
    context.cr4 = 0x620;
    context.efer = 0xd01;
    context.cr0 = 0x8001_0033;
    const code = { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0xa09b };
    const data = { selector: 16, base: 0n, limit: 0xffff_ffff, attributes: 0xc093 };
    context.setSegment(Segment.cs, code);
    for (const number of [0, 2, 3, 4, 5] as SegmentNumber[]) context.setSegment(number, data);
    context.flushTlb('all');
    context.rip = BigInt(rip);
    this.cpu.registers.set('rsp', 0x8_0000);
  }

  /** The entry of a page in the tables of startLong: physical address and low bits. */
  mapPage(page: number, physical: number, bits: number): void {
    this.view.setBigUint64(PAGE_MAP + 0x3000 + 8 * page, BigInt(physical + bits), true);
  }

  /** Exceptions go to a table of handlers that write their vector to port E9h, their error code if they have one, and stop. */
  catchExceptions(): void {
    const { context } = this.cpu;
    const gdt = 0x20_0000;
    const idt = 0x20_1000;
    const code = 0x20_2000;
    for (const [index, descriptor] of [0n, 0x00af_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn].entries()) {
      this.view.setBigUint64(gdt + 8 * index, descriptor, true);
    }
    for (let vector = 0; vector < 32; vector++) {
      const at = code + 16 * vector;
      this.ram.set([0xb0, vector, 0xe6, 0xe9, 0xf4], at);
      this.view.setBigUint64(
        idt + 16 * vector,
        BigInt(at & 0xffff) | (8n << 16n) | (0x8e00n << 32n) | (BigInt(at >> 16) << 48n),
        true,
      );
    }
    context.gdtr = { base: BigInt(gdt), limit: 23 };
    context.idtr = { base: BigInt(idt), limit: 511 };
  }
}
