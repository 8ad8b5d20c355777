/** The IDE function of the PIIX3: two channels at their legacy ports, and the bus master. Intel 290550, 2.3; SFF-8038i 1.0. */
import type { AccessBytes, Device, DeviceEvents, GuestMemory, InterruptLine, PortWindow } from '../device.ts';
import type { Disk } from '../disk/disk.ts';
import { PciFunction, type PciFunctionState } from '../pci/pci-function.ts';
import { UnknownRegisters } from '../unknown-registers.ts';
import { AtaDisk } from './ata-disk.ts';
import { AtapiCd } from './atapi-cd.ts';
import { BusMaster, type BusMasterState } from './bus-master.ts';
import { IdeChannel, type IdeChannelState } from './ide-channel.ts';
import type { IdeDrive } from './ide-drive.ts';

/** Each channel decodes its ports (IDETIM, bit 15). */
const TIMING = 0x40;
const DECODE = 0x8000;

export interface IdeDriveOptions {
  readonly kind: 'disk' | 'cd';
  /** undefined: a CD drive with nothing in it. */
  readonly disk: Disk | undefined;
}

export interface Piix3IdeState {
  pci: PciFunctionState;
  channels: [IdeChannelState, IdeChannelState];
  busMasters: [BusMasterState, BusMasterState];
}

export interface Piix3IdeOptions {
  /** Primary master and slave, secondary master and slave. */
  readonly drives: readonly (IdeDriveOptions | undefined)[];
  /** Interrupt requests 14 and 15. */
  readonly irqs: readonly [InterruptLine, InterruptLine];
  readonly memory: GuestMemory;
  readonly events: DeviceEvents;
}

export class Piix3Ide implements Device<Piix3IdeState> {
  readonly pci: PciFunction;
  readonly channels: readonly [IdeChannel, IdeChannel];
  readonly #busMasters: readonly [BusMaster, BusMaster];

  constructor({ drives, irqs, memory, events }: Piix3IdeOptions) {
    const unknown = new UnknownRegisters('PIIX3 IDE', events);
    const drive = (index: number): IdeDrive | undefined => {
      const options = drives[index];
      if (options === undefined) return undefined;
      const serial = `DRIFT-${index}`;
      if (options.kind === 'cd') return new AtapiCd(options.disk, serial, unknown);
      return options.disk === undefined ? undefined : new AtaDisk(options.disk, serial, unknown);
    };
    const channel = (index: 0 | 1): IdeChannel => new IdeChannel([drive(2 * index), drive(2 * index + 1)], irqs[index]);
    this.channels = [channel(0), channel(1)];
    this.#busMasters = [new BusMaster(this.channels[0], memory), new BusMaster(this.channels[1], memory)];
    this.pci = new PciFunction({
      identity: { vendor: 0x8086, device: 0x7010, classCode: 0x010180, subsystemVendor: 0x1af4, subsystem: 0x1100 },
      bars: { 4: { space: 'port', bytes: 16, window: this.#busMasterPorts() } },
    });
    for (const at of [TIMING, TIMING + 2]) this.pci.define(at, 2, DECODE, 0xffff);
  }

  #busMasterPorts(): PortWindow {
    const read = (offset: number, bytes: AccessBytes): number => this.#busMaster(offset).readPort(offset & 7, bytes);
    const write = (offset: number, bytes: AccessBytes, value: number): void =>
      this.#busMaster(offset).writePort(offset & 7, bytes, value);
    return { readPort: read, writePort: write };
  }

  #busMaster(offset: number): PortWindow {
    return this.#busMasters[offset < 8 ? 0 : 1].ports;
  }

  /** No operation of the host is under way; only then can the state be saved. */
  get idle(): boolean {
    return this.channels.every((channel) => channel.operations === 0);
  }

  reset(): void {
    for (const each of [...this.channels, ...this.#busMasters, this.pci]) each.reset();
  }

  save(): Piix3IdeState {
    const [first, second] = this.channels;
    const [busMaster0, busMaster1] = this.#busMasters;
    return {
      pci: this.pci.save(),
      channels: [first.save(), second.save()],
      busMasters: [busMaster0.save(), busMaster1.save()],
    };
  }

  restore(state: Piix3IdeState): void {
    this.pci.restore(state.pci);
    for (const index of [0, 1] as const) {
      this.#busMasters[index].restore(state.busMasters[index]);
      this.channels[index].restore(state.channels[index]);
    }
  }
}
