/** Inter-VM shared memory with doorbells, revision 1. QEMU's docs/specs/ivshmem-spec. */
import type { AccessBytes, Device, DeviceEvents, MemoryWindow } from './device.ts';
import { PciFunction, type PciFunctionState } from './pci/pci-function.ts';
import { offsetName, UnknownRegisters } from './unknown-registers.ts';

const IV_POSITION = 0x08;
const DOORBELL = 0x0c;
const REGISTER_BYTES = 256;

export interface IvshmemEvents extends DeviceEvents {
  /** The guest rings the doorbell of a peer. */
  doorbell(peer: number, vector: number): void;
}

export interface IvshmemOptions {
  /** The memory that is shared: a power of two of bytes, at least 4096. It stays the owner's; the device's state does not hold it. */
  readonly memory: Uint8Array;
  /** This side's ID among the peers, 0 to 65535. */
  readonly id: number;
  /** How many interrupt vectors there are, 1 to 128. */
  readonly vectors: number;
  readonly events: IvshmemEvents;
}

export interface IvshmemState {
  pci: PciFunctionState;
}

export class Ivshmem implements Device<IvshmemState> {
  readonly pci: PciFunction;
  readonly memory: Uint8Array;
  readonly #unknown: UnknownRegisters;
  readonly #options: IvshmemOptions;

  constructor(options: IvshmemOptions) {
    this.#options = options;
    this.memory = options.memory;
    this.#unknown = new UnknownRegisters('ivshmem', options.events);
    this.pci = new PciFunction({
      identity: {
        vendor: 0x1af4,
        device: 0x1110,
        classCode: 0x050000,
        revision: 1,
        subsystemVendor: 0x1af4,
        subsystem: 0x1100,
      },
      bars: {
        0: { space: 'memory', bytes: REGISTER_BYTES, window: this.#registers() },
        2: { space: 'memory', bytes: options.memory.length, window: this.#shared(), prefetchable: true, wide: true },
      },
      msix: { vectors: options.vectors, bar: 1 },
    });
  }

  #registers(): MemoryWindow {
    return {
      read: (offset, bytes) => {
        if (offset === IV_POSITION) return this.#options.id;
        // The interrupt mask and status of revision 0 read as zero.
        return offset < IV_POSITION ? 0 : this.#unknown.read(offsetName(offset)) % 2 ** (8 * bytes);
      },
      write: (offset, _bytes, value) => {
        if (offset === DOORBELL) this.#options.events.doorbell(value >>> 16, value & 0xffff);
        else if (offset >= IV_POSITION) this.#unknown.write(offsetName(offset));
      },
    };
  }

  /** What lies there may be shared with other threads: aligned accesses of 4 bytes are atomic. */
  #shared(): MemoryWindow {
    const bytes = this.memory;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    return {
      read: (offset, width) => {
        if (width === 4 && (offset & 3) === 0) return Atomics.load(words, offset >> 2) >>> 0;
        return assemble(bytes, offset, width);
      },
      write: (offset, width, value) => {
        if (width === 4 && (offset & 3) === 0) Atomics.store(words, offset >> 2, value | 0);
        else for (let i = 0; i < width; i++) bytes[offset + i] = (value >>> (8 * i)) & 0xff;
      },
    };
  }

  /** A peer rings: vector 0 and up. */
  ring(vector: number): void {
    this.pci.msix?.trigger(vector);
  }

  reset(): void {
    this.pci.reset();
  }

  save(): IvshmemState {
    return { pci: this.pci.save() };
  }

  restore(state: IvshmemState): void {
    this.pci.restore(state.pci);
  }
}

function assemble(bytes: Uint8Array, offset: number, width: AccessBytes): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (bytes[offset + i] as number);
  return value;
}
