/**
 * Guest-physical memory of a machine: RAM and ROM in one linear memory that the cores of the machine share, with the cores' own state beside it.
 *
 * Whatever is not mapped here is the bus's. The first 4 GiB of guest-physical addresses can be mapped.
 */
import { compilerInThisThread } from '../jit/compiler.ts';
import { type RegionCompiler, RegionStore } from '../jit/region-store.ts';
import { HandlerTable } from '../semantics/handler-table.ts';
import * as machine from '../semantics/machine-memory.ts';
import { RECORDS } from '../semantics/state.ts';
import { instantiateRuntime, type Runtime } from './runtime.ts';

const PAGE = 4096;
const WASM_PAGE = 65536;
const MEBIBYTE = 1 << 20;
/** What a linear memory of 4 GiB has room for besides the cores. */
const MAXIMUM_BYTES = 3328 * MEBIBYTE;

export interface PhysicalMemoryOptions {
  /** Bytes of RAM and ROM in all, a multiple of 4096, at most 3.25 GiB. */
  readonly bytes: number;
  /** How many cores will use it. Default 1. */
  readonly cores?: number;
  /** Bytes for decoded instructions of each core. Default 32 MiB: half a million instructions. */
  readonly codeBytes?: number;
  /** What compiles code that runs often; false: all is interpreted. Default: at once, in this thread. */
  readonly jit?: RegionCompiler | false;
  /** How often a branch is taken before what it leads to is compiled: a power of two. Default 1024. */
  readonly hotAfter?: number;
  /** Bytes of WebAssembly that compiled code may have in all. Default 64 MiB. */
  readonly regionBytes?: number;
}

/** A core, as memory calls it. */
export interface MemoryUser {
  busRead(physical: bigint, bytes: number, to: number): void;
  busWrite(physical: bigint, bytes: number, from: number): void;
  watch(linear: bigint, bytes: number, write: boolean): void;
  /** Drops what was decoded from a page, and leaves code that runs. */
  dropCode(page: number): void;
  /** The mapping of guest-physical memory has changed. */
  mappingChanged(): void;
}

export class PhysicalMemory {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly runtime: Runtime;
  readonly handlers: HandlerTable;
  /** Undefined where all is interpreted. */
  readonly regions: RegionStore | undefined;
  /** Bytes of a core's place. */
  readonly coreBytes: number;
  readonly #users = new Map<number, MemoryUser>();
  readonly #table: Uint32Array;
  readonly #firstCore: number;
  readonly #maximumCores: number;
  readonly #end: number;
  #free: number;

  /** @throws RangeError when that much cannot be had */
  constructor(options: PhysicalMemoryOptions) {
    const { bytes, cores = 1, codeBytes = 32 * MEBIBYTE } = options;
    if (!Number.isInteger(bytes) || bytes <= 0 || bytes % PAGE !== 0 || bytes > MAXIMUM_BYTES) {
      throw new RangeError(`bytes is ${bytes}. Give a multiple of 4096 up to 3.25 GiB.`);
    }
    this.coreBytes = CORE_STATE_BYTES + roundUp(codeBytes, WASM_PAGE);
    const map = roundUp(Math.ceil((bytes + cores * this.coreBytes + machine.CODE_MAP) / 120), WASM_PAGE);
    this.#firstCore = machine.CODE_MAP + map;
    this.#maximumCores = cores;
    this.#free = this.#firstCore + cores * this.coreBytes;
    this.#end = roundUp(this.#free + bytes, WASM_PAGE);
    this.memory = new WebAssembly.Memory({ initial: this.#end / WASM_PAGE });
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.#table = new Uint32Array(this.memory.buffer, machine.PHYSICAL, machine.PHYSICAL_PAGES);
    const { runtime, functions } = instantiateRuntime(this.memory, {
      busRead: (core, physical, count, to) => this.#user(core).busRead(physical, count, to),
      busWrite: (core, physical, count, from) => this.#user(core).busWrite(physical, count, from),
      codeWritten: (page) => this.#dropCode(page >>> 0),
      watch: (core, linear, count, write) => this.#user(core).watch(BigInt.asUintN(64, linear), count, write !== 0),
    });
    this.runtime = runtime;
    this.handlers = new HandlerTable({ memory: this.memory, functions, hotAfter: options.hotAfter });
    const { jit = compilerInThisThread, regionBytes = 64 * MEBIBYTE } = options;
    if (jit !== false) this.regions = new RegionStore(this, this.handlers, jit, regionBytes);
  }

  #user(core: number): MemoryUser {
    return this.#users.get(core) as MemoryUser;
  }

  /** Gives a core its place. @throws RangeError when there are as many as the options said */
  addCore(user: MemoryUser): number {
    const core = this.#firstCore + this.#users.size * this.coreBytes;
    if (this.#users.size >= this.#maximumCores) {
      throw new RangeError(
        `This memory was made for ${this.#maximumCores} cores. Give its option cores a larger number.`,
      );
    }
    this.#users.set(core, user);
    return core;
  }

  /** Maps fresh RAM, filled with 0. @returns its bytes */
  mapRam(physical: number, bytes: number): Uint8Array {
    const host = this.#allocate(bytes);
    this.#map(physical, host, bytes, machine.PAGE_READ | machine.PAGE_WRITE);
    return this.bytes.subarray(host, host + bytes);
  }

  /** Maps memory that programs only read; their stores go to the bus. @returns its bytes: the contents, and 0 up to whole pages */
  mapRom(physical: number, contents: Uint8Array): Uint8Array {
    const bytes = roundUp(contents.length, PAGE);
    const host = this.#allocate(bytes);
    this.bytes.set(contents, host);
    this.#map(physical, host, bytes, machine.PAGE_READ);
    return this.bytes.subarray(host, host + bytes);
  }

  /** Maps memory that mapRam or mapRom gave (or a part of it, in whole pages) at another address, or anew with other rights. */
  mapAlias(physical: number, memory: Uint8Array, writable: boolean): void {
    if (memory.buffer !== this.memory.buffer) throw new RangeError('Only memory of this PhysicalMemory can be mapped.');
    const rights = machine.PAGE_READ | (writable ? machine.PAGE_WRITE : 0);
    this.#map(physical, memory.byteOffset, memory.length, rights);
  }

  /** From now on the bus is asked. The bytes stay with whoever mapped them. */
  unmap(physical: number, bytes: number): void {
    this.#map(physical, 0, bytes, 0);
  }

  #allocate(bytes: number): number {
    const host = this.#free;
    if (bytes <= 0 || bytes % PAGE !== 0)
      throw new RangeError(`${bytes} bytes are not mapped: give a multiple of 4096.`);
    if (host + bytes > this.#end) {
      throw new RangeError(`${bytes} bytes are not left: give the option bytes of PhysicalMemory a larger number.`);
    }
    this.#free += bytes;
    return host;
  }

