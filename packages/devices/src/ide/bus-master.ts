/** The bus master of an IDE channel: moves a drive's data along a list of physical regions. SFF-8038i 1.0, chapters 1 and 3. */
import { byteWidePorts } from '../byte-wide.ts';
import type { GuestMemory, PortWindow } from '../device.ts';
import type { IdeChannel } from './ide-channel.ts';
import type { IdeDrive } from './ide-drive.ts';

const COMMAND = 0;
const STATUS = 2;
const TABLE = 4;
const START = 0x01;
/** Direction: the bus master writes to memory. */
const TO_MEMORY = 0x08;
const ACTIVE = 0x01;
const ERROR = 0x02;
const INTERRUPT = 0x04;
const DRIVES_CAPABLE = 0x60;
const END_OF_TABLE = 0x80000000;
const ENTRY_BYTES = 8;
/** A table does not cross a 64 KiB boundary. */
const MAXIMUM_ENTRIES = 0x10000 / ENTRY_BYTES;

export interface BusMasterState {
  command: number;
  status: number;
  table: number;
}

interface PhysicalRegion {
  address: number;
  bytes: number;
}

export class BusMaster {
  /** Eight ports. */
  readonly ports: PortWindow;
  readonly #channel: IdeChannel;
  readonly #memory: GuestMemory;
  #state: BusMasterState = { command: 0, status: 0, table: 0 };
  /** The drive whose data is moved. */
  #moving: IdeDrive | undefined;
  #lastInterrupt = false;

  constructor(channel: IdeChannel, memory: GuestMemory) {
    this.#channel = channel;
    this.#memory = memory;
    channel.changed = () => this.#follow();
    this.ports = byteWidePorts({
      readByte: (offset) => this.#read(offset),
      writeByte: (offset, value) => this.#write(offset, value),
    });
  }

  reset(): void {
    this.#state = { command: 0, status: 0, table: 0 };
    this.#moving = undefined;
  }

  save(): BusMasterState {
    return { ...this.#state };
  }

  restore(state: BusMasterState): void {
    this.#state = { ...state };
    this.#moving = undefined;
    this.#follow();
  }

  #read(offset: number): number {
    if (offset === COMMAND) return this.#state.command;
    if (offset === STATUS) return this.#state.status;
    return offset >= TABLE ? (this.#state.table >>> (8 * (offset - TABLE))) & 0xff : 0;
  }

  #write(offset: number, value: number): void {
    const state = this.#state;
    if (offset === COMMAND) {
      state.command = value & (START | TO_MEMORY);
      if ((value & START) === 0) state.status &= ~ACTIVE;
      else state.status |= ACTIVE;
      this.#follow();
    } else if (offset === STATUS) {
      state.status = (state.status & ~(value & (ERROR | INTERRUPT)) & ~DRIVES_CAPABLE) | (value & DRIVES_CAPABLE);
    } else if (offset >= TABLE) {
      const shift = 8 * (offset - TABLE);
      state.table = ((state.table & ~(0xff << shift)) | (value << shift)) & ~3;
    }
  }

  /** The channel has changed: notes an interrupt, and starts a transfer when both sides are ready. */
  #follow(): void {
    const drive = this.#channel.drive;
    const interrupt = drive?.state.interrupt === true;
    if (interrupt && !this.#lastInterrupt) this.#state.status |= INTERRUPT;
    this.#lastInterrupt = interrupt;
    // A drive that has failed, or was reset, no longer asks for anything.
    if (this.#moving?.state.dma === 'none') this.#moving = undefined;
    if (drive === undefined || this.#moving !== undefined || (this.#state.status & ACTIVE) === 0) return;
    const wanted = (this.#state.command & TO_MEMORY) !== 0 ? 'toMemory' : 'fromMemory';
    if (drive.state.dma !== wanted) return;
    this.#moving = drive;
    const regions = this.#regions();
    if (wanted === 'toMemory') this.#toMemory(drive, regions);
    else this.#fromMemory(drive, regions);
  }

  #regions(): PhysicalRegion[] {
    const regions: PhysicalRegion[] = [];
    for (let i = 0; i < MAXIMUM_ENTRIES; i++) {
      const at = (this.#state.table >>> 0) + i * ENTRY_BYTES;
      const flags = this.#memory.load(at + 4, 4);
      const bytes = flags & 0xfffe || 0x10000;
      regions.push({ address: this.#memory.load(at, 4) & ~1, bytes });
      if ((flags & END_OF_TABLE) !== 0) break;
    }
    return regions;
  }

  #toMemory(drive: IdeDrive, regions: PhysicalRegion[]): void {
    drive.dmaRead((data) => {
      if (data === undefined) return this.#end(regions);
      const moved = walk(regions, data.length, (address, from, to) =>
        this.#memory.write(address, data.subarray(from, to)),
      );
      return moved ? this.#toMemory(drive, regions) : this.#tooShort();
    });
  }

  #fromMemory(drive: IdeDrive, regions: PhysicalRegion[]): void {
    const bytes = drive.dmaWanted();
    if (bytes === 0) {
      this.#end(regions);
      return;
    }
    const data = new Uint8Array(bytes);
    const moved = walk(regions, bytes, (address, from, to) => this.#memory.read(address, data.subarray(from, to)));
    if (!moved) this.#tooShort();
    else drive.dmaWrite(data, () => this.#fromMemory(drive, regions));
  }

  /** Active stays set while the table describes more than the drive had (1.2). */
  #end(regions: readonly PhysicalRegion[]): void {
    this.#moving = undefined;
    if (regions.every(({ bytes }) => bytes === 0)) this.#state.status &= ~ACTIVE;
  }

  /** The table describes less than the drive has: the transfer stops, and software finds it by its timeout (1.2). */
  #tooShort(): void {
    this.#moving = undefined;
    this.#state.status &= ~ACTIVE;
  }
}

/** Goes over the next `bytes` of the regions and consumes them. @returns false when the regions end before */
function walk(
  regions: PhysicalRegion[],
  bytes: number,
  move: (address: number, from: number, to: number) => void,
): boolean {
  let done = 0;
  for (const region of regions) {
    if (done === bytes) break;
    const part = Math.min(region.bytes, bytes - done);
    if (part === 0) continue;
    move(region.address >>> 0, done, done + part);
    region.address += part;
    region.bytes -= part;
    done += part;
  }
  return done === bytes;
}
