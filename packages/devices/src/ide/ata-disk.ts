/** An ATA disk: PIO, multiple-sector and DMA commands with 28 and 48-bit addresses. ATA/ATAPI-6, chapter 8. */
import { type Disk, SECTOR_BYTES } from '../disk/disk.ts';
import type { UnknownRegisters } from '../unknown-registers.ts';
import { ABRT, DRDY, DRQ, DSC, IDNF, IdeDrive } from './ide-drive.ts';
import { geometryOf, identifyDisk } from './identify.ts';

/** How much is asked of the host at once. */
const CHUNK_SECTORS = 128;
const LBA = 0x40;
const MAXIMUM_MULTIPLE = 16;

interface Operation {
  readonly kind: 'read' | 'write' | 'verify';
  readonly extended: boolean;
  readonly dma?: boolean;
  readonly multiple?: boolean;
}

/** The commands that move data or check it. */
const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x20, { kind: 'read', extended: false }],
  [0x21, { kind: 'read', extended: false }],
  [0x24, { kind: 'read', extended: true }],
  [0x25, { kind: 'read', extended: true, dma: true }],
  [0x29, { kind: 'read', extended: true, multiple: true }],
  [0x30, { kind: 'write', extended: false }],
  [0x31, { kind: 'write', extended: false }],
  [0x34, { kind: 'write', extended: true }],
  [0x35, { kind: 'write', extended: true, dma: true }],
  [0x39, { kind: 'write', extended: true, multiple: true }],
  [0x40, { kind: 'verify', extended: false }],
  [0x41, { kind: 'verify', extended: false }],
  [0x42, { kind: 'verify', extended: true }],
  [0xc4, { kind: 'read', extended: false, multiple: true }],
  [0xc5, { kind: 'write', extended: false, multiple: true }],
  [0xc8, { kind: 'read', extended: false, dma: true }],
  [0xc9, { kind: 'read', extended: false, dma: true }],
  [0xca, { kind: 'write', extended: false, dma: true }],
  [0xcb, { kind: 'write', extended: false, dma: true }],
]);

/** Commands that only have to be accepted: recalibrate, seek, initialize parameters, power modes, read look-ahead and the like. */
const accepted: ReadonlySet<number> = new Set([
  0x10, 0x70, 0x91, 0x94, 0x95, 0x96, 0x97, 0xe0, 0xe1, 0xe2, 0xe3, 0xe6, 0xef,
]);

export class AtaDisk extends IdeDrive {
  protected override readonly signature = [0, 0] as const;
  readonly #disk: Disk;
  readonly #serial: string;
  readonly #unknown: UnknownRegisters;

  constructor(disk: Disk, serial: string, unknown: UnknownRegisters) {
    super();
    this.#disk = disk;
    this.#serial = serial;
    this.#unknown = unknown;
  }

  execute(command: number): void {
    const { state } = this;
    state.command = command;
    state.error = 0;
    const operation = operations.get(command);
    if (operation !== undefined) this.#start(operation);
    else if (accepted.has(command)) this.complete();
    else this.#other(command);
  }

