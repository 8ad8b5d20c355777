/** Accesses to devices from threads that do not have them: asked for in the mailbox, carried out on core 0's thread, waited for. */
import type { InterruptMessage } from '../../apic/interrupt-message.ts';
import * as mail from '../../semantics/mailbox.ts';
import type { AccessBytes, Bus } from '../bus.ts';
import type { Exchange } from './exchange.ts';
import type { Mailbox } from './mailbox.ts';

/** In MAIL_ACCESS. */
const IDLE = 0;
const ASKED = 1;
const DONE = 2;

const Kind = { readPort: 0, writePort: 1, readMemory: 2, writeMemory: 3, acknowledge: 4, endOfInterrupt: 5 } as const;

function addressAt({ words, base }: Mailbox): Float64Array {
  return new Float64Array(words.buffer, 4 * base + mail.MAIL_ACCESS_ADDRESS, 1);
}

export interface RemoteBusOptions {
  /** Whose accesses they are. */
  readonly core: number;
  /** A message of the core's local APIC. */
  sendInterrupt(message: InterruptMessage): void;
  unknownMsr?: Bus['unknownMsr'];
  shutdown?: Bus['shutdown'];
}

export class RemoteBus implements Bus {
  readonly #exchange: Exchange;
  readonly #mailbox: Mailbox;
  readonly #address: Float64Array;
  readonly sendInterrupt: (message: InterruptMessage) => void;
  readonly unknownMsr: NonNullable<Bus['unknownMsr']>;
  readonly shutdown: NonNullable<Bus['shutdown']>;

  constructor(exchange: Exchange, options: RemoteBusOptions) {
    this.#exchange = exchange;
    this.#mailbox = exchange.cores[options.core] as Mailbox;
    this.#address = addressAt(this.#mailbox);
    this.sendInterrupt = (message) => options.sendInterrupt(message);
    this.unknownMsr = (report) => options.unknownMsr?.(report);
    this.shutdown = () => options.shutdown?.();
  }

  readPort(port: number, bytes: AccessBytes): number {
    return this.#ask(Kind.readPort, port, bytes);
  }

  writePort(port: number, bytes: AccessBytes, value: number): void {
    this.#ask(Kind.writePort, port, bytes, value);
  }

  readMemory(physical: number, bytes: AccessBytes): number {
    return this.#ask(Kind.readMemory, physical, bytes);
  }

  writeMemory(physical: number, bytes: AccessBytes, value: number): void {
    this.#ask(Kind.writeMemory, physical, bytes, value);
  }

  acknowledgeInterrupt(): number {
    return this.#ask(Kind.acknowledge, 0, 1);
  }

  endOfInterrupt(vector: number): void {
    this.#ask(Kind.endOfInterrupt, vector, 1);
  }

  #ask(kind: number, address: number, bytes: number, value = 0): number {
    const mailbox = this.#mailbox;
    this.#address[0] = address;
    mailbox.store(mail.MAIL_ACCESS_KIND, kind);
    mailbox.store(mail.MAIL_ACCESS_BYTES, bytes);
    mailbox.store(mail.MAIL_ACCESS_VALUE, value | 0);
    mailbox.store(mail.MAIL_ACCESS, ASKED);
    this.#exchange.cores[0]?.post(mail.MAIL_DEVICE);
    mailbox.wait(() => mailbox.load(mail.MAIL_ACCESS) === DONE);
    mailbox.store(mail.MAIL_ACCESS, IDLE);
    return mailbox.load(mail.MAIL_ACCESS_VALUE) >>> 0;
  }
}

/** For core 0's thread: carries out what is asked for. */
export class AccessServer {
  readonly #askers: readonly { readonly mailbox: Mailbox; readonly address: Float64Array }[];
  readonly #bus: Bus;
  #isServing = false;

  constructor(exchange: Exchange, bus: Bus) {
    this.#bus = bus;
    this.#askers = exchange.cores.map((mailbox) => ({ mailbox, address: addressAt(mailbox) }));
  }

  /** No device is entered while another one is at work. */
  serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (const { mailbox, address } of this.#askers) {
        if (mailbox.load(mail.MAIL_ACCESS) !== ASKED) continue;
        const value = this.#carryOut(mailbox, address[0] as number);
        mailbox.store(mail.MAIL_ACCESS_VALUE, value | 0);
        mailbox.store(mail.MAIL_ACCESS, DONE);
        mailbox.signal();
      }
    } finally {
      this.#isServing = false;
    }
  }

  #carryOut(mailbox: Mailbox, address: number): number {
    const bytes = mailbox.load(mail.MAIL_ACCESS_BYTES) as AccessBytes;
    const value = mailbox.load(mail.MAIL_ACCESS_VALUE) >>> 0;
    const bus = this.#bus;
    switch (mailbox.load(mail.MAIL_ACCESS_KIND)) {
      case Kind.readPort:
        return bus.readPort(address, bytes);
      case Kind.writePort:
        bus.writePort(address, bytes, value);
        return 0;
      case Kind.readMemory:
        return bus.readMemory(address, bytes);
      case Kind.writeMemory:
        bus.writeMemory(address, bytes, value);
        return 0;
      case Kind.acknowledge:
        return bus.acknowledgeInterrupt();
      default:
        bus.endOfInterrupt?.(address);
        return 0;
    }
  }
}
