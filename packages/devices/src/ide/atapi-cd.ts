/** An ATAPI CD-ROM drive. ATA/ATAPI-6, 9.8; MMC-4 (T10/1545-D) and SPC-3 for the packets. */
import { type Disk, SECTOR_BYTES } from '../disk/disk.ts';
import type { UnknownRegisters } from '../unknown-registers.ts';
import { ABRT, DRDY, DRQ, DSC, IdeDrive } from './ide-drive.ts';
import { identifyCd } from './identify.ts';

const BLOCK_BYTES = 2048;
const BLOCK_SECTORS = BLOCK_BYTES / SECTOR_BYTES;
const CHUNK_BLOCKS = 32;
const PACKET_BYTES = 12;
/** Interrupt reason, in the count register. */
const COMMAND_NOT_DATA = 0x01;
const TO_HOST = 0x02;
const DMA = 0x01;
const SENSE_NOT_READY = 0x02;
const SENSE_ILLEGAL = 0x05;
const NO_MEDIUM = 0x3a;
const INVALID_OPERATION = 0x20;
const OUT_OF_RANGE = 0x21;
const INVALID_FIELD = 0x24;

export class AtapiCd extends IdeDrive {
  protected override readonly signature = [0x14, 0xeb] as const;
  readonly #disk: Disk | undefined;
  readonly #serial: string;
  readonly #unknown: UnknownRegisters;

  constructor(disk: Disk | undefined, serial: string, unknown: UnknownRegisters) {
    super();
    this.#disk = disk;
    this.#serial = serial;
    this.#unknown = unknown;
  }

  get #blocks(): number {
    return Math.floor((this.#disk?.sectors ?? 0) / BLOCK_SECTORS);
  }

  execute(command: number): void {
    const { state } = this;
    state.command = command;
    state.error = 0;
    if (command === 0xa0) {
      state.packet = [];
      state.buffer = new Uint8Array(PACKET_BYTES);
      state.position = 0;
      state.count = [COMMAND_NOT_DATA, 0];
      this.request('out', PACKET_BYTES, false);
    } else if (command === 0xa1) this.send(identifyCd(this.#serial));
    else if (command === 0x08) {
      this.reset();
    } else if (command === 0xef || command === 0xe1 || command === 0xe5) this.complete();
    else {
      // IDENTIFY DEVICE and READ SECTORS abort with the signature in the registers (9.12).
      if (command === 0xec || command === 0x20) {
        state.lbaMid = [this.signature[0], 0];
        state.lbaHigh = [this.signature[1], 0];
      } else this.#unknown.write(`ATAPI drive's command ${command.toString(16).toUpperCase()}h`);
      this.fail(ABRT);
    }
  }

  protected override blockWritten(): void {
    const { state } = this;
    state.packet = [...state.buffer];
    // The byte count limit is kept behind the registers, which say for each block how long it is.
    state.lbaMid = [state.lbaMid[0], state.lbaMid[0]];
    state.lbaHigh = [state.lbaHigh[0], state.lbaHigh[0]];
    this.#packet(state.packet);
  }

  #packet(packet: readonly number[]): void {
    const operation = packet[0] as number;
    const at = (index: number, bytes: number): number => {
      let value = 0;
      for (let i = 0; i < bytes; i++) value = value * 256 + (packet[index + i] as number);
      return value;
    };
    const needsMedium = [0x00, 0x25, 0x28, 0xa8, 0x43, 0x51].includes(operation);
    if (needsMedium && this.#disk === undefined) return this.#check(SENSE_NOT_READY, NO_MEDIUM);
    switch (operation) {
      case 0x00: // TEST UNIT READY
      case 0x1b: // START STOP UNIT
      case 0x1e: // PREVENT ALLOW MEDIUM REMOVAL
        return this.#done();
      case 0x03:
        return this.#answer(this.#senseData(), at(4, 1));
      case 0x12:
        return this.#answer(inquiry(), at(3, 2));
      case 0x25:
        return this.#answer([...big(this.#blocks - 1, 4), ...big(BLOCK_BYTES, 4)], 8);
      case 0x28:
        return this.#read(at(2, 4), at(7, 2));
      case 0xa8:
        return this.#read(at(2, 4), at(6, 4));
      case 0x43:
        return this.#tableOfContents(at(9, 1) >> 6 || at(2, 1) & 15, (at(1, 1) & 2) !== 0, at(7, 2));
      case 0x46:
        return this.#answer([...big(8, 4), 0, 0, 0, this.#disk === undefined ? 0 : 8], at(7, 2));
      case 0x4a:
        return this.#answer([0, 6, 4, 0x10, 0, this.#disk === undefined ? 0 : 2, 0, 0], at(7, 2));
      case 0x5a:
        return this.#modeSense(at(2, 1) & 0x3f, at(7, 2));
      default:
        this.#unknown.write(`packet ${operation.toString(16).toUpperCase()}h`);
        return this.#check(SENSE_ILLEGAL, INVALID_OPERATION);
    }
  }

  #done(): void {
    this.state.sense = [0, 0];
    this.state.count = [COMMAND_NOT_DATA | TO_HOST, 0];
    this.complete();
  }

  #check(key: number, code: number): void {
    this.state.sense = [key, code];
    this.state.count = [COMMAND_NOT_DATA | TO_HOST, 0];
    this.fail((key << 4) | ABRT);
  }

  /** Data in one piece, cut to what the host allows. */
  #answer(data: readonly number[], allowed: number): void {
    const bytes = Uint8Array.from(data.slice(0, allowed));
    if (bytes.length === 0) return this.#done();
    this.state.sense = [0, 0];
    this.state.remaining = 0;
    this.#give(bytes);
    return undefined;
  }

