/**
 * Virtio over PCI, transitional: the modern interface in memory (Virtual I/O Device 1.2, 4.1.4) and the legacy one at ports
 * (4.1.4.10). What kind of device it is, a VirtioFunction says.
 */
import type { AccessBytes, Device, DeviceEvents, GuestMemory, MemoryWindow } from '../device.ts';
import { COMMAND_BUS_MASTER, PciFunction, type PciFunctionState } from '../pci/pci-function.ts';
import { offsetName, UnknownRegisters } from '../unknown-registers.ts';
import { CommonConfiguration } from './common-configuration.ts';
import { LegacyConfiguration } from './legacy-configuration.ts';
import {
  FEATURE_ANY_LAYOUT,
  FEATURE_EVENT_INDEX,
  FEATURE_INDIRECT,
  FEATURE_VERSION_1,
  STATUS_DRIVER_OK,
  STATUS_NEEDS_RESET,
} from './protocol.ts';
import { BrokenQueue, Virtqueue, type VirtqueueState } from './virtqueue.ts';

const LEGACY_BAR = 0;
const MSIX_BAR = 1;
const MODERN_BAR = 4;
const MODERN_BYTES = 0x4000;
const ISR_AT = 0x1000;
const DEVICE_AT = 0x2000;
const NOTIFY_AT = 0x3000;
const REGION_BYTES = 0x1000;
const NOTIFY_MULTIPLIER = 4;
const CAPABILITY_VENDOR = 0x09;
const ISR_QUEUE = 1;
const ISR_CONFIGURATION = 2;
const NO_VECTOR = 0xffff;
/** PCI device numbers by virtio type; later types only have modern ones (4.1.2.1). */
const TRANSITIONAL_IDS: Readonly<Record<number, number>> = { 1: 0x1000, 2: 0x1001, 3: 0x1003, 4: 0x1005 };
const MODERN_ID = 0x1040;

/** What a device gets to work with. */
export interface VirtioTransport {
  queue(index: number): Virtqueue;
  readonly features: bigint;
  /** The driver has said DRIVER_OK. */
  readonly ready: boolean;
  /** The configuration has changed, and the driver is told. */
  configurationChanged(): void;
  /** Runs what may find a broken queue; then the device stops. */
  guard(work: () => void): void;
}

/** A kind of virtio device (chapter 5). */
export interface VirtioFunction {
  /** Device ID (5): 1 network, 2 block, 3 console, 4 entropy. */
  readonly type: number;
  readonly classCode: number;
  /** Its own feature bits; those of the transport are added. */
  readonly features: bigint;
  /** Greatest size of each queue, powers of two. */
  readonly queueSizes: readonly number[];
  /** The device configuration, as bytes. */
  configuration(): Uint8Array;
  attach(transport: VirtioTransport): void;
  /** There may be something new in the queue. */
  notified(queue: number): void;
  reset(): void;
  save(): unknown;
  restore(state: unknown): void;
}

export interface VirtioPciState {
  pci: PciFunctionState;
  status: number;
  features: bigint;
  isr: number;
  configurationVector: number;
  generation: number;
  selects: [queue: number, deviceFeatures: number, driverFeatures: number];
  queues: VirtqueueState[];
  device: unknown;
}

export interface VirtioPciOptions {
  readonly memory: GuestMemory;
  readonly events: DeviceEvents;
}

export class VirtioPci implements Device<VirtioPciState>, VirtioTransport {
  readonly pci: PciFunction;
  readonly queues: readonly Virtqueue[];
  readonly offered: bigint;
  readonly #device: VirtioFunction;
  readonly #unknown: UnknownRegisters;
  status = 0;
  features = 0n;
  configurationVector: number = NO_VECTOR;
  generation = 0;
  selectedQueue = 0;
  selectedDeviceFeatures = 0;
  selectedDriverFeatures = 0;
  #isr = 0;