  #other(command: number): void {
    const { state } = this;
    switch (command) {
      case 0xec:
        this.send(identifyDisk(this.#disk.sectors, state.multiple, this.#serial));
        break;
      case 0xc6: {
        const multiple = state.count[0];
        if (multiple > MAXIMUM_MULTIPLE || (multiple & (multiple - 1)) !== 0) return this.fail(ABRT);
        state.multiple = multiple;
        this.complete();
        break;
      }
      case 0xe5:
        state.count = [0xff, 0];
        this.complete();
        break;
      case 0xe7:
      case 0xea:
        this.run(
          () => this.#disk.flush(),
          () => this.complete(),
        );
        break;
      case 0x27:
      case 0xf8:
        this.#putAddress(this.#disk.sectors - 1, command === 0x27);
        this.complete();
        break;
      // Only ATAPI drives have these; a disk says so by ABRT and its signature.
      case 0x08:
      case 0xa0:
      case 0xa1:
        this.fail(ABRT);
        break;
      default:
        this.#unknown.write(`ATA command ${command.toString(16).toUpperCase()}h`);
        this.fail(ABRT);
    }
    return undefined;
  }

  #start(operation: Operation): void {
    const { state } = this;
    const count = state.count[0] + (operation.extended ? state.count[1] * 256 : 0);
    state.remaining = count === 0 ? (operation.extended ? 0x10000 : 0x100) : count;
    state.sector = this.#address(operation.extended);
    if (state.sector < 0 || state.sector + state.remaining > this.#disk.sectors) return this.fail(IDNF);
    if (operation.kind === 'verify') return this.complete();
    if (operation.kind === 'write' && this.#disk.readOnly) return this.fail(ABRT);
    if (operation.multiple === true && state.multiple === 0) return this.fail(ABRT);
    if (operation.dma === true) {
      state.dma = operation.kind === 'read' ? 'toMemory' : 'fromMemory';
      state.status = DRDY | DSC | DRQ;
      this.changed();
    } else if (operation.kind === 'read') this.#fetch();
    else this.#ask(false);
    return undefined;
  }

  /** @returns the first sector; -1 for a CHS address that does not exist */
  #address(extended: boolean): number {
    const { lbaLow, lbaMid, lbaHigh, device } = this.state;
    const low = lbaLow[0] + lbaMid[0] * 0x100 + lbaHigh[0] * 0x10000;
    if (extended) return low + (lbaLow[1] + lbaMid[1] * 0x100 + lbaHigh[1] * 0x10000) * 0x1000000;
    const head = device & 15;
    if ((device & LBA) !== 0) return low + head * 0x1000000;
    const { heads, sectors } = geometryOf(this.#disk.sectors);
    const cylinder = lbaMid[0] + lbaHigh[0] * 256;
    if (lbaLow[0] === 0 || lbaLow[0] > sectors || head >= heads) return -1;
    return (cylinder * heads + head) * sectors + lbaLow[0] - 1;
  }

  #putAddress(sector: number, extended: boolean): void {
    const { state } = this;
    const limited = extended ? sector : Math.min(sector, 0x0fffffff);
    const byte = (index: number): number => Math.floor(limited / 2 ** (8 * index)) & 0xff;
    state.lbaLow = [byte(0), byte(3)];
    state.lbaMid = [byte(1), byte(4)];
    state.lbaHigh = [byte(2), byte(5)];
    if (!extended) state.device = (state.device & 0xf0) | (byte(3) & 15);
  }

  get #blockSectors(): number {
    const multiple = operations.get(this.state.command)?.multiple === true;
    return Math.min(multiple ? this.state.multiple : 1, this.state.remaining);
  }

  /** Reads the next chunk, then gives it block by block. */
  #fetch(): void {
    const { state } = this;
    const buffer = new Uint8Array(Math.min(state.remaining, CHUNK_SECTORS) * SECTOR_BYTES);
    this.run(
      () => this.#disk.read(state.sector, buffer),
      () => {
        state.buffer = buffer;
        state.position = 0;
        this.request('in', this.#blockSectors * SECTOR_BYTES, true);
      },
    );
  }

  protected override blockRead(): void {
    const { state } = this;
    if (state.command === 0xec) return;
    const sectors = this.#blockSectors;
    state.sector += sectors;
    state.remaining -= sectors;
    if (state.remaining === 0) return;
    const next = this.#blockSectors * SECTOR_BYTES;
    if (state.position + next <= state.buffer.length) this.request('in', state.position + next, true);
    else this.#fetch();
  }

  #ask(interrupt: boolean): void {
    const { state } = this;
    state.buffer = new Uint8Array(this.#blockSectors * SECTOR_BYTES);
    state.position = 0;
    this.request('out', state.buffer.length, interrupt);
  }

  protected override blockWritten(): void {
    const { state } = this;
    const { buffer } = state;
    this.run(
      () => this.#disk.write(state.sector, buffer),
      () => {
        state.sector += buffer.length / SECTOR_BYTES;
        state.remaining -= buffer.length / SECTOR_BYTES;
        if (state.remaining > 0) this.#ask(true);
        else this.complete();
      },
    );
  }

  dmaRead(done: (data: Uint8Array | undefined) => void): void {
    const { state } = this;
    if (state.remaining === 0) {
      this.complete();
      done(undefined);
      return;
    }
    const data = new Uint8Array(Math.min(state.remaining, CHUNK_SECTORS) * SECTOR_BYTES);
    this.run(
      () => this.#disk.read(state.sector, data),
      () => {
        state.sector += data.length / SECTOR_BYTES;
        state.remaining -= data.length / SECTOR_BYTES;
        done(data);
      },
    );
  }

  dmaWanted(): number {
    if (this.state.remaining === 0) this.complete();
    return Math.min(this.state.remaining, CHUNK_SECTORS) * SECTOR_BYTES;
  }

  dmaWrite(data: Uint8Array, done: () => void): void {
    const { state } = this;
    this.run(
      () => this.#disk.write(state.sector, data),
      () => {
        state.sector += data.length / SECTOR_BYTES;
        state.remaining -= data.length / SECTOR_BYTES;
        done();
      },
    );
  }
}
