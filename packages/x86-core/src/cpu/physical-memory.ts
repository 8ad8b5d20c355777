/**
 * Guest-physical memory of a machine: RAM and ROM in one linear memory that the cores of the machine share, with the cores' own state beside it.
 *
 * Whatever is not mapped here is the bus's. The first 4 GiB of guest-physical addresses can be mapped.
 *
 * Several threads can have it, each with an object of its own: one makes it `shared`, the others `attach` to its `place`. One of them maps.
 */
import { compilerInThisThread } from '../jit/compiler.ts';
import type { CompileEnvironment } from '../jit/compile.ts';
import { type RegionCompiler, RegionStore } from '../jit/region-store.ts';
import { HandlerTable } from '../semantics/handler-table.ts';
import * as machine from '../semantics/machine-memory.ts';
import { HAZARD_BUS_MASTER, HAZARD_TYPESCRIPT, HAZARDS, MAIL_PARKED, MAIL_REMAPPED } from '../semantics/mailbox.ts';
import { RECORDS } from '../semantics/state.ts';
import { instantiateRuntime, type Runtime, type RuntimeImports } from './runtime.ts';
import type { CoreLink } from './shared/core-link.ts';
import { Exchange } from './shared/exchange.ts';
import { PageMarks } from './shared/page-marks.ts';

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
  /** How often a branch is taken before what it leads to is compiled: a power of two. Default 32768. */
  readonly hotAfter?: number;
  /** Bytes of WebAssembly that compiled code may have in all. Default 64 MiB. */
  readonly regionBytes?: number;
  /** For cores on threads of their own: a shared memory. Needs SharedArrayBuffer. Default false. */
  readonly shared?: boolean;
  /** Loads and stores keep x86's order on hosts that do not: slower. Default false. */
  readonly ordered?: boolean;
}

/** A shared memory, for another thread: it can be posted to one. */
export interface SharedMemoryPlace {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly ordered: boolean;
}

interface AttachOptions extends Pick<PhysicalMemoryOptions, 'jit' | 'hotAfter' | 'regionBytes'> {
  readonly place: SharedMemoryPlace;
  readonly core: number | undefined;
}

interface MemoryLayout {
  readonly firstCore: number;
  /** Bytes of a core's place. */
  readonly coreBytes: number;
  readonly cores: number;
  /** Where guest memory is, in bytes of linear memory. */
  readonly first: number;
  readonly end: number;
}

/** A core, as memory calls it. */
export interface MemoryUser {
  busRead(physical: bigint, bytes: number, to: number): void;
  busWrite(physical: bigint, bytes: number, from: number): void;
  watch(linear: bigint, bytes: number, write: boolean): void;
  /** Drops what was decoded from a page, and leaves code that runs. */
  dropCode(page: number): void;
  lockBus(): void;
  unlockBus(): void;
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
  /** What other threads need to attach, where it is shared. */
  readonly place: SharedMemoryPlace | undefined;
  /** The threads that share it. */
  readonly exchange: Exchange | undefined;
  readonly marks: PageMarks | undefined;
  readonly #users = new Map<number, MemoryUser>();
  readonly #table: Uint32Array;
  readonly #halves: Uint16Array;
  readonly #wholes: Uint32Array;
  readonly #layout: MemoryLayout;
  #free: number;
  #drops = 0;
  /** Of the core whose instructions this thread carries out. */
  #link: CoreLink | undefined;

