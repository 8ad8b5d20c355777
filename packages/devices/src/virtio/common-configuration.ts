/** The common configuration structure of a modern virtio device. Virtual I/O Device 1.2, 4.1.4.3. */
import type { AccessBytes } from '../device.ts';
import { offsetName, type UnknownRegisters } from '../unknown-registers.ts';
import { STATUS_FEATURES_OK } from './protocol.ts';
import type { VirtioPci } from './virtio-pci.ts';
import type { Virtqueue, VirtqueueState } from './virtqueue.ts';

const DEVICE_FEATURE_SELECT = 0x00;
const DEVICE_FEATURE = 0x04;
const DRIVER_FEATURE_SELECT = 0x08;
const DRIVER_FEATURE = 0x0c;
const CONFIG_MSIX_VECTOR = 0x10;
const NUM_QUEUES = 0x12;
const DEVICE_STATUS = 0x14;
const CONFIG_GENERATION = 0x15;
const QUEUE_SELECT = 0x16;
const QUEUE_SIZE = 0x18;
const QUEUE_MSIX_VECTOR = 0x1a;
const QUEUE_ENABLE = 0x1c;
const QUEUE_NOTIFY_OFF = 0x1e;
const QUEUE_DESC = 0x20;
const QUEUE_DRIVER = 0x28;
const QUEUE_DEVICE = 0x30;

export class CommonConfiguration {
  readonly #device: VirtioPci;
  readonly #unknown: UnknownRegisters;

  constructor(device: VirtioPci, unknown: UnknownRegisters) {
    this.#device = device;
    this.#unknown = unknown;
  }

  get #queue(): Virtqueue | undefined {
    return this.#device.queues[this.#device.selectedQueue];
  }

  read(offset: number, bytes: AccessBytes): number {
    const device = this.#device;
    const state = this.#queue?.state;
    switch (offset) {
      case DEVICE_FEATURE_SELECT:
        return device.selectedDeviceFeatures;
      case DEVICE_FEATURE:
        return word(device.offered, device.selectedDeviceFeatures);
      case DRIVER_FEATURE_SELECT:
        return device.selectedDriverFeatures;
      case DRIVER_FEATURE:
        return word(device.features, device.selectedDriverFeatures);
      case CONFIG_MSIX_VECTOR:
        return device.configurationVector;
      case NUM_QUEUES:
        return device.queues.length;
      case DEVICE_STATUS:
        return device.status;
      case CONFIG_GENERATION:
        return device.generation;
      case QUEUE_SELECT:
        return device.selectedQueue;
      case QUEUE_SIZE:
        return state?.size ?? 0;
      case QUEUE_MSIX_VECTOR:
        return state?.vector ?? 0xffff;
      case QUEUE_ENABLE:
        return state?.enabled === true ? 1 : 0;
      case QUEUE_NOTIFY_OFF:
        return device.selectedQueue;
      default: {
        const address = addressAt(offset);
        if (address !== undefined && bytes === 4) return half(state?.[address[0]] ?? 0, address[1]);
        return this.#unknown.read(`common ${offsetName(offset)}`) % 2 ** (8 * bytes);
      }
    }
  }

  write(offset: number, bytes: AccessBytes, value: number): void {
    const device = this.#device;
    switch (offset) {
      case DEVICE_FEATURE_SELECT:
        device.selectedDeviceFeatures = value;
        break;
      case DRIVER_FEATURE_SELECT:
        device.selectedDriverFeatures = value;
        break;
      case DRIVER_FEATURE:
        this.#writeFeatures(value);
        break;
      case CONFIG_MSIX_VECTOR:
        device.configurationVector = device.validVector(value & 0xffff);
        break;
      case DEVICE_STATUS:
        device.setStatus(value & 0xff);
        break;
      case QUEUE_SELECT:
        device.selectedQueue = value & 0xffff;
        break;
      default:
        if (!this.#writeQueue(offset, bytes, value)) this.#unknown.write(`common ${offsetName(offset)}`);
    }
  }

  /** What was not offered cannot be had, and after FEATURES_OK nothing changes (3.1.1). */
  #writeFeatures(value: number): void {
    const device = this.#device;
    if (device.selectedDriverFeatures > 1 || (device.status & STATUS_FEATURES_OK) !== 0) return;
    const shift = BigInt(32 * device.selectedDriverFeatures);
    const kept = device.features & ~(0xffffffffn << shift);
    device.features = (kept | (BigInt(value) << shift)) & device.offered;
  }

  #writeQueue(offset: number, bytes: AccessBytes, value: number): boolean {
    const queue = this.#queue;
    // Registers of a queue that does not exist.
    if (queue === undefined) return offset >= QUEUE_SIZE && offset < QUEUE_DEVICE + 8;
    const { state } = queue;
    const address = addressAt(offset);
    if (offset === QUEUE_SIZE) {
      if (value > 0 && value <= queue.maximum && (value & (value - 1)) === 0) state.size = value;
    } else if (offset === QUEUE_MSIX_VECTOR) state.vector = this.#device.validVector(value & 0xffff);
    else if (offset === QUEUE_ENABLE) state.enabled = value === 1;
    else if (address === undefined || bytes !== 4) return false;
    else {
      const [name, high] = address;
      const old = state[name];
      state[name] = high ? (old % 2 ** 32) + (value & 0xfffff) * 2 ** 32 : old - (old % 2 ** 32) + value;
    }
    return true;
  }
}

type AddressName = keyof Pick<VirtqueueState, 'descriptors' | 'available' | 'used'>;

/** Which address, and whether its upper half. */
function addressAt(offset: number): readonly [AddressName, boolean] | undefined {
  const names: Readonly<Record<number, AddressName>> = {
    [QUEUE_DESC]: 'descriptors',
    [QUEUE_DRIVER]: 'available',
    [QUEUE_DEVICE]: 'used',
  };
  const name = names[offset & ~4];
  return name === undefined ? undefined : [name, (offset & 4) !== 0];
}

const half = (value: number, high: boolean): number => (high ? Math.floor(value / 2 ** 32) : value % 2 ** 32);

function word(features: bigint, select: number): number {
  return select > 1 ? 0 : Number((features >> BigInt(32 * select)) & 0xffffffffn);
}
