/** MSI-X: a table of messages and their pending bits (PCI Local Bus Specification 3.0, 6.8.2), and what an MSI address says (SDM 3A 11.11). */
import type { AccessBytes, DeliveryMode, InterruptMessage, MemoryWindow } from '../device.ts';

const ENTRY_BYTES = 16;
const PENDING_AT = 0x800;
const WINDOW_BYTES = 0x1000;
const ENABLE = 0x8000;
const FUNCTION_MASK = 0x4000;
const CAPABILITY_ID = 0x11;
const MSI_ADDRESS = 0xfee;

const deliveryModes: readonly (DeliveryMode | undefined)[] = [
  'fixed',
  'lowest-priority',
  'smi',
  undefined,
  'nmi',
  'init',
  undefined,
  'external',
];

/** The message that a write of `data` to `address` is; undefined when it goes to no local APIC. */
export function decodeMsi(address: number, data: number): InterruptMessage | undefined {
  const deliveryMode = deliveryModes[(data >> 8) & 7];
  if (address >>> 20 !== MSI_ADDRESS || deliveryMode === undefined) return undefined;
  return {
    vector: data & 0xff,
    deliveryMode,
    destination: (address >>> 12) & 0xff,
    destinationMode: (address & 4) !== 0 ? 'logical' : 'physical',
    trigger: (data & 0x8000) !== 0 ? 'level' : 'edge',
    level: (data & 0x8000) === 0 || (data & 0x4000) !== 0,
  };
}

export class Msix {
  readonly window: MemoryWindow;
  readonly windowBytes: number = WINDOW_BYTES;
  readonly #vectors: number;
  readonly #send: (message: InterruptMessage) => void;
  /** Table, then a pending byte for each vector. */
  #state: Uint8Array<ArrayBuffer>;
  #control = 0;

  /** @param vectors 1 to 128 */
  constructor(vectors: number, send: (message: InterruptMessage) => void) {
    this.#vectors = vectors;
    this.#send = send;
    this.#state = this.#initial();
    this.window = {
      read: (offset, bytes) => this.#read(offset, bytes),
      write: (offset, bytes, value) => this.#write(offset, bytes, value),
    };
  }

  #initial(): Uint8Array<ArrayBuffer> {
    const state = new Uint8Array(this.#vectors * (ENTRY_BYTES + 1));
    for (let i = 0; i < this.#vectors; i++) state[i * ENTRY_BYTES + 12] = 1;
    return state;
  }

  capability(bar: number): number[] {
    const size = this.#vectors - 1;
    return [CAPABILITY_ID, 0, size & 0xff, size >> 8, bar, 0, 0, 0, bar, PENDING_AT >> 8, 0, 0];
  }

  reset(): void {
    this.#state = this.#initial();
    this.#control = 0;
  }

  save(): Uint8Array {
    return this.#state.slice();
  }

  restore(state: Uint8Array): void {
    this.#state = Uint8Array.from(state);
  }

  /** The message control register has been written. */
  setControl(control: number): void {
    this.#control = control;
    this.#sendPending();
  }

  /** Vector `vector` interrupts, or becomes pending while it is masked. */
  trigger(vector: number): void {
    if (vector >= this.#vectors) return;
    this.#state[this.#pendingAt(vector)] = 1;
    this.#sendPending();
  }

  #pendingAt(vector: number): number {
    return this.#vectors * ENTRY_BYTES + vector;
  }

  #sendPending(): void {
    if ((this.#control & (ENABLE | FUNCTION_MASK)) !== ENABLE) return;
    const view = new DataView(this.#state.buffer);
    for (let vector = 0; vector < this.#vectors; vector++) {
      const at = vector * ENTRY_BYTES;
      if (this.#state[this.#pendingAt(vector)] === 0 || (view.getUint8(at + 12) & 1) !== 0) continue;
      this.#state[this.#pendingAt(vector)] = 0;
      const message = decodeMsi(view.getUint32(at, true), view.getUint32(at + 8, true));
      if (message !== undefined) this.#send(message);
    }
  }

  #byte(offset: number): number {
    if (offset < this.#vectors * ENTRY_BYTES) return this.#state[offset] as number;
    if (offset < PENDING_AT) return 0;
    let bits = 0;
    for (let i = 0; i < 8; i++) {
      const vector = (offset - PENDING_AT) * 8 + i;
      if (vector < this.#vectors && this.#state[this.#pendingAt(vector)] === 1) bits |= 1 << i;
    }
    return bits;
  }

  #read(offset: number, bytes: AccessBytes): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.#byte(offset + i);
    return value;
  }

  #write(offset: number, bytes: AccessBytes, value: number): void {
    for (let i = 0; i < bytes; i++) {
      if (offset + i < this.#vectors * ENTRY_BYTES) this.#state[offset + i] = (value >>> (8 * i)) & 0xff;
    }
    this.#sendPending();
  }
}
