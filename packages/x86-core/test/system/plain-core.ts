/** A core of plain objects: registers, a megabyte of memory without paging, a bus that records. What src/system needs, and nothing that runs code. */
import {
  CodeBuffer,
  decode,
  encode,
  type Instruction,
  type Mode,
  type Operand,
  type PrefixedMnemonic,
} from '../../src/index.ts';
import {
  type CoreContext,
  CpuFault,
  executeAssist,
  type MemoryBytes,
  reset,
  serveEvents,
  type SegmentNumber,
  type SegmentRegister,
  type SystemCallMsrs,
  type SystemOptions,
  SystemState,
  type TableRegister,
  type X87State,
} from '../../src/system/index.ts';
import type { InterruptMessage } from '../../src/apic/interrupt-message.ts';

const MEMORY = 0x10_0000;

export class PlainCore implements CoreContext {
  readonly memory: Uint8Array = new Uint8Array(MEMORY);
  readonly #view = new DataView(this.memory.buffer);
  readonly #segments: SegmentRegister[] = Array.from({ length: 8 }, () => ({
    selector: 0,
    base: 0n,
    limit: 0,
    attributes: 0,
  }));
  readonly gpr: BigUint64Array = new BigUint64Array(16);
  rip = 0n;
  rflags = 2;
  cpl = 0;
  gdtr: TableRegister = { base: 0n, limit: 0 };
  idtr: TableRegister = { base: 0n, limit: 0 };
  cr0 = 0;
  cr2 = 0n;
  cr3 = 0n;
  cr4 = 0;
  efer = 0;
  xcr0 = 1;
  pkru = 0;
  readonly pdptes: BigUint64Array = new BigUint64Array(4);
  readonly debug: BigUint64Array = new BigUint64Array(8);
  mxcsr = 0x1f80;
  readonly vectors: Uint8Array = new Uint8Array(512);
  readonly x87: X87State = {
    registers: new Uint8Array(128),
    controlWord: 0x37f,
    statusWord: 0,
    top: 0,
    emptyTags: 0xff,
    instructionPointer: 0n,
    codeSelector: 0,
    dataPointer: 0n,
    dataSelector: 0,
    opcode: 0,
  };
  readonly msr: SystemCallMsrs = {
    kernelGsBase: 0n,
    star: 0n,
    lstar: 0n,
    cstar: 0n,
    sfmask: 0n,
    tscAux: 0n,
    sysenterCs: 0n,
    sysenterEsp: 0n,
    sysenterEip: 0n,
  };
  /** Pages that fault on any access, by page number. */
  readonly absent: Set<number> = new Set();
  readonly flushed: (string | bigint)[] = [];
  readonly sent: InterruptMessage[] = [];
  readonly unknownMsrs: string[] = [];
  readonly ports: string[] = [];
  portValue = 0;
  time = 0n;
  shutdowns = 0;
  externalVector = 0x30;
  #inhibit: bigint | undefined;
  readonly system: SystemState;

  constructor(options: SystemOptions = {}) {
    this.system = new SystemState(
      {
        now: () => this.time,
        sendInterrupt: (message) => void this.sent.push(message),
        endOfInterrupt: () => undefined,
        notify: () => undefined,
      },
      options,
    );
    reset(this);
  }

  readonly bus: CoreContext['bus'] = {
    readPort: (port, bytes) => {
      this.ports.push(`in ${port.toString(16)} ${bytes}`);
      return this.portValue++;
    },
    writePort: (port, bytes, value) => void this.ports.push(`out ${port.toString(16)} ${bytes} ${value.toString(16)}`),
    acknowledgeInterrupt: () => this.externalVector,
  };

  readonly events: CoreContext['events'] = {
    unknownMsr: ({ address, access }) => void this.unknownMsrs.push(`${access} ${address.toString(16)}`),
    shutdown: () => {
      this.shutdowns++;
    },
  };

  segment(number: SegmentNumber): SegmentRegister {
    return this.#segments[number] as SegmentRegister;
  }

  segmentAttributes(number: SegmentNumber): number {
    return this.segment(number).attributes;
  }

  deliverUsual(): boolean {
    return false;
  }

  returnUsual(): boolean {
    return false;
  }

  setSegment(number: SegmentNumber, value: SegmentRegister): void {
    this.#segments[number] = value;
  }

  #place(address: bigint, length: number, write: boolean): number {
    for (let at = address; at < address + BigInt(length); at++) {
      const page = Number(at >> 12n);
      if (this.absent.has(page)) throw new CpuFault(14, (write ? 2 : 0) | (this.cpl === 3 ? 4 : 0), at);
    }
    if (address + BigInt(length) > BigInt(MEMORY)) throw new Error(`Outside of memory: ${address.toString(16)}`);
    return Number(address);
  }

  read(address: bigint, bytes: MemoryBytes): bigint {
    const at = this.#place(address, bytes, false);
    let value = 0n;
    for (let byte = bytes - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(this.#view.getUint8(at + byte));
    return value;
  }

  write(address: bigint, bytes: MemoryBytes, value: bigint): void {
    const at = this.#place(address, bytes, true);
    for (let byte = 0; byte < bytes; byte++)
      this.#view.setUint8(at + byte, Number((value >> BigInt(byte * 8)) & 0xffn));
  }

  readBytes(address: bigint, length: number): Uint8Array {
    const at = this.#place(address, length, false);
    return this.memory.subarray(at, at + length);
  }

  writeBytes(address: bigint, bytes: Uint8Array): void {
    this.memory.set(bytes, this.#place(address, bytes.length, true));
  }

  checkWrite(address: bigint, length: number): void {
    this.#place(address, length, true);
  }

  readPhysical(address: bigint, bytes: MemoryBytes): bigint {
    return this.read(address, bytes);
  }

  flushTlb(scope: string | bigint): void {
    this.flushed.push(scope);
  }

  inhibitNext(): void {
    this.#inhibit = this.rip;
  }

  get inhibited(): boolean {
    return this.#inhibit === this.rip;
  }

  now(): bigint {
    return this.time;
  }

  random(): bigint {
    return 0x0123_4567_89ab_cdefn;
  }

  /** Carries out one instruction at RIP. */
  do(mode: Mode, mnemonic: PrefixedMnemonic, ...operands: Operand[]): boolean {
    const out = new CodeBuffer();
    encode(mode, mnemonic, operands, out);
    return this.doBytes(mode, out.toBytes());
  }

  doBytes(mode: Mode, bytes: Uint8Array): boolean {
    const decoded = decode(mode, bytes);
    if (decoded.kind === 'failure') throw new Error(`Not an instruction: ${decoded.reason}`);
    return executeAssist(this, decoded satisfies Instruction);
  }

  /** Takes one event, if there is one. */
  deliverPending(): boolean {
    return serveEvents(this);
  }

  poke(address: number, value: bigint, bytes: MemoryBytes = 8): void {
    this.write(BigInt(address), bytes, value);
  }

  peek(address: number, bytes: MemoryBytes = 4): number {
    return Number(this.read(BigInt(address), bytes));
  }
}