  /** @throws RangeError when that much cannot be had */
  constructor(options: PhysicalMemoryOptions | AttachOptions) {
    const isAttached = 'place' in options;
    const layout = isAttached ? options.place.layout : layoutOf(options);
    const isShared = isAttached || options.shared === true;
    const ordered = (isAttached ? options.place.ordered : options.ordered) ?? false;
    this.#layout = layout;
    this.coreBytes = layout.coreBytes;
    this.#free = layout.first;
    const pages = layout.end / WASM_PAGE;
    if (isAttached) this.memory = options.place.memory;
    else if (isShared) this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    else this.memory = new WebAssembly.Memory({ initial: pages });
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.#halves = new Uint16Array(this.memory.buffer);
    this.#wholes = new Uint32Array(this.memory.buffer);
    this.#table = new Uint32Array(this.memory.buffer, machine.PHYSICAL, machine.PHYSICAL_PAGES);
    const imports: RuntimeImports = {
      busRead: (core, physical, count, to) => this.#user(core).busRead(physical, count, to),
      busWrite: (core, physical, count, from) => this.#user(core).busWrite(physical, count, from),
      codeWritten: (page) => this.#dropCode(page >>> 0),
      lockBus: (core) => this.#user(core).lockBus(),
      unlockBus: (core) => this.#user(core).unlockBus(),
      watch: (core, linear, count, write) => this.#user(core).watch(BigInt.asUintN(64, linear), count, write !== 0),
    };
    const sharedMaximum = isShared ? pages : undefined;
    const { runtime, functions } = instantiateRuntime(this.memory, imports, sharedMaximum);
    this.runtime = runtime;
    const { hotAfter, regionBytes = 64 * MEBIBYTE } = options;
    this.handlers = new HandlerTable({ memory: this.memory, functions, sharedMaximum, ordered, hotAfter });
    const { jit = compilerInThisThread } = options;
    const environment: CompileEnvironment = { sharedMaximum, ordered, guestStart: layout.first };
    if (jit !== false) this.regions = new RegionStore(this, this.handlers, jit, environment, regionBytes);
    if (!isShared) return;
    this.place = { memory: this.memory, layout, ordered };
    const words = new Int32Array(this.memory.buffer);
    const bases = Array.from({ length: layout.cores }, (_, core) => layout.firstCore + core * layout.coreBytes);
    this.exchange = new Exchange(words, bases, isAttached ? options.core : undefined);
    this.marks = new PageMarks(this.exchange, this.bytes, this.#table);
    if (!isAttached) for (const core of this.exchange.cores) core.store(MAIL_PARKED, 1);
  }

  /**
   * Gives this thread a shared memory that another one has made.
   * @param core the core that this thread will run; undefined: none
   */
  static attach(
    place: SharedMemoryPlace,
    core?: number,
    options: Pick<PhysicalMemoryOptions, 'jit' | 'hotAfter' | 'regionBytes'> = {},
  ): PhysicalMemory {
    return new PhysicalMemory({ ...options, place, core });
  }

  #user(core: number): MemoryUser {
    return this.#users.get(core) as MemoryUser;
  }

  /** Gives a core its place: the next, or that of its number. @throws RangeError when there are as many as the options said */
  addCore(user: MemoryUser, number: number = this.#users.size): number {
    const { firstCore, coreBytes, cores } = this.#layout;
    const core = firstCore + number * coreBytes;
    if (number >= cores) {
      throw new RangeError(`This memory was made for ${cores} cores. Give its option cores a larger number.`);
    }
    this.#users.set(core, user);
    return core;
  }

