/**
 * The threads of one shared memory, and how they speak: through mailboxes in the cores' states.
 *
 * A thread that wants something of a core writes it into the core's mailbox, sets a bit there, sets EVENTS, so that the core leaves its fast loop at
 * the end of the block, and signals. What must be over before the sender goes on is acknowledged:
 *
 *  - *between two instructions*: that a page has no write entry in the core's TLB, and no store to it is under way (PROTECT). An instruction that waits
 *    for something else may have a store before it, so it does not answer.
 *  - *anywhere but between load and store of a locked instruction*: that the core makes no accesses while another owns the bus (STOP).
 *
 * All waits are for a change of the waiting core's own MAIL_SIGNAL. While a core waits between instructions it answers PROTECT and STOP; core 0 serves
 * accesses to devices in every wait of its own, because an instruction of another core that waits for one answers nothing else. Marks of pages are
 * changed under a lock inside of which nobody waits. So no circle of waits closes: device accesses need core 0 alone, which always serves them, and
 * whoever waits for the bus counts as stopped.
 *
 * A core whose thread sleeps, or runs something else than its instructions, is *parked*: it counts as having answered, and serves its mailbox before its
 * next instruction. (It clears PARKED first and looks then; who waits posts first and looks at PARKED then.)
 */
import * as machine from '../../semantics/machine-memory.ts';
import { Mailbox } from './mailbox.ts';

const LOCK = machine.MARKS_LOCK / 4;
const OWNER = machine.BUS_OWNER / 4;

export class Exchange {
  readonly words: Int32Array;
  readonly cores: readonly Mailbox[];
  /** Of the thread that carries out no instructions. */
  readonly host: Mailbox;
  /** The core whose instructions this thread carries out; undefined: the host's thread, which may do so for any while all are parked. */
  readonly own: number | undefined;
  /** Core 0's thread: carries out the accesses to devices that other cores wait for. */
  serveDevices: () => void = () => {};

  constructor(words: Int32Array, bases: readonly number[], own: number | undefined) {
    this.words = words;
    this.cores = bases.map((base) => new Mailbox(words, base));
    this.host = new Mailbox(words, machine.HOST_PLACE);
    this.own = own;
  }

  /** Changes marks of pages with no other thread doing so. `work` must not wait. */
  withMarks<T>(work: () => T): T {
    while (Atomics.compareExchange(this.words, LOCK, 0, 1) !== 0);
    try {
      return work();
    } finally {
      Atomics.store(this.words, LOCK, 0);
    }
  }

  /** The core that has stopped the others, or wants to; undefined: none. */
  get busOwner(): number | undefined {
    const owner = Atomics.load(this.words, OWNER);
    return owner === 0 ? undefined : owner - 1;
  }

  /** @returns whether the bus was free, and belongs to the core now */
  takeBus(core: number): boolean {
    return Atomics.compareExchange(this.words, OWNER, 0, core + 1) === 0;
  }

  releaseBus(): void {
    Atomics.store(this.words, OWNER, 0);
    for (const mailbox of this.cores) mailbox.signal();
  }
}
