/** A core among others that run on threads of their own: serves its mailbox, waits for answers, sleeps. How that fits together: exchange.ts. */
import type { InterruptMessage } from '../../apic/interrupt-message.ts';
import * as mail from '../../semantics/mailbox.ts';
import type { SystemState } from '../../system/system-state.ts';
import type { Exchange } from './exchange.ts';
import type { Mailbox } from './mailbox.ts';
import { postProtect, type PageMarks } from './page-marks.ts';
import { publishApic } from './remote-apic.ts';

/** What the core does for its mailbox. */
export interface LinkedCore {
  readonly system: SystemState;
  /** Forgets write entries for a page of guest-physical memory, or all. */
  protectPage(page: number): void;
  protectAll(): void;
  dropPage(page: number): void;
  dropAll(): void;
  /** The map of guest-physical memory has changed. */
  remapped(): void;
  /** The physical address of the line that MONITOR armed, if it still holds what it held then. */
  monitoredLine(): number | undefined;
}

/** Bits that are served in a wait between two instructions. */
const ANSWERED = mail.MAIL_PROTECT | mail.MAIL_PROTECT_ALL | mail.MAIL_DROP | mail.MAIL_DROP_ALL;

export class CoreLink {
  readonly number: number;
  readonly mailbox: Mailbox;
  /** How many pages of code were dropped. */
  drops = 0;
  /** Set for whoever runs the core by MAIL_ATTENTION, who clears it. */
  attention = false;
  readonly #exchange: Exchange;
  readonly #marks: PageMarks;
  readonly #core: LinkedCore;
  /** Of guest-physical memory: where the line is that a sleeping MWAIT watches. */
  #monitoredPage: number | undefined;

  constructor(number: number, exchange: Exchange, marks: PageMarks, core: LinkedCore) {
    this.number = number;
    this.mailbox = exchange.cores[number] as Mailbox;
    this.#exchange = exchange;
    this.#marks = marks;
    this.#core = core;
    this.publish();
  }

  /** Between two instructions: does what other threads have asked for. */
  serve(): void {
    const { mailbox } = this;
    if (mailbox.load(mail.MAIL_BITS) !== 0) {
      this.#answer();
      if (mailbox.take(mail.MAIL_REMAPPED) !== 0) this.#core.remapped();
      if (mailbox.take(mail.MAIL_DEVICE) !== 0) this.#exchange.serveDevices();
      if (mailbox.take(mail.MAIL_ATTENTION) !== 0) {
        this.attention = true;
        this.#core.system.yields = true;
      }
      mailbox.take(mail.MAIL_STOP);
      this.#takeEvents();
    }
    this.#standStill();
  }

