/**
 * Enough of a PC around Thread/C's wasm module to run it in Node: a 16550 whose output is text, MSRs and control registers
 * that remember, a time-stamp counter of 1 GHz that moves with every read, and a PM timer in step with it. A port that is
 * not there reads as all ones, as on a bus.
 */
import {
  BOOT_INFO_E820_AT,
  BOOT_INFO_E820_COUNT_AT,
  BOOT_INFO_IMAGE_DIRECTORY_AT,
  BOOT_INFO_IMAGE_END_AT,
  E820_BASE_AT,
  E820_ENTRY_BYTES,
  E820_LENGTH_AT,
  E820_TYPE_AT,
} from '@drift-os/abi/layout/boot-info';
import {
  DIRECTORY_BYTES,
  DIRECTORY_CONTROL_STACK_AT,
  DIRECTORY_CONTROL_STACK_BYTES_AT,
  DIRECTORY_MAGIC_AT,
  DIRECTORY_MODULE_COUNT_AT,
  DIRECTORY_MODULES_AT,
  DIRECTORY_SEGMENT_COUNT_AT,
  DIRECTORY_SEGMENTS_AT,
  DIRECTORY_VERSION_AT,
  IMAGE_DIRECTORY_MAGIC,
  IMAGE_DIRECTORY_VERSION,
  MODULE_APPLICATION,
  MODULE_BYTES,
  MODULE_KIND_AT,
  MODULE_NAME_AT,
  SEGMENT_ADDRESS_AT,
  SEGMENT_BYTES_AT,
  SEGMENT_FLAGS_AT,
  SEGMENT_WRITABLE,
} from '@drift-os/abi/layout/image-directory';
import { BOOT_INFO, KERNEL_C_DATA, KERNEL_C_DATA_LIMIT } from '@drift-os/abi/layout/memory-map';

const PAGE = 65536;
const CONTROL_STACK = 0x21000;
const PM_TIMER_PORT = 0x608;
const MSR_APIC_BASE = 0x1b;
const MSR_X2APIC_ICR = 0x830;
const RSDP = 0xf0000;

/** Thrown out of HLT when nothing is left to wake the machine. */
export class Halted extends Error {
  override readonly name = 'Halted';
}

export interface E820Entry {
  readonly base: bigint;
  readonly length: bigint;
  readonly type: number;
}

export class FakeMachine {
  readonly memory: WebAssembly.Memory;
  readonly view: DataView;
  readonly msrs: Map<number, bigint> = new Map([[MSR_APIC_BASE, 0xfee00d00n]]);
  readonly control: Map<number, bigint> = new Map([
    [0, 0x80000011n],
    [2, 0n],
    [3, 0x30000n],
    [4, 0x20n],
  ]);
  /** Bytes written to COM1. */
  serial = '';
  /** Bytes that COM1 will receive. */
  readonly input: number[] = [];
  /** Every port write: `port:value`. */
  readonly writes: string[] = [];
  tsc = 0n;
  /** Runs when Thread/C sleeps: the rest of the world moves. False: nothing will wake it any more. */
  onSleep: () => boolean = () => false;
  /** Runs when Thread/C is busy waiting. */
  onPause: () => void = () => {};
  /** CPUID leaf 15h: denominator and numerator of the counter's ratio to the crystal, and the crystal's Hz. */
  frequencies: readonly [number, number, number] | undefined;
  /** Runs at a start-up interrupt for the core with this APIC id. */
  onStartup: (apicId: number) => void = () => {};
  private scratchRegister = 0;

  constructor(mebibytes: number) {
    this.memory = new WebAssembly.Memory({ initial: (mebibytes << 20) / PAGE, maximum: 65536, shared: true });
    this.view = new DataView(this.memory.buffer);
  }

