/**
 * A core's mailbox: what other threads write into its state, and the answers. Offsets from the core's base, continuing state.ts; words of 4 bytes that
 * are accessed atomically. How it is used stands on top of cpu/shared/exchange.ts.
 *
 * AssemblyScript imports this file too: plain numeric constants only.
 */

/** Counted up by whoever wants the core's thread to look; its sleep is a wait for a change of this word. */
export const MAIL_SIGNAL = 0xc80;
/** Threads that may be asleep on MAIL_SIGNAL. */
export const MAIL_WAITING = 0xc84;
/** 1: it is between two instructions and carries out none before it has served its mailbox. */
export const MAIL_PARKED = 0xc88;
/** 1: it makes no access to memory while another core owns the bus. */
export const MAIL_STOPPED = 0xc8c;
/** What there is to do: MAIL_ bits below. */
export const MAIL_BITS = 0xc90;
/** Page of the last SIPI. */
export const MAIL_STARTUP_PAGE = 0xc94;
/** Vectors that arrived, edge- and level-triggered: 8 words each. */
export const MAIL_EDGE = 0xca0;
export const MAIL_LEVEL = 0xcc0;
/**
 * Pages of host memory (plus 1) that stores may be under way to although they are marked: by slot of `translate`, then those below. Cleared between
 * instructions.
 */
export const HAZARDS = 0xce0;
export const HAZARD_COUNT = 8;
/** Commits of a BOUNCE, and stores of many elements; page walks; TypeScript; bus masters. */
export const HAZARD_COMMIT = 4;
export const HAZARD_WALK = 5;
export const HAZARD_TYPESCRIPT = 6;
export const HAZARD_BUS_MASTER = 7;
/** Of the local APIC, for senders: ID, state bits, logical destination, destination format, processor priority. */
export const MAIL_APIC_ID = 0xd00;
export const MAIL_APIC_STATE = 0xd04;
export const MAIL_APIC_LOGICAL = 0xd08;
export const MAIL_APIC_FORMAT = 0xd0c;
export const MAIL_APIC_PRIORITY = 0xd10;
/** An access to a device that this core asks for: state, kind, address (8 bytes, a double), bytes, value. */
export const MAIL_ACCESS = 0xd20;
export const MAIL_ACCESS_KIND = 0xd24;
export const MAIL_ACCESS_ADDRESS = 0xd28;
export const MAIL_ACCESS_BYTES = 0xd30;
export const MAIL_ACCESS_VALUE = 0xd34;
/** Pages whose code is to be dropped: written and read so far, and the last 32 of them. */
export const MAIL_DROPS_WRITTEN = 0xd40;
export const MAIL_DROPS_READ = 0xd44;
export const MAIL_DROPS = 0xd80;
export const MAIL_DROPS_SIZE = 32;
/** Pages whose write entries are to leave the TLB, with the core that waits in the upper bits: written and done so far, and the last 64. */
export const MAIL_PROTECTS_WRITTEN = 0xd48;
export const MAIL_PROTECTS_DONE = 0xd4c;
export const MAIL_PROTECTS = 0xe00;
export const MAIL_PROTECTS_SIZE = 64;
/** From here on the page number's bits of an entry end. */
export const MAIL_PROTECTS_FROM_SHIFT = 20;

/** Bits of MAIL_BITS. */
export const MAIL_PROTECT = 1;
export const MAIL_DROP = 2;
/** Too many pages for the lists: all write entries, all code. */
export const MAIL_PROTECT_ALL = 4;
export const MAIL_DROP_ALL = 8;
/** The map of guest-physical memory has changed. */
export const MAIL_REMAPPED = 16;
/** A core wants the bus for itself. */
export const MAIL_STOP = 32;
export const MAIL_INIT = 64;
export const MAIL_STARTUP = 128;
export const MAIL_NMI = 256;
/** Vectors are in MAIL_EDGE or MAIL_LEVEL. */
export const MAIL_VECTORS = 512;
/** A message of an external interrupt controller. */
export const MAIL_EXTERNAL = 1024;
/** For core 0: a core asks for an access to a device. */
export const MAIL_DEVICE = 4096;
/** Of the machine's own: see who runs the core. */
export const MAIL_ATTENTION = 8192;
