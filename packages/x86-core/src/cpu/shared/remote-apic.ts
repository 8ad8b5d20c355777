/** A core's local APIC as other threads reach it: what it listens to as words of its mailbox, messages as bits there. */
import { type InterruptTarget, matchesDestination } from '../../apic/destination.ts';
import type { InterruptMessage } from '../../apic/interrupt-message.ts';
import type { LocalApic } from '../../apic/local-apic.ts';
import * as mail from '../../semantics/mailbox.ts';
import type { Mailbox } from './mailbox.ts';

const GLOBALLY_ENABLED = 1;
const X2 = 2;
const ENABLED = 4;

export function publishApic(mailbox: Mailbox, apic: LocalApic): void {
  const state = (apic.globallyEnabled ? GLOBALLY_ENABLED : 0) | (apic.isX2 ? X2 : 0) | (apic.enabled ? ENABLED : 0);
  mailbox.store(mail.MAIL_APIC_ID, apic.id);
  mailbox.store(mail.MAIL_APIC_STATE, state);
  mailbox.store(mail.MAIL_APIC_LOGICAL, apic.logicalDestination);
  mailbox.store(mail.MAIL_APIC_FORMAT, apic.destinationFormat);
  mailbox.store(mail.MAIL_APIC_PRIORITY, apic.processorPriority);
}

export class RemoteApic implements InterruptTarget {
  readonly #mailbox: Mailbox;

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
  }

  get id(): number {
    return this.#mailbox.load(mail.MAIL_APIC_ID);
  }

  #has(state: number): boolean {
    return (this.#mailbox.load(mail.MAIL_APIC_STATE) & state) !== 0;
  }

  get enabled(): boolean {
    return this.#has(ENABLED);
  }

  get globallyEnabled(): boolean {
    return this.#has(GLOBALLY_ENABLED);
  }

  get isX2(): boolean {
    return this.#has(X2);
  }

  get logicalDestination(): number {
    return this.#mailbox.load(mail.MAIL_APIC_LOGICAL) >>> 0;
  }

  get destinationFormat(): number {
    return this.#mailbox.load(mail.MAIL_APIC_FORMAT) >>> 0;
  }

  get processorPriority(): number {
    return this.#mailbox.load(mail.MAIL_APIC_PRIORITY);
  }

  matches(destination: number, mode: 'physical' | 'logical'): boolean {
    return matchesDestination(this, destination, mode);
  }

  receive(message: InterruptMessage): void {
    const mailbox = this.#mailbox;
    const { vector } = message;
    switch (message.deliveryMode) {
      case 'fixed':
      case 'lowest-priority': {
        const field = message.trigger === 'level' ? mail.MAIL_LEVEL : mail.MAIL_EDGE;
        mailbox.or(field + 4 * (vector >> 5), 1 << (vector & 31));
        mailbox.post(mail.MAIL_VECTORS);
        break;
      }
      case 'nmi':
        mailbox.post(mail.MAIL_NMI);
        break;
      case 'init':
        if (!message.level) break;
        // A SIPI before it has nothing to say any more.
        mailbox.take(mail.MAIL_STARTUP);
        mailbox.post(mail.MAIL_INIT);
        break;
      case 'startup':
        mailbox.store(mail.MAIL_STARTUP_PAGE, vector);
        mailbox.post(mail.MAIL_STARTUP);
        break;
      case 'external':
        mailbox.post(mail.MAIL_EXTERNAL);
        break;
      case 'smi':
        break;
    }
  }
}