  /** What the loader leaves: boot information, and an image directory with no code in it. */
  bootInformation(e820: readonly E820Entry[], applications: readonly string[] = []): number {
    const directory = KERNEL_C_DATA + KERNEL_C_DATA_LIMIT;
    const put = (address: number, value: number): void => this.view.setUint32(address, value, true);
    put(directory + DIRECTORY_MAGIC_AT, IMAGE_DIRECTORY_MAGIC);
    put(directory + DIRECTORY_VERSION_AT, IMAGE_DIRECTORY_VERSION);
    put(directory + DIRECTORY_CONTROL_STACK_AT, CONTROL_STACK);
    put(directory + DIRECTORY_CONTROL_STACK_BYTES_AT, 0xf000);
    put(directory + DIRECTORY_SEGMENT_COUNT_AT, 1);
    put(directory + DIRECTORY_SEGMENTS_AT, directory + DIRECTORY_BYTES);
    put(directory + DIRECTORY_BYTES + SEGMENT_ADDRESS_AT, KERNEL_C_DATA);
    put(directory + DIRECTORY_BYTES + SEGMENT_BYTES_AT, KERNEL_C_DATA_LIMIT + 0x1000);
    put(directory + DIRECTORY_BYTES + SEGMENT_FLAGS_AT, SEGMENT_WRITABLE);
    this.modules(directory, applications);
    put(BOOT_INFO + BOOT_INFO_E820_COUNT_AT, e820.length);
    this.view.setBigUint64(BOOT_INFO + BOOT_INFO_IMAGE_DIRECTORY_AT, BigInt(directory), true);
    this.view.setBigUint64(BOOT_INFO + BOOT_INFO_IMAGE_END_AT, BigInt(directory + 0x1000), true);
    e820.forEach((entry, index) => {
      const at = BOOT_INFO + BOOT_INFO_E820_AT + index * E820_ENTRY_BYTES;
      this.view.setBigUint64(at + E820_BASE_AT, entry.base, true);
      this.view.setBigUint64(at + E820_LENGTH_AT, entry.length, true);
      put(at + E820_TYPE_AT, entry.type);
    });
    return BOOT_INFO;
  }

  private modules(directory: number, applications: readonly string[]): void {
    const records = directory + 0x100;
    let text = records + applications.length * MODULE_BYTES;
    this.view.setUint32(directory + DIRECTORY_MODULE_COUNT_AT, applications.length, true);
    this.view.setUint32(directory + DIRECTORY_MODULES_AT, records, true);
    applications.forEach((name, index) => {
      const module = records + index * MODULE_BYTES;
      this.view.setUint32(module + MODULE_NAME_AT, text, true);
      this.view.setUint32(module + MODULE_KIND_AT, MODULE_APPLICATION, true);
      new Uint8Array(this.memory.buffer).set([...u32(name.length), ...ascii(name)], text);
      text += 4 + name.length;
    });
  }

  /** ACPI tables of a machine with APIC ids 0 to `cores` - 1 in x2APIC mode, and a PM timer. */
  acpi(cores: number): void {
    const madt = [...u32(0), ...u32(1)];
    for (let id = 0; id < cores; id++) madt.push(0, 8, id, id, ...u32(1));
    const fadt = new Array<number>(80).fill(0);
    fadt.splice(76 - 36, 4, ...u32(PM_TIMER_PORT));
    const tables = [this.table(RSDP + 0x100, 'APIC', madt), this.table(RSDP + 0x1000, 'FACP', fadt)];
    const rsdt = this.table(RSDP + 0x40, 'RSDT', tables.flatMap(u32));
    const rsdp = [...ascii('RSD PTR '), 0, ...ascii('FAKE  '), 0, ...u32(rsdt)];
    rsdp[8] = checksum(rsdp);
    new Uint8Array(this.memory.buffer).set(rsdp, RSDP);
    this.msrs.set(MSR_APIC_BASE, 0xfee00d00n | (1n << 10n));
  }

  private table(address: number, signature: string, body: readonly number[]): number {
    const header = [...ascii(signature), ...u32(36 + body.length), 1, 0, ...ascii('FAKE  '), ...ascii('FAKETABL')];
    const bytes = [...header, ...new Array<number>(36 - header.length).fill(0), ...body];
    bytes[9] = checksum(bytes);
    new Uint8Array(this.memory.buffer).set(bytes, address);
    return address;
  }

  private readPort(port: number): number {
    if (port === 0x3ff) return this.scratchRegister;
    if (port === 0x3fd) return 0x20 | (this.input.length > 0 ? 1 : 0);
    if (port === 0x3f8) return this.input.shift() ?? 0;
    if (port === PM_TIMER_PORT) return Number(((this.tsc += 1000n) * 3579545n) / 1_000_000_000n) & 0xffffff;
    if (port === 0x61) return 0x20;
    return 0xff;
  }

