/** One core's mailbox, as any thread sees it: see semantics/mailbox.ts for the words. */
import * as mail from '../../semantics/mailbox.ts';
import { EVENTS } from '../../semantics/state.ts';

/** Rounds of looking before a thread sleeps: less than a system call takes. */
const SPINS = 100;

export class Mailbox {
  readonly words: Int32Array;
  /** Index of the word at the core's base. */
  readonly base: number;

  /** @param base the core's base in bytes, or HOST_PLACE */
  constructor(words: Int32Array, base: number) {
    this.words = words;
    this.base = base / 4;
  }

  load(field: number): number {
    return Atomics.load(this.words, this.base + field / 4);
  }

  store(field: number, value: number): void {
    Atomics.store(this.words, this.base + field / 4, value);
  }

  /** @returns what was there */
  exchange(field: number, value: number): number {
    return Atomics.exchange(this.words, this.base + field / 4, value);
  }

  or(field: number, bits: number): void {
    Atomics.or(this.words, this.base + field / 4, bits);
  }

  /** Takes those of the bits of MAIL_BITS that are set. */
  take(bits: number): number {
    if ((this.load(mail.MAIL_BITS) & bits) === 0) return 0;
    return Atomics.and(this.words, this.base + mail.MAIL_BITS / 4, ~bits) & bits;
  }

  /** Gives the core something to do. It is between two instructions soon, or is woken. */
  post(bits: number): void {
    this.or(mail.MAIL_BITS, bits);
    this.store(EVENTS, 1);
    this.signal();
  }

  /** Whoever runs the core is to look: its run ends, and its link's `attention` is set. */
  callAttention(): void {
    this.post(mail.MAIL_ATTENTION);
  }

  /** Of core 0: `serveDevices` is to be called. */
  callForDevices(): void {
    this.post(mail.MAIL_DEVICE);
  }

  /** Makes its thread look at what it waits for. */
  signal(): void {
    Atomics.add(this.words, this.base + mail.MAIL_SIGNAL / 4, 1);
    if (this.load(mail.MAIL_WAITING) !== 0) Atomics.notify(this.words, this.base + mail.MAIL_SIGNAL / 4);
  }

  /**
   * On the mailbox's own thread: calls `look` again and again until it says that the wait is over, asleep in between. Whoever makes it true signals.
   * @param milliseconds at most
   * @returns whether it is over, and not only the time
   */
  wait(look: () => boolean, milliseconds: number = Number.POSITIVE_INFINITY): boolean {
    for (let spin = 0; spin < SPINS; spin++) if (look()) return true;
    const until = performance.now() + milliseconds;
    for (;;) {
      const seen = this.load(mail.MAIL_SIGNAL);
      Atomics.add(this.words, this.base + mail.MAIL_WAITING / 4, 1);
      const over = look();
      const left = until - performance.now();
      if (!over && left > 0) this.#sleep(seen, left);
      Atomics.sub(this.words, this.base + mail.MAIL_WAITING / 4, 1);
      if (over) return true;
      if (left <= 0) return false;
    }
  }

  #sleep(seen: number, milliseconds: number): void {
    if (!mayBlock()) return;
    Atomics.wait(this.words, this.base + mail.MAIL_SIGNAL / 4, seen, milliseconds);
  }
}

let blocks: boolean | undefined;

/** A page's main thread may not sleep: there, waits are short, and spin. */
function mayBlock(): boolean {
  if (blocks === undefined) {
    try {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
      blocks = true;
    } catch {
      blocks = false;
    }
  }
  return blocks;
}
