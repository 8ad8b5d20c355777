/**
 * The layout of a ring in shared memory, for guest and guest, host and host, host and guest. All words are u32, little-endian;
 * the ring starts at a multiple of 128 bytes. A line has one user that writes it often, and the lines of different users are
 * 128 bytes apart: CPUs fetch cache lines of 64 bytes in pairs.
 *
 * ```
 * 0x000  constants, written once by whoever makes the ring
 *   0   magic           "RING" 0x474e4952
 *   4   version         RING_VERSION
 *   8   capacity        bytes of data: unitBytes times a power of two
 *   12  unitBytes       what positions count: 8 in a ring of records, 4 or 8 in a ring of words
 *   16  kind            RING_OF_RECORDS or RING_OF_WORDS
 * 0x080  writer position: units ever written, modulo 2^32             written by the writer only
 * 0x100  reader position: units ever given back, modulo 2^32          written by the reader only
 * 0x180  writer status                                                written seldom, so that reading it costs nothing
 *   0   state           0 awake; 1 asleep until there is room (the reader sets it back to 0 and notifies);
 *                       else closed by this side, and why: RING_CLOSED_* or a reason of the user's
 *   4   epoch           of the writer; 0 while it starts over
 * 0x200  reader status: state (1: asleep until there is a record) and epoch, as above
 * 0x280  data
 * ```
 *
 * The unit at position p lies at data + (p mod units) * unitBytes. Never more than `units` lie between the two positions.
 *
 * ```
 * record     | length u32 | kind u32 | payload, length bytes ... | padding to a multiple of 8 |
 * marker     | 0xffffffff | (what comes is not used) ... up to the end of the data |   the next record is at the start of the data
 * ```
 *
 * A record lies in one piece, and so takes at most half of the capacity. A marker and the record behind it are published together.
 *
 * Publishing is one store to the own position, after everything it covers. A position of the peer is taken over only when it moved
 * forward, by no more than there can be, and while the peer's epoch is the own one.
 */
export const RING_MAGIC = 0x474e4952;
export const RING_VERSION = 1;
export const RING_MAGIC_AT = 0;
export const RING_VERSION_AT = 4;
export const RING_CAPACITY_AT = 8;
export const RING_UNIT_BYTES_AT = 12;
export const RING_KIND_AT = 16;
export const RING_WRITER_POSITION_AT = 0x80;
export const RING_READER_POSITION_AT = 0x100;
export const RING_WRITER_STATUS_AT = 0x180;
export const RING_READER_STATUS_AT = 0x200;
/** Within a status line. */
export const RING_STATE_AT = 0;
export const RING_EPOCH_AT = 4;
export const RING_DATA_AT = 0x280;
export const RING_ALIGNMENT = 128;

export const RING_OF_RECORDS = 0;
export const RING_OF_WORDS = 1;

export const RECORD_UNIT_BYTES = 8;
export const RECORD_LENGTH_AT = 0;
export const RECORD_KIND_AT = 4;
export const RECORD_HEADER_BYTES = 8;
export const RECORD_WRAP = 0xffffffff;

/** Least and most units of a ring. */
export const RING_UNITS_MINIMUM = 2;
export const RING_UNITS_MAXIMUM = 0x8000000;

export const RING_AWAKE = 0;
export const RING_ASLEEP = 1;
/** The other side has finished; all it wrote can still be read. */
export const RING_CLOSED = 2;
/** Its supervisor found the other side dead; all it published can still be read. */
export const RING_CLOSED_DIED = 3;
/** The other side has started over in a later epoch: `rejoin`. Never written to a state. */
export const RING_CLOSED_RESTARTED = 4;
/** The other side wrote a position that cannot be. */
export const RING_CLOSED_BAD_POSITION = 5;
/** The other side wrote a record that does not fit what it published. */
export const RING_CLOSED_BAD_LENGTH = 6;
/** What is said to be a ring is none, or not of this kind, size or version. */
export const RING_CLOSED_BAD_LAYOUT = 7;
/** The two sides were built against different interfaces. */
export const RING_CLOSED_MISMATCH = 8;
/** First reason that is the user's own. */
export const RING_CLOSED_USER = 256;

/** No side is ever in this epoch: it is there while one starts over. */
export const RING_EPOCH_NONE = 0;

/** Bytes of private memory that one side of a ring takes in guest code, zeroed before the first use. */
export const RING_STATE_BYTES = 128;
