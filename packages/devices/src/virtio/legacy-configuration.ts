/** The legacy interface of a transitional virtio device, at ports. Virtual I/O Device 1.2, 4.1.4.10 and 2.7.2. */
import type { AccessBytes, PortWindow } from '../device.ts';
import { offsetName, type UnknownRegisters } from '../unknown-registers.ts';
import type { VirtioPci } from './virtio-pci.ts';
import type { Virtqueue } from './virtqueue.ts';

const DEVICE_FEATURES = 0x00;
const DRIVER_FEATURES = 0x04;
const QUEUE_ADDRESS = 0x08;
const QUEUE_SIZE = 0x0c;
const QUEUE_SELECT = 0x0e;
const QUEUE_NOTIFY = 0x10;
const DEVICE_STATUS = 0x12;
const ISR_STATUS = 0x13;
const CONFIG_VECTOR = 0x14;
const QUEUE_VECTOR = 0x16;
const PAGE_BYTES = 4096;

export class LegacyConfiguration {
  readonly ports: PortWindow;
  readonly #device: VirtioPci;
  readonly #unknown: UnknownRegisters;

  constructor(device: VirtioPci, unknown: UnknownRegisters) {
    this.#device = device;
    this.#unknown = unknown;
    this.ports = {
      readPort: (offset, bytes) => this.#read(offset, bytes) % 2 ** (8 * bytes),
      writePort: (offset, _bytes, value) => this.#write(offset, value),
    };
  }

  get #queue(): Virtqueue | undefined {
    return this.#device.queues[this.#device.selectedQueue];
  }

  /** The device's configuration follows the vectors, which are there only while MSI-X is enabled. */
  get #configurationAt(): number {
    return this.#device.pci.msixEnabled ? 0x18 : 0x14;
  }

  #read(offset: number, bytes: AccessBytes): number {
    const device = this.#device;
    const state = this.#queue?.state;
    if (offset >= this.#configurationAt) return device.readDevice(offset - this.#configurationAt, bytes);
    switch (offset) {
      case DEVICE_FEATURES:
        return Number(device.offered & 0xffffffffn);
      case DRIVER_FEATURES:
        return Number(device.features & 0xffffffffn);
      case QUEUE_ADDRESS:
        return state?.enabled === true ? Math.floor(state.descriptors / PAGE_BYTES) : 0;
      case QUEUE_SIZE:
        return this.#queue?.maximum ?? 0;
      case QUEUE_SELECT:
        return device.selectedQueue;
      case DEVICE_STATUS:
        return device.status;
      case ISR_STATUS:
        return device.takeIsr();
      case CONFIG_VECTOR:
        return device.configurationVector;
      case QUEUE_VECTOR:
        return state?.vector ?? 0xffff;
      default:
        return this.#unknown.read(`legacy ${offsetName(offset)}`) % 2 ** (8 * bytes);
    }
  }

  #write(offset: number, value: number): void {
    const device = this.#device;
    const state = this.#queue?.state;
    if (offset === DRIVER_FEATURES) device.features = BigInt(value) & device.offered & 0xffffffffn;
    else if (offset === QUEUE_ADDRESS) this.#place(value);
    else if (offset === QUEUE_SELECT) device.selectedQueue = value & 0xffff;
    else if (offset === QUEUE_NOTIFY) device.notifyQueue(value & 0xffff);
    else if (offset === DEVICE_STATUS) device.setStatus(value & 0xff);
    else if (offset >= this.#configurationAt) this.#unknown.write(`legacy ${offsetName(offset)}`);
    else if (offset === CONFIG_VECTOR) device.configurationVector = device.validVector(value & 0xffff);
    else if (offset === QUEUE_VECTOR && state !== undefined) state.vector = device.validVector(value & 0xffff);
    else this.#unknown.write(`legacy ${offsetName(offset)}`);
  }

  /** One page number for all three parts; the used ring starts on a page of its own. */
  #place(page: number): void {
    const queue = this.#queue;
    if (queue === undefined) return;
    const vector = queue.state.vector;
    queue.reset();
    queue.state.vector = vector;
    if (page === 0) return;
    const descriptors = page * PAGE_BYTES;
    const available = descriptors + 16 * queue.maximum;
    const used = Math.ceil((available + 6 + 2 * queue.maximum) / PAGE_BYTES) * PAGE_BYTES;
    Object.assign(queue.state, { descriptors, available, used, enabled: true });
  }
}