  #map(physical: number, host: number, bytes: number, rights: number): void {
    if (physical % PAGE !== 0 || bytes % PAGE !== 0 || physical < 0 || physical + bytes > 2 ** 32) {
      throw new RangeError(`${bytes} bytes at ${physical.toString(16)}h: whole pages below 4 GiB can be mapped.`);
    }
    const table = this.#table;
    const end = (physical + bytes) / PAGE;
    let entry = rights === 0 ? 0 : host | rights;
    const step = rights === 0 ? 0 : PAGE;
    for (let page = physical / PAGE; page < end; page++) {
      if (((table[page] as number) & machine.PAGE_CODE) !== 0) this.#dropCode(page);
      table[page] = entry;
      entry = (entry + step) | 0;
    }
    for (const user of this.#users.values()) user.mappingChanged();
  }

  /** Host address of a guest-physical byte that may be read, or 0. */
  hostAddress(physical: number): number {
    if (physical >= 2 ** 32) return 0;
    const entry = this.#table[Math.floor(physical / PAGE)] as number;
    return entry === 0 ? 0 : ((entry & ~0xfff) >>> 0) + (physical % PAGE);
  }

  /** Host address of a guest-physical byte that is about to be written, or 0; drops code that was decoded from its page. */
  hostAddressForWrite(physical: number): number {
    if (physical >= 2 ** 32) return 0;
    const page = Math.floor(physical / PAGE);
    const entry = this.#table[page] as number;
    if ((entry & machine.PAGE_WRITE) === 0) return 0;
    if ((entry & machine.PAGE_CODE) !== 0) this.#dropCode(page);
    return ((entry & ~0xfff) >>> 0) + (physical % PAGE);
  }

  /** Copies out of guest-physical memory, as DMA does. @returns false where some of it is not mapped: those bytes are all ones */
  read(physical: number, to: Uint8Array): boolean {
    let complete = true;
    for (const [offset, length] of piecesOf(physical, to.length)) {
      const host = this.hostAddress(physical + offset);
      if (host === 0) to.fill(0xff, offset, offset + length);
      else to.set(this.bytes.subarray(host, host + length), offset);
      complete &&= host !== 0;
    }
    return complete;
  }

  /** Copies into guest-physical memory, as DMA does: decoded code that it hits is dropped. @returns false where some of it is no RAM */
  write(physical: number, from: Uint8Array): boolean {
    let complete = true;
    for (const [offset, length] of piecesOf(physical, from.length)) {
      const host = this.hostAddressForWrite(physical + offset);
      if (host !== 0) this.bytes.set(from.subarray(offset, offset + length), host);
      complete &&= host !== 0;
    }
    return complete;
  }

  /** Notes that a core has decoded these bytes, all on one page: stores to them drop the code from now on. */
  markCode(physical: number, bytes: number): void {
    const page = Math.floor(physical / PAGE);
    const entry = this.#table[page] as number;
    const host = ((entry & ~0xfff) >>> 0) + (physical % PAGE);
    const last = (host + bytes - 1) >>> machine.CODE_GRANULE_BITS;
    for (let granule = host >>> machine.CODE_GRANULE_BITS; granule <= last; granule++) {
      const at = machine.CODE_MAP + (granule >>> 3);
      this.bytes[at] = (this.bytes[at] as number) | (1 << (granule & 7));
    }
    if ((entry & machine.PAGE_CODE) !== 0) return;
    this.#table[page] = entry | machine.PAGE_CODE;
    for (const core of this.#users.keys()) this.runtime.protectPage(core, entry & ~0xfff);
  }

  #dropCode(page: number): void {
    const entry = this.#table[page] as number;
    this.#table[page] = entry & ~machine.PAGE_CODE;
    const first = machine.CODE_MAP + (((entry & ~0xfff) >>> 0) >>> (machine.CODE_GRANULE_BITS + 3));
    this.bytes.fill(0, first, first + (PAGE >>> (machine.CODE_GRANULE_BITS + 3)));
    this.regions?.dropPage(page);
    for (const user of this.#users.values()) user.dropCode(page);
  }
}

/** State of a core in front of its records. */
const CORE_STATE_BYTES = RECORDS;

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/** Parts of a range that lie on one page each: offset in the range, and length. */
function* piecesOf(physical: number, length: number): Generator<[number, number]> {
  for (let offset = 0; offset < length; ) {
    const piece = Math.min(length - offset, PAGE - ((physical + offset) % PAGE));
    yield [offset, piece];
    offset += piece;
  }
}
