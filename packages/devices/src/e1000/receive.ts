/** The receive side of the 82540EM: address filter, buffer sizes, descriptors. 317453, 3.2 and 13.4.22. */
import { MTA, RAH_VALID, RAH0, RAL0 } from './registers.ts';

export const RECEIVE_ENABLE = 0x02;
const PROMISCUOUS = 0x08;
const PROMISCUOUS_MULTICAST = 0x10;
const ACCEPT_BROADCAST = 0x8000;
const SIZE_EXTENSION = 1 << 25;
const STRIP_CRC = 1 << 26;
const ADDRESSES = 16;
const DONE = 0x01;
const END_OF_PACKET = 0x02;
const CRC_BYTES = 4;
const MINIMUM_FRAME = 60;
/** Which 12 bits of the upper address bytes are the hash (RCTL.MO). */
const HASH_SHIFTS = [4, 3, 2, 0] as const;

/** Unicast by the receive addresses, multicast by a hash of 12 bits, broadcast where it is wanted (3.2.1). */
export function accepts(frame: Uint8Array, control: number, get: (offset: number) => number): boolean {
  if (frame.length < 14) return false;
  if ((control & PROMISCUOUS) !== 0) return true;
  const destination = frame.subarray(0, 6);
  if (destination.every((byte) => byte === 0xff)) return (control & ACCEPT_BROADCAST) !== 0;
  const low =
    ((frame[0] as number) |
      ((frame[1] as number) << 8) |
      ((frame[2] as number) << 16) |
      ((frame[3] as number) << 24)) >>>
    0;
  const high = (frame[4] as number) | ((frame[5] as number) << 8);
  for (let i = 0; i < ADDRESSES; i++) {
    const upper = get(RAH0 + 8 * i);
    if ((upper & RAH_VALID) !== 0 && (upper & 0xffff) === high && get(RAL0 + 8 * i) === low) return true;
  }
  if (((frame[0] as number) & 1) === 0) return false;
  if ((control & PROMISCUOUS_MULTICAST) !== 0) return true;
  const hash = (high >> (HASH_SHIFTS[((control >> 12) & 3) as 0] as number)) & 0xfff;
  return (get(MTA + 4 * (hash >> 5)) & (1 << (hash & 31))) !== 0;
}

/** Bytes of each buffer: 2048 to 256, or 16384 to 4096. */
export function receiveBufferBytes(control: number): number {
  const size = 2048 >> ((control >> 16) & 3);
  return (control & SIZE_EXTENSION) !== 0 && size < 2048 ? size * 16 : size;
}

/** Short frames are padded. Where the frame check sequence is not stripped there is room for one, of zeros: nothing checks it. */
export function strippedOrNot(frame: Uint8Array, control: number): Uint8Array {
  const length = Math.max(MINIMUM_FRAME, frame.length);
  const bytes = new Uint8Array(length + ((control & STRIP_CRC) !== 0 ? 0 : CRC_BYTES));
  bytes.set(frame);
  return bytes;
}

/** Bytes 8 to 15 of a descriptor: length, checksum, status, errors, special. */
export function receiveDescriptor(length: number, last: boolean): Uint8Array {
  return Uint8Array.of(length & 0xff, length >> 8, 0, 0, DONE | (last ? END_OF_PACKET : 0), 0, 0, 0);
}