  /** By DMA, or through the data register in blocks of at most the byte count limit. */
  #give(bytes: Uint8Array): void {
    const { state } = this;
    state.buffer = bytes;
    state.position = 0;
    if ((state.features & DMA) !== 0) {
      state.dma = 'toMemory';
      state.status = DRDY | DSC | DRQ;
      this.changed();
    } else this.#giveBlock();
  }

  #giveBlock(): void {
    const { state } = this;
    const limit = (state.lbaMid[1] + state.lbaHigh[1] * 256) & 0xfffe || 0xfffe;
    const bytes = Math.min(state.buffer.length - state.position, limit);
    state.lbaMid[0] = bytes & 0xff;
    state.lbaHigh[0] = bytes >> 8;
    state.count = [TO_HOST, 0];
    this.request('in', state.position + bytes, true);
  }

  #read(block: number, count: number): void {
    const { state } = this;
    if (count === 0) return this.#done();
    if (block + count > this.#blocks) return this.#check(SENSE_ILLEGAL, OUT_OF_RANGE);
    state.sense = [0, 0];
    state.sector = block;
    state.remaining = count;
    return this.#fetch();
  }

  #fetch(): void {
    const { state } = this;
    const count = Math.min(state.remaining, CHUNK_BLOCKS);
    const data = new Uint8Array(count * BLOCK_BYTES);
    this.run(
      () => this.#disk?.read(state.sector * BLOCK_SECTORS, data),
      () => {
        state.sector += count;
        state.remaining -= count;
        this.#give(data);
      },
    );
  }

  protected override blockRead(): void {
    const { state } = this;
    if (state.command !== 0xa0) return;
    if (state.position < state.buffer.length) this.#giveBlock();
    else if (state.remaining > 0) this.#fetch();
    else this.#done();
  }

  dmaRead(done: (data: Uint8Array | undefined) => void): void {
    const { state } = this;
    const { buffer } = state;
    if (buffer.length > 0) {
      state.buffer = new Uint8Array();
      done(buffer);
    } else if (state.remaining > 0) {
      const count = Math.min(state.remaining, CHUNK_BLOCKS);
      const data = new Uint8Array(count * BLOCK_BYTES);
      this.run(
        () => this.#disk?.read(state.sector * BLOCK_SECTORS, data),
        () => {
          state.sector += count;
          state.remaining -= count;
          done(data);
        },
      );
    } else {
      this.#done();
      done(undefined);
    }
  }

  dmaWanted(): number {
    return 0;
  }

  dmaWrite(_data: Uint8Array, done: () => void): void {
    done();
  }

  #senseData(): number[] {
    const [key, code] = this.state.sense;
    return [0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, code, 0, 0, 0, 0, 0];
  }

  /** One data track from block 0 on (MMC-4, 6.31). */
  #tableOfContents(format: number, inMinutes: boolean, allowed: number): void {
    const address = (block: number): number[] => (inMinutes ? minutes(block) : big(block, 4));
    if (format === 0) {
      const track = [0, 0x14, 1, 0, ...address(0), 0, 0x14, 0xaa, 0, ...address(this.#blocks)];
      return this.#answer([...big(track.length + 2, 2), 1, 1, ...track], allowed);
    }
    if (format === 1) return this.#answer([0, 10, 1, 1, 0, 0x14, 1, 0, ...address(0)], allowed);
    return this.#check(SENSE_ILLEGAL, INVALID_FIELD);
  }

  /** Capabilities and mechanical status page; others do not exist here (MMC-4, 7). */
  #modeSense(page: number, allowed: number): void {
    if (page !== 0x2a && page !== 0x3f) return this.#check(SENSE_ILLEGAL, INVALID_FIELD);
    const contents = [
      0x2a,
      18,
      0,
      0,
      0x71,
      0x60,
      0x29,
      0,
      ...big(706, 2),
      ...big(2, 2),
      ...big(512, 2),
      ...big(706, 2),
    ];
    const padded = [...contents, ...new Array<number>(20 - contents.length).fill(0)];
    return this.#answer([...big(padded.length + 6, 2), 0x01, 0, 0, 0, 0, 0, ...padded], allowed);
  }
}

function big(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * (bytes - 1 - i))) & 0xff);
}

/** Minute, second and frame; the first block is at two seconds. */
function minutes(block: number): number[] {
  const frames = block + 150;
  return [0, Math.floor(frames / 75 / 60) & 0xff, Math.floor(frames / 75) % 60, frames % 75];
}

/** A removable CD-ROM (SPC-3, 6.4). */
function inquiry(): number[] {
  const text = new TextEncoder().encode('DRIFT   CD-ROM          1.0 ');
  return [0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0, ...text];
}