  private writePort(port: number, value: number): void {
    this.writes.push(`${port.toString(16)}:${value.toString(16)}`);
    if (port === 0x3ff) this.scratchRegister = value & 0xff;
    else if (port === 0x3f8 && this.serialIsData()) this.serial += String.fromCharCode(value & 0xff);
  }

  /** The divisor latch is reached through the data port while LCR bit 7 is set. */
  private serialIsData(): boolean {
    const lcr = this.writes.findLast((write) => write.startsWith('3fb:'));
    return lcr !== undefined && (Number.parseInt(lcr.slice(4), 16) & 0x80) === 0;
  }

  private cpuid(leaf: number, _subleaf: number, result: number): void {
    for (const [index, value] of this.answer(leaf >>> 0).entries()) {
      this.view.setUint32(result + index * 4, value, true);
    }
  }

  private answer(leaf: number): readonly number[] {
    if (leaf === 0) return [this.frequencies === undefined ? 0x0d : 0x15, 0, 0, 0];
    if (leaf === 0x15) return [...(this.frequencies ?? [0, 0, 0]), 0];
    return [0, 0, leaf === 1 ? 1 << 21 : 0, leaf === 0x80000001 ? (1 << 20) | (1 << 26) : 0];
  }

  private writeMsr(register: number, value: bigint): void {
    this.msrs.set(register, value);
    const startup = register === MSR_X2APIC_ICR && (value & 0x700n) === 0x600n;
    if (startup) this.onStartup(Number(value >> 32n));
  }

  private halt(): never {
    throw new Halted('the machine has halted');
  }

  /** The imports of the module. */
  imports(): WebAssembly.Imports {
    const nothing = (): void => {};
    const readControl = (register: number) => (): bigint => this.control.get(register) ?? 0n;
    const writeControl = (register: number) => (value: bigint) => void this.control.set(register, value);
    const input = (port: number): number => this.readPort(port & 0xffff);
    const output = (port: number, value: number): void => this.writePort(port & 0xffff, value);
    const cpu: Record<string, WebAssembly.ImportValue> = {
      inb: input,
      inw: input,
      inl: input,
      outb: output,
      outw: output,
      outl: output,
      cli: nothing,
      sti: nothing,
      pause: () => this.onPause(),
      hlt: () => this.halt(),
      stiHlt: () => {
        if (this.input.length === 0 && !this.onSleep()) this.halt();
      },
      rdtsc: () => (this.tsc += 100n),
      rdmsr: (register: number) => this.msrs.get(register >>> 0) ?? 0n,
      wrmsr: (register: number, value: bigint) => this.writeMsr(register >>> 0, value),
      cpuid: (leaf: number, subleaf: number, result: number) => this.cpuid(leaf, subleaf, result),
      readCr0: readControl(0),
      readCr2: readControl(2),
      readCr3: readControl(3),
      readCr4: readControl(4),
      writeCr0: writeControl(0),
      writeCr3: writeControl(3),
      writeCr4: writeControl(4),
      copy64: (to: bigint, from: bigint, bytes: bigint) =>
        void new Uint8Array(this.memory.buffer).copyWithin(Number(to), Number(from), Number(from + bytes)),
      fill64: (to: bigint, value: number, bytes: bigint) =>
        void new Uint8Array(this.memory.buffer, Number(to), Number(bytes)).fill(value),
      invlpg: nothing,
      lgdt: nothing,
      lidt: nothing,
      ltr: nothing,
      load8: (address: bigint) => this.view.getUint8(Number(address)),
      load16: (address: bigint) => this.view.getUint16(Number(address), true),
      load32: (address: bigint) => this.view.getUint32(Number(address), true),
      load64: (address: bigint) => this.view.getBigUint64(Number(address), true),
      store8: (address: bigint, value: number) => this.view.setUint8(Number(address), value),
      store16: (address: bigint, value: number) => this.view.setUint16(Number(address), value, true),
      store32: (address: bigint, value: number) => this.view.setUint32(Number(address), value, true),
      store64: (address: bigint, value: bigint) => this.view.setBigUint64(Number(address), value, true),
      framePointer: () => 0n,
      instructionPointer: () => 0n,
      breakpoint: () => this.halt(),
    };
    return { cpu, env: { memory: this.memory } };
  }
}

function u32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

function checksum(bytes: readonly number[]): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}
