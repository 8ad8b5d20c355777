/**
 * What ATA disks and ATAPI drives have in common: the registers of the command block, status, and the transfer of data through the
 * data register or by DMA. ATA/ATAPI-6 (T13/1410D), chapters 7 and 9.
 */
import { whenDone } from '../disk/disk.ts';

export const BSY = 0x80;
export const DRDY = 0x40;
export const DSC = 0x10;
export const DRQ = 0x08;
export const ERR = 0x01;
export const ABRT = 0x04;
export const UNC = 0x40;
export const IDNF = 0x10;

export interface IdeDriveState {
  status: number;
  error: number;
  features: number;
  /** Each register is two bytes deep: [current, previous], for 48-bit commands (6.20). */
  count: [number, number];
  lbaLow: [number, number];
  lbaMid: [number, number];
  lbaHigh: [number, number];
  device: number;
  /** The command under way, 0 for none. */
  command: number;
  interrupt: boolean;
  transfer: 'none' | 'in' | 'out';
  buffer: Uint8Array;
  position: number;
  /** Where in `buffer` the block ends that is asked for now. */
  blockEnd: number;
  /** The drive waits for the bus master. */
  dma: 'none' | 'toMemory' | 'fromMemory';
  /** What is left to do, in sectors of the drive. */
  sector: number;
  remaining: number;
  multiple: number;
  /** Packet of an ATAPI command, and the sense data of the last one. */
  packet: number[];
  sense: [key: number, code: number];
}

export function initialDrive(): IdeDriveState {
  return {
    status: DRDY | DSC,
    error: 1,
    features: 0,
    count: [1, 0],
    lbaLow: [1, 0],
    lbaMid: [0, 0],
    lbaHigh: [0, 0],
    device: 0,
    command: 0,
    interrupt: false,
    transfer: 'none',
    buffer: new Uint8Array(),
    position: 0,
    blockEnd: 0,
    dma: 'none',
    sector: 0,
    remaining: 0,
    multiple: 16,
    packet: [],
    sense: [0, 0],
  };
}

export abstract class IdeDrive {
  state: IdeDriveState = initialDrive();
  /** The channel is told of interrupts, and of requests for the bus master. */
  changed: () => void = () => undefined;
  #operations = 0;
  #epoch = 0;

  /** Operations of the host that are under way; state can be saved only when there are none. */
  get operations(): number {
    return this.#operations;
  }

  /** What the registers hold after a reset, by which software tells drives apart (9.12). */
  protected abstract readonly signature: readonly [mid: number, high: number];

  abstract execute(command: number): void;
  /** The host has filled the block that was asked for. */
  protected abstract blockWritten(): void;
  /** The host has taken the block. */
  protected abstract blockRead(): void;
  /** Moves the next data of a DMA command into `buffer`, or says that there are no more. @returns the bytes, or undefined */
  abstract dmaRead(done: (data: Uint8Array | undefined) => void): void;
  /** How many bytes the drive wants next, 0 for no more. */
  abstract dmaWanted(): number;
  abstract dmaWrite(data: Uint8Array, done: () => void): void;

  reset(): void {
    this.#epoch++;
    const [mid, high] = this.signature;
    const { device } = this.state;
    this.state = { ...initialDrive(), device, lbaMid: [mid, 0], lbaHigh: [high, 0] };
    if (mid !== 0) this.state.status = 0;
    this.changed();
  }

  /** Does something on the host, with BSY set for as long as it takes. What a reset overtakes is forgotten. */
  protected run(operation: () => void | Promise<void>, done: () => void): void {
    const epoch = this.#epoch;
    this.state.status = BSY;
    this.#operations++;
    whenDone(operation, (error) => {
      this.#operations--;
      if (epoch !== this.#epoch) return;
      this.state.status = DRDY | DSC;
      if (error !== undefined) this.fail(UNC);
      else done();
      this.changed();
    });
  }

  protected complete(): void {
    const { state } = this;
    state.status = DRDY | DSC;
    state.error = 0;
    state.transfer = 'none';
    state.dma = 'none';
    this.raise();
  }

  protected fail(error: number): void {
    this.complete();
    this.state.status |= ERR;
    this.state.error = error;
  }

  protected raise(): void {
    this.state.interrupt = true;
    this.changed();
  }

  /** Asks for the block from `position` to `end`. The first block of a write comes without an interrupt (9.6). */
  protected request(transfer: 'in' | 'out', end: number, interrupt: boolean): void {
    const { state } = this;
    state.transfer = transfer;
    state.blockEnd = end;
    state.status = DRDY | DSC | DRQ;
    if (interrupt) this.raise();
  }

  /** Data to the host, as one block. */
  protected send(data: Uint8Array): void {
    this.state.buffer = data;
    this.state.position = 0;
    this.request('in', data.length, true);
  }

  /** The data register; all ones when nothing is to be read. */
  readData(bytes: number): number {
    const { state } = this;
    if (state.transfer !== 'in') return 0xffffffff;
    let value = 0;
    for (let i = 0; i < bytes; i++) value += (state.buffer[state.position + i] ?? 0) * 2 ** (8 * i);
    state.position += bytes;
    if (state.position >= state.blockEnd) {
      state.transfer = 'none';
      state.status = DRDY | DSC;
      this.blockRead();
    }
    return value;
  }

  writeData(bytes: number, value: number): void {
    const { state } = this;
    if (state.transfer !== 'out') return;
    for (let i = 0; i < bytes; i++) state.buffer[state.position + i] = (value >>> (8 * i)) & 0xff;
    state.position += bytes;
    if (state.position < state.blockEnd) return;
    state.transfer = 'none';
    state.status = DRDY | DSC;
    this.blockWritten();
  }
}
