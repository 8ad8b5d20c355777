/** Sends to a guest's serial line no faster than a 16550's receive FIFO of 16 bytes can be emptied. */

/** Bytes to a burst: less than the FIFO holds. */
export const BURST_BYTES = 8;
/** Milliseconds between bursts: 8 bytes take 0.7 ms at 115,200 baud; the rest is the guest's time to be scheduled. */
export const BURST_INTERVAL = 4;

/** Where bytes go: a pipe or a socket. Resolves when they were taken. */
export type ByteSink = (bytes: Uint8Array) => Promise<void>;

export class PacedWriter {
  readonly #sink: ByteSink;
  #queue: Promise<void> = Promise.resolve();

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Resolves when the last byte was taken. Calls do not interleave. */
  send(bytes: Uint8Array): Promise<void> {
    const sent = this.#queue.then(() => this.#write(bytes));
    this.#queue = sent.catch(() => {});
    return sent;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += BURST_BYTES) {
      await this.#sink(bytes.subarray(at, at + BURST_BYTES));
      await new Promise((resolve) => setTimeout(resolve, BURST_INTERVAL));
    }
  }
}