  constructor(device: VirtioFunction, { memory, events }: VirtioPciOptions) {
    this.#device = device;
    this.#unknown = new UnknownRegisters(`virtio ${device.type}`, events);
    this.offered = device.features | FEATURE_ANY_LAYOUT | FEATURE_INDIRECT | FEATURE_EVENT_INDEX | FEATURE_VERSION_1;
    this.queues = device.queueSizes.map(
      (maximum) =>
        new Virtqueue({
          memory,
          maximum,
          eventIndex: () => (this.features & FEATURE_EVENT_INDEX) !== 0n,
          interrupt: (vector) => this.#interrupt(vector, ISR_QUEUE),
        }),
    );
    const legacy = new LegacyConfiguration(this, this.#unknown);
    this.pci = new PciFunction({
      // Transitional: the legacy device number, revision 0, and the type as subsystem (4.1.2.3).
      identity: {
        vendor: 0x1af4,
        device: TRANSITIONAL_IDS[device.type] ?? MODERN_ID + device.type,
        classCode: device.classCode,
        subsystemVendor: 0x1af4,
        subsystem: device.type,
      },
      bars: {
        [LEGACY_BAR]: { space: 'port', bytes: 64, window: legacy.ports },
        [MODERN_BAR]: { space: 'memory', bytes: MODERN_BYTES, window: this.#modern() },
      },
      msix: { vectors: this.queues.length + 1, bar: MSIX_BAR },
      interruptPin: 1,
    });
    this.#addCapabilities();
    device.attach(this);
  }

  /** Where each structure is in the memory BAR (4.1.4): common, notification, ISR, device. */
  #addCapabilities(): void {
    const little = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
    const add = (type: number, offset: number, ...more: number[]): void => {
      const bytes = [
        CAPABILITY_VENDOR,
        0,
        16 + more.length,
        type,
        MODERN_BAR,
        0,
        0,
        0,
        ...little(offset),
        ...little(REGION_BYTES),
      ];
      this.pci.addCapability([...bytes, ...more]);
    };
    add(1, 0);
    add(3, ISR_AT);
    add(4, DEVICE_AT);
    add(2, NOTIFY_AT, ...little(NOTIFY_MULTIPLIER));
  }

  #modern(): MemoryWindow {
    const common = new CommonConfiguration(this, this.#unknown);
    return {
      read: (offset, bytes) => {
        if (offset < ISR_AT) return common.read(offset, bytes) % 2 ** (8 * bytes);
        if (offset < DEVICE_AT) return offset === ISR_AT ? this.takeIsr() : 0;
        return offset < NOTIFY_AT ? this.readDevice(offset - DEVICE_AT, bytes) : 0;
      },
      write: (offset, bytes, value) => {
        if (offset < ISR_AT) common.write(offset, bytes, value);
        else if (offset >= NOTIFY_AT) this.notifyQueue((offset - NOTIFY_AT) / NOTIFY_MULTIPLIER);
        else this.#unknown.write(offsetName(offset));
      },
    };
  }

  reset(): void {
    this.pci.reset();
    this.resetDevice();
  }

  /** What writing 0 to the status register does. */
  resetDevice(): void {
    [this.status, this.features, this.#isr] = [0, 0n, 0];
    [this.configurationVector, this.selectedQueue] = [NO_VECTOR, 0];
    for (const queue of this.queues) queue.reset();
    this.pci.interrupt.set(false);
    this.#device.reset();
  }

  save(): VirtioPciState {
    return structuredClone({
      pci: this.pci.save(),
      status: this.status,
      features: this.features,
      isr: this.#isr,
      configurationVector: this.configurationVector,
      generation: this.generation,
      selects: [this.selectedQueue, this.selectedDeviceFeatures, this.selectedDriverFeatures],
      queues: this.queues.map(({ state }) => state),
      device: this.#device.save(),
    });
  }

  restore(saved: VirtioPciState): void {
    const state = structuredClone(saved);
    this.pci.restore(state.pci);
    [this.status, this.features, this.#isr] = [state.status, state.features, state.isr];
    [this.configurationVector, this.generation] = [state.configurationVector, state.generation];
    [this.selectedQueue, this.selectedDeviceFeatures, this.selectedDriverFeatures] = state.selects;
    for (const [index, queue] of this.queues.entries()) queue.state = state.queues[index] ?? queue.state;
    this.#device.restore(state.device);
  }

  queue(index: number): Virtqueue {
    const queue = this.queues[index];
    if (queue === undefined) throw new RangeError(`virtio device ${this.#device.type} has no queue ${index}`);
    return queue;
  }

  get ready(): boolean {
    const enabled = (this.pci.command & COMMAND_BUS_MASTER) !== 0;
    return enabled && (this.status & STATUS_DRIVER_OK) !== 0 && (this.status & STATUS_NEEDS_RESET) === 0;
  }

  /** DRIVER_OK may come behind requests, so all queues are looked at. */
  setStatus(value: number): void {
    if (value === 0) {
      this.resetDevice();
      return;
    }
    const starts = (value & ~this.status & STATUS_DRIVER_OK) !== 0;
    this.status = value | (this.status & STATUS_NEEDS_RESET);
    if (starts) for (const index of this.queues.keys()) this.notifyQueue(index);
  }

  notifyQueue(index: number): void {
    if (!this.ready || this.queues[index] === undefined) return;
    this.guard(() => this.#device.notified(index));
  }

  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof BrokenQueue)) throw error;
      this.#unknown.write(`queue: ${error.message}`);
      this.status |= STATUS_NEEDS_RESET;
      this.#interrupt(this.configurationVector, ISR_CONFIGURATION);
    }
  }

  configurationChanged(): void {
    this.generation = (this.generation + 1) & 0xff;
    if (this.ready) this.#interrupt(this.configurationVector, ISR_CONFIGURATION);
  }

  /** By MSI-X where that is on; else INTx, until the ISR register is read. */
  #interrupt(vector: number, reason: number): void {
    if (this.pci.msixEnabled) {
      if (vector !== NO_VECTOR) this.pci.msix?.trigger(vector);
      return;
    }
    this.#isr |= reason;
    this.pci.interrupt.set(true);
  }

  takeIsr(): number {
    const isr = this.#isr;
    this.#isr = 0;
    this.pci.interrupt.set(false);
    return isr;
  }

  readDevice(offset: number, bytes: AccessBytes): number {
    const configuration = this.#device.configuration();
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (configuration[offset + i] ?? 0);
    return value;
  }

  /** A vector that does not exist reads back as none (4.1.5.1.2). */
  validVector(vector: number): number {
    return vector <= this.queues.length ? vector : NO_VECTOR;
  }
}
