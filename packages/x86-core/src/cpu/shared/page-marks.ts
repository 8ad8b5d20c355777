/**
 * Marks of pages that several threads store to: decoded code is there, or a line that a core sleeps at until it is written to, which counts as code.
 *
 * When a page gets its first mark, its write entries in all TLBs are marked before the mark counts. From then on stores to it publish the page as a
 * hazard, look at the marks (assembly/physical.ts), tell whom they concern, and are made then. Whoever marks looks at the hazards behind the mark, and
 * waits for cores with this page among theirs to be between two instructions. So a store either is complete before what was marked is read, or is told of.
 *
 * Decoded code is dropped by message, without an answer: the message is there before the store is made, and a core looks at its messages at the end of
 * every block. A core that has seen a later store of the same program has seen the message.
 */
import * as mail from '../../semantics/mailbox.ts';
import * as machine from '../../semantics/machine-memory.ts';
import type { CoreLink } from './core-link.ts';
import type { Exchange } from './exchange.ts';
import type { Mailbox } from './mailbox.ts';

const PAGE = 4096;
const GRANULE_PAGE_BYTES = PAGE >>> (machine.CODE_GRANULE_BITS + 3);
/** What MONITOR watches. */
const LINE_BYTES = 64;

export class PageMarks {
  readonly #exchange: Exchange;
  readonly #bytes: Uint8Array;
  /** PHYSICAL. */
  readonly #table: Uint32Array;

  constructor(exchange: Exchange, bytes: Uint8Array, table: Uint32Array) {
    this.#exchange = exchange;
    this.#bytes = bytes;
    this.#table = table;
  }

  /** Bytes of one page are about to be read as code by this core. Behind it every store to them drops the page's code. May carry out drops itself. */
  markCode(link: CoreLink, page: number, host: number, bytes: number): void {
    const exchange = this.#exchange;
    for (;;) {
      const dropped = link.drops;
      const isSettled = exchange.withMarks(() => {
        this.#markGranules(host, bytes);
        return (Atomics.or(this.#table, page, machine.PAGE_CODE) & machine.PAGE_SETTLED) !== 0;
      });
      if (!isSettled) link.protectOwn(page);
      link.settle(page, Math.floor(host / PAGE), isSettled);
      if (isSettled) return;
      const stays = exchange.withMarks(() => {
        link.serveDrops();
        const isMarked = ((this.#table[page] as number) & machine.PAGE_CODE) !== 0 && link.drops === dropped;
        if (isMarked) Atomics.or(this.#table, page, machine.PAGE_SETTLED);
        return isMarked;
      });
      if (stays) return;
    }
  }

  #markGranules(host: number, bytes: number): void {
    const last = (host + bytes - 1) >>> machine.CODE_GRANULE_BITS;
    for (let granule = host >>> machine.CODE_GRANULE_BITS; granule <= last; granule++) {
      Atomics.or(this.#bytes, machine.CODE_MAP + (granule >>> 3), 1 << (granule & 7));
    }
  }

  /** Tells the other cores to drop a page's code, and takes the mark away. The caller drops its own. */
  clearCode(page: number): void {
    const exchange = this.#exchange;
    exchange.withMarks(() => {
      const entry = Atomics.load(this.#table, page);
      if ((entry & machine.PAGE_CODE) === 0) return;
      for (const [number, mailbox] of exchange.cores.entries()) if (number !== exchange.own) postDrop(mailbox, page);
      const first = machine.CODE_MAP + (((entry & ~0xfff) >>> 0) >>> (machine.CODE_GRANULE_BITS + 3));
      this.#bytes.fill(0, first, first + GRANULE_PAGE_BYTES);
      Atomics.and(this.#table, page, ~(machine.PAGE_CODE | machine.PAGE_SETTLED));
    });
  }

  /**
   * A core is about to sleep until the line at a physical address is written to: a message to drop its page comes then.
   * @returns false where that is no RAM
   */
  watchLine(link: CoreLink, physical: number): boolean {
    const page = Math.floor(physical / PAGE);
    const entry = physical < 2 ** 32 ? Atomics.load(this.#table, page) : 0;
    if ((entry & machine.PAGE_WRITE) === 0) return false;
    this.markCode(link, page, ((entry & ~0xfff) >>> 0) + (physical % PAGE), LINE_BYTES);
    return true;
  }
}

/** Under the marks' lock, so that one thread at a time writes the list. */
function postDrop(mailbox: Mailbox, page: number): void {
  const written = mailbox.load(mail.MAIL_DROPS_WRITTEN);
  if (((written - mailbox.load(mail.MAIL_DROPS_READ)) | 0) >= mail.MAIL_DROPS_SIZE) {
    mailbox.post(mail.MAIL_DROP_ALL);
    return;
  }
  mailbox.store(mail.MAIL_DROPS + 4 * (written & (mail.MAIL_DROPS_SIZE - 1)), page);
  mailbox.store(mail.MAIL_DROPS_WRITTEN, (written + 1) | 0);
  mailbox.post(mail.MAIL_DROP);
}

/** Under the marks' lock. @returns what MAIL_PROTECTS_DONE has reached once it is done; undefined where the list was full: all pages, once it runs */
export function postProtect(mailbox: Mailbox, page: number, from: number): number | undefined {
  const written = mailbox.load(mail.MAIL_PROTECTS_WRITTEN);
  if (((written - mailbox.load(mail.MAIL_PROTECTS_DONE)) | 0) >= mail.MAIL_PROTECTS_SIZE) {
    mailbox.post(mail.MAIL_PROTECT_ALL);
    return undefined;
  }
  const word = page | (from << mail.MAIL_PROTECTS_FROM_SHIFT);
  mailbox.store(mail.MAIL_PROTECTS + 4 * (written & (mail.MAIL_PROTECTS_SIZE - 1)), word);
  mailbox.store(mail.MAIL_PROTECTS_WRITTEN, (written + 1) | 0);
  mailbox.post(mail.MAIL_PROTECT);
  return (written + 1) | 0;
}
