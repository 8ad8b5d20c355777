/** Types on a serial line no faster than one at 115,200 baud carries it, in the guest's time: a guest's receive buffers hold no more. */
import type { Clock } from '@drift-os/devices';
import type { SerialInput } from './serial-line.ts';

/** Half of what the FIFO of a 16550 holds. */
const BURST_BYTES = 8;
/** Ten bits to a byte at 115,200 baud. */
const BURST_NANOSECONDS = BigInt(Math.round((BURST_BYTES * 10 * 1e9) / 115_200));

export class PacedInput implements SerialInput {
  readonly #clock: Clock;
  readonly #deliver: (bytes: Uint8Array) => void;
  #queue: Uint8Array[] = [];
  #scheduled = false;

  constructor(clock: Clock, deliver: (bytes: Uint8Array) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  send(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#queue.push(bytes);
    if (!this.#scheduled) this.#burst();
  }

  #burst(): void {
    this.#scheduled = false;
    const first = this.#queue.shift();
    if (first === undefined) return;
    this.#deliver(first.subarray(0, BURST_BYTES));
    if (first.length > BURST_BYTES) this.#queue.unshift(first.subarray(BURST_BYTES));
    this.#scheduled = true;
    this.#clock.schedule(this.#clock.now() + BURST_NANOSECONDS, () => this.#burst());
  }

  /** Nothing that was scheduled will come: the clock has started over. */
  restart(): void {
    this.#queue = [];
    this.#scheduled = false;
  }
}