  #answer(): void {
    const { mailbox } = this;
    const bits = mailbox.take(ANSWERED);
    if (bits === 0) return;
    if ((bits & mail.MAIL_DROP_ALL) !== 0) {
      this.drops++;
      this.#core.dropAll();
      this.#core.system.endMonitoredWait();
    }
    this.serveDrops();
    if ((bits & mail.MAIL_PROTECT_ALL) !== 0) this.#core.protectAll();
    const written = mailbox.load(mail.MAIL_PROTECTS_WRITTEN);
    let done = mailbox.load(mail.MAIL_PROTECTS_DONE);
    if (done === written && (bits & mail.MAIL_PROTECT_ALL) === 0) return;
    const waiting = new Set<number>();
    for (; done !== written; done = (done + 1) | 0) {
      const word = mailbox.load(mail.MAIL_PROTECTS + 4 * (done & (mail.MAIL_PROTECTS_SIZE - 1)));
      this.#core.protectPage(word & ((1 << mail.MAIL_PROTECTS_FROM_SHIFT) - 1));
      waiting.add(word >>> mail.MAIL_PROTECTS_FROM_SHIFT);
    }
    for (let hazard = 0; hazard < mail.HAZARD_COUNT; hazard++) mailbox.store(mail.HAZARDS + 4 * hazard, 0);
    mailbox.store(mail.MAIL_PROTECTS_DONE, written);
    for (const number of waiting) this.#exchange.cores[number]?.signal();
  }

  /** Drops pages that others have written to. Possible anywhere. */
  serveDrops(): void {
    const { mailbox } = this;
    const written = mailbox.load(mail.MAIL_DROPS_WRITTEN);
    for (let read = mailbox.load(mail.MAIL_DROPS_READ); read !== written; read = (read + 1) | 0) {
      this.drops++;
      const page = mailbox.load(mail.MAIL_DROPS + 4 * (read & (mail.MAIL_DROPS_SIZE - 1)));
      this.#core.dropPage(page);
      // Somebody is about to write to the line. The wait ends even if the core looks before that is done: it may end for nothing.
      if (page === this.#monitoredPage) this.#core.system.endMonitoredWait();
    }
    mailbox.store(mail.MAIL_DROPS_READ, written);
  }

  #takeEvents(): void {
    const { mailbox } = this;
    const { system } = this.#core;
    const events = mail.MAIL_INIT | mail.MAIL_STARTUP | mail.MAIL_NMI | mail.MAIL_EXTERNAL;
    const bits = mailbox.take(events | mail.MAIL_VECTORS);
    if (bits === 0) return;
    if ((bits & mail.MAIL_INIT) !== 0) system.raiseInit();
    if ((bits & mail.MAIL_STARTUP) !== 0) system.raiseStartup(mailbox.load(mail.MAIL_STARTUP_PAGE));
    if ((bits & mail.MAIL_NMI) !== 0) system.raiseNmi();
    if ((bits & mail.MAIL_EXTERNAL) !== 0) system.apic.receive({ ...arrived(0, 'edge'), deliveryMode: 'external' });
    if ((bits & mail.MAIL_VECTORS) !== 0) {
      this.#takeVectors(mail.MAIL_LEVEL, 'level');
      this.#takeVectors(mail.MAIL_EDGE, 'edge');
    }
  }

  #takeVectors(field: number, trigger: 'edge' | 'level'): void {
    for (let word = 0; word < 8; word++) {
      if (this.mailbox.load(field + 4 * word) === 0) continue;
      const vectors = this.mailbox.exchange(field + 4 * word, 0);
      for (let bit = 0; bit < 32; bit++) {
        if ((vectors & (1 << bit)) !== 0) this.#core.system.apic.receive(arrived(32 * word + bit, trigger));
      }
    }
  }

  /** Lets others know what the local APIC listens to. */
  publish(): void {
    publishApic(this.mailbox, this.#core.system.apic);
  }

  /**
   * Between two instructions: returns when no other core has a write entry for a page that was just marked, nor a store to it under way.
   * @param hostPage number of the page in host memory
   * @param isSettled no TLB has one: only stores under way are waited for
   */
  settle(page: number, hostPage: number, isSettled: boolean): void {
    const exchange = this.#exchange;
    const answers = exchange.withMarks(() => {
      const posted: { readonly other: Mailbox; readonly ticket: number | undefined }[] = [];
      for (const other of exchange.cores) {
        if (other === this.mailbox || (isSettled && !hasHazard(other, hostPage))) continue;
        posted.push({ other, ticket: postProtect(other, page, this.number) });
      }
      return posted;
    });
    const isDone = ({ other, ticket }: (typeof answers)[number]): boolean =>
      other.load(mail.MAIL_PARKED) !== 0 ||
      (ticket !== undefined && ((other.load(mail.MAIL_PROTECTS_DONE) - ticket) | 0) >= 0);
    this.waitBetweenInstructions(() => !hasHazard(exchange.host, hostPage) && answers.every(isDone));
  }

  /** Of this core's own TLB. */
  protectOwn(page: number): void {
    this.#core.protectPage(page);
  }

  waitBetweenInstructions(isOver: () => boolean): void {
    this.mailbox.wait(() => {
      this.#answer();
      this.#standStill();
      this.#exchange.serveDevices();
      return isOver();
    });
  }

  /** In the middle of an instruction. */
  waitInInstruction(isOver: () => boolean): void {
    this.mailbox.wait(() => {
      this.#exchange.serveDevices();
      return isOver();
    });
  }

  /** Returns when no other core makes accesses, until `unlockBus`. In an instruction that has not changed anything yet. */
  lockBus(): void {
    const exchange = this.#exchange;
    if (exchange.cores.length === 1) return;
    while (!exchange.takeBus(this.number)) this.#standFor(exchange.busOwner);
    const others = exchange.cores.filter((other) => other !== this.mailbox);
    const stands = (other: Mailbox): boolean =>
      other.load(mail.MAIL_STOPPED) !== 0 || other.load(mail.MAIL_PARKED) !== 0;
    for (const other of others) if (!stands(other)) other.post(mail.MAIL_STOP);
    this.waitInInstruction(() => others.every(stands));
  }

  unlockBus(): void {
    if (this.#exchange.cores.length > 1) this.#exchange.releaseBus();
  }

  /** While another core owns the bus. It looks again after it has said that it goes on: the next owner may have seen it stand. */
  #standStill(): void {
    const exchange = this.#exchange;
    for (;;) {
      const owner = exchange.busOwner;
      if (owner === undefined || owner === this.number) return;
      this.#standFor(owner);
    }
  }

  #standFor(owner: number | undefined): void {
    if (owner === undefined) return;
    const exchange = this.#exchange;
    this.mailbox.store(mail.MAIL_STOPPED, 1);
    exchange.cores[owner]?.signal();
    this.waitInInstruction(() => exchange.busOwner !== owner);
    this.mailbox.store(mail.MAIL_STOPPED, 0);
  }

  /** The core carries out no instruction before `unpark`. */
  park(): void {
    this.mailbox.store(mail.MAIL_PARKED, 1);
    // Who waits for an answer has it now.
    for (const other of this.#exchange.cores) if (other !== this.mailbox) other.signal();
  }

  unpark(): void {
    this.mailbox.store(mail.MAIL_PARKED, 0);
    this.serve();
  }

  /** Sleeps, unless the host has asked for attention since `attention` was cleared. */
  sleepUnlessAsked(milliseconds: number): void {
    if (!this.attention) this.sleep(milliseconds);
  }

  /**
   * Sleeps until something is in the mailbox; with an MWAIT under way also until its line is written to. The core halts.
   * @param milliseconds at most
   */
  sleep(milliseconds: number): void {
    const { system } = this.#core;
    if (system.monitored === undefined) {
      this.#sleepParked(milliseconds);
      return;
    }
    const line = this.#core.monitoredLine();
    this.#monitoredPage = line === undefined ? undefined : Math.floor(line / 4096);
    // What was stored before the mark is seen behind it, what comes after it is told of.
    if (line === undefined || !this.#marks.watchLine(this, line) || this.#core.monitoredLine() === undefined) {
      system.endMonitoredWait();
    } else if (!system.monitorEnded) this.#sleepParked(milliseconds);
    this.#monitoredPage = undefined;
  }

  #sleepParked(milliseconds: number): void {
    this.park();
    this.mailbox.wait(() => this.mailbox.load(mail.MAIL_BITS) !== 0, milliseconds);
    this.unpark();
  }
}

function hasHazard(mailbox: Mailbox, hostPage: number): boolean {
  for (let hazard = 0; hazard < mail.HAZARD_COUNT; hazard++) {
    if (mailbox.load(mail.HAZARDS + 4 * hazard) === hostPage + 1) return true;
  }
  return false;
}

function arrived(vector: number, trigger: 'edge' | 'level'): InterruptMessage {
  return { vector, deliveryMode: 'fixed', destination: 0, destinationMode: 'physical', trigger, level: true };
}