  /** Whose instructions this thread carries out. */
  set link(link: CoreLink) {
    this.#link = link;
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
    if (host + bytes > this.#layout.end) {
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
      Atomics.store(table, page, entry);
      entry = (entry + step) | 0;
    }
    for (const user of this.#users.values()) user.mappingChanged();
    const { exchange } = this;
    if (exchange === undefined) return;
    for (const [number, core] of exchange.cores.entries()) if (number !== exchange.own) core.post(MAIL_REMAPPED);
  }

  /** Host address of a guest-physical byte that may be read, or 0. */
  hostAddress(physical: number): number {
    if (physical >= 2 ** 32) return 0;
    const entry = this.#table[Math.floor(physical / PAGE)] as number;
    return entry === 0 ? 0 : ((entry & ~0xfff) >>> 0) + (physical % PAGE);
  }

  /** Host address of a guest-physical byte that is about to be written, or 0; drops code that was decoded from its page. */
  hostAddressForWrite(physical: number): number {
    return this.#beforeWrite(physical, HAZARD_TYPESCRIPT);
  }

  #beforeWrite(physical: number, hazard: number): number {
    if (physical >= 2 ** 32) return 0;
    const page = Math.floor(physical / PAGE);
    let entry = this.#table[page] as number;
    if ((entry & machine.PAGE_WRITE) === 0) return 0;
    const host = ((entry & ~0xfff) >>> 0) + (physical % PAGE);
    if (this.exchange !== undefined) {
      this.#publishHazard(this.exchange, hazard, host, entry);
      entry = Atomics.load(this.#table, page);
    }
    if ((entry & machine.PAGE_CODE) !== 0) this.#dropCode(page);
    return host;
  }

  /** The host's thread answers nobody, so that others wait until its hazard is over. What it does as a core it does while all are parked. */
  #publishHazard({ own, host: ofHost, cores }: Exchange, hazard: number, host: number, entry: number): void {
    const value = Math.floor(host / PAGE) + 1;
    if (own === undefined && hazard === HAZARD_BUS_MASTER) ofHost.store(HAZARDS + 4 * hazard, value);
    else if (own !== undefined && (entry & machine.PAGE_CODE) !== 0) cores[own]?.store(HAZARDS + 4 * hazard, value);
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
      const host = this.#beforeWrite(physical + offset, HAZARD_BUS_MASTER);
      if (host !== 0) this.bytes.set(from.subarray(offset, offset + length), host);
      this.#afterWrite();
      complete &&= host !== 0;
    }
    return complete;
  }

  #afterWrite(): void {
    const { exchange } = this;
    if (exchange !== undefined && exchange.own === undefined) exchange.host.store(HAZARDS + 4 * HAZARD_BUS_MASTER, 0);
  }

  /** One value at an aligned address, in one access that is ordered with those of all cores. @returns undefined where nothing is mapped */
  load(physical: number, bytes: 1 | 2 | 4): number | undefined {
    const host = this.hostAddress(physical);
    return host === 0 ? undefined : Atomics.load(this.#wordsOf(bytes), host / bytes);
  }

  /** @returns false where no RAM is */
  store(physical: number, bytes: 1 | 2 | 4, value: number): boolean {
    const host = this.#beforeWrite(physical, HAZARD_BUS_MASTER);
    if (host !== 0) Atomics.store(this.#wordsOf(bytes), host / bytes, value);
    this.#afterWrite();
    return host !== 0;
  }

  #wordsOf(bytes: 1 | 2 | 4): Uint8Array | Uint16Array | Uint32Array {
    if (bytes === 1) return this.bytes;
    return bytes === 2 ? this.#halves : this.#wholes;
  }

  /**
   * Notes that a core is about to decode these bytes, all on one page: stores to them drop the code from now on.
   * @param link of the core, where other threads store to this memory too. Default: that of this thread's
   */
  markCode(physical: number, bytes: number, link: CoreLink | undefined = this.#link): void {
    const page = Math.floor(physical / PAGE);
    const entry = this.#table[page] as number;
    const host = ((entry & ~0xfff) >>> 0) + (physical % PAGE);
    if (link !== undefined) {
      this.marks?.markCode(link, page, host, bytes);
      return;
    }
    const last = (host + bytes - 1) >>> machine.CODE_GRANULE_BITS;
    for (let granule = host >>> machine.CODE_GRANULE_BITS; granule <= last; granule++) {
      const at = machine.CODE_MAP + (granule >>> 3);
      this.bytes[at] = (this.bytes[at] as number) | (1 << (granule & 7));
    }
    if ((entry & machine.PAGE_CODE) !== 0) return;
    this.#table[page] = entry | machine.PAGE_CODE;
    for (const core of this.#users.keys()) this.runtime.protectPage(core, entry & ~0xfff);
  }

  /** How often code of a page was dropped. */
  get drops(): number {
    return this.#drops;
  }

  /** Drops a page's code in this thread alone: others have been told, or have told this one. */
  dropHere(page: number): void {
    this.#drops++;
    this.regions?.dropPage(page);
    for (const user of this.#users.values()) user.dropCode(page);
  }

  /** Code of pages that are not known. The cores drop their blocks themselves. */
  dropAllRegions(): void {
    this.#drops++;
    this.regions?.dropAll();
  }

  #dropCode(page: number): void {
    if (this.marks !== undefined) this.marks.clearCode(page);
    else {
      const entry = this.#table[page] as number;
      this.#table[page] = entry & ~machine.PAGE_CODE;
      const first = machine.CODE_MAP + (((entry & ~0xfff) >>> 0) >>> (machine.CODE_GRANULE_BITS + 3));
      this.bytes.fill(0, first, first + (PAGE >>> (machine.CODE_GRANULE_BITS + 3)));
    }
    this.dropHere(page);
  }
}

/** @throws RangeError when that much cannot be had */
function layoutOf({ bytes, cores = 1, codeBytes = 32 * MEBIBYTE }: PhysicalMemoryOptions): MemoryLayout {
  if (!Number.isInteger(bytes) || bytes <= 0 || bytes % PAGE !== 0 || bytes > MAXIMUM_BYTES) {
    throw new RangeError(`bytes is ${bytes}. Give a multiple of 4096 up to 3.25 GiB.`);
  }
  const coreBytes = CORE_STATE_BYTES + roundUp(codeBytes, WASM_PAGE);
  const map = roundUp(Math.ceil((bytes + cores * coreBytes + machine.CODE_MAP) / 120), WASM_PAGE);
  const firstCore = machine.CODE_MAP + map;
  const first = firstCore + cores * coreBytes;
  return { firstCore, coreBytes, cores, first, end: roundUp(first + bytes, WASM_PAGE) };
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
