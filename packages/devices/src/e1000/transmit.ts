/** The transmit side of the 82540EM: legacy and extended descriptors, checksums, segmentation of TCP. 317453, 3.3 and 3.4. */
import type { GuestMemory } from '../device.ts';

export const DESCRIPTOR_BYTES = 16;
const END_OF_PACKET = 0x01;
const INSERT_CHECKSUM = 0x04;
const SEGMENT = 0x04;
export const REPORT_STATUS = 0x08;
const EXTENDED = 0x20;
const TYPE_DATA = 1;
const CONTEXT_TCP = 0x01;
const CONTEXT_IPV4 = 0x02;
const OPTION_IP_CHECKSUM = 0x01;
const OPTION_TRANSPORT_CHECKSUM = 0x02;
/** A packet before segmentation may be 256 KiB; a frame 16 KiB. */
const MAXIMUM_PACKET = 0x40000;
const TCP_FIN = 0x01;
const TCP_PUSH = 0x08;

interface ChecksumField {
  start: number;
  offset: number;
  /** Last byte that counts; 0: to the end. */
  end: number;
}

export interface TransmitState {
  /** What has been gathered of the packet. */
  packet: number[];
  ip: ChecksumField;
  transport: ChecksumField;
  isTcp: boolean;
  isIpv4: boolean;
  payload: number;
  headerBytes: number;
  segmentBytes: number;
  segments: boolean;
  options: number;
}

export const initialTransmit = (): TransmitState => ({
  packet: [],
  ip: { start: 0, offset: 0, end: 0 },
  transport: { start: 0, offset: 0, end: 0 },
  isTcp: false,
  isIpv4: false,
  payload: 0,
  headerBytes: 0,
  segmentBytes: 0,
  segments: false,
  options: 0,
});

/** Takes one descriptor; calls `send` for each frame that is complete then. */
export function takeDescriptor(
  state: TransmitState,
  memory: GuestMemory,
  bytes: Uint8Array,
  send: (frame: Uint8Array) => void,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, DESCRIPTOR_BYTES);
  const command = view.getUint8(11);
  const isExtended = (command & EXTENDED) !== 0;
  if (isExtended && ((view.getUint8(10) >> 4) & 15) !== TYPE_DATA) {
    takeContext(state, view);
    return;
  }
  const length = isExtended ? view.getUint32(8, true) & 0xfffff : view.getUint16(8, true);
  const address = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (isExtended && state.packet.length === 0) {
    state.segments = (command & SEGMENT) !== 0;
    state.options = view.getUint8(13);
  }
  if (address < 2 ** 52 && state.packet.length + length <= MAXIMUM_PACKET) {
    const part = new Uint8Array(length);
    memory.read(address, part);
    for (const byte of part) state.packet.push(byte);
  }
  if ((command & END_OF_PACKET) === 0) return;
  const packet = Uint8Array.from(state.packet);
  if (!isExtended) {
    const [offset, start] = [view.getUint8(10), view.getUint8(13)];
    if ((command & INSERT_CHECKSUM) !== 0) insertChecksum(packet, { start, offset, end: 0 });
    if (packet.length > 0) send(packet);
  } else sendExtended(state, packet, send);
  state.packet = [];
  state.segments = false;
  state.options = 0;
}

/** A context descriptor: where checksums go, and how to segment (3.3.6). */
function takeContext(state: TransmitState, view: DataView): void {
  state.ip = { start: view.getUint8(0), offset: view.getUint8(1), end: view.getUint16(2, true) };
  state.transport = { start: view.getUint8(4), offset: view.getUint8(5), end: view.getUint16(6, true) };
  state.payload = view.getUint32(8, true) & 0xfffff;
  state.isTcp = (view.getUint8(11) & CONTEXT_TCP) !== 0;
  state.isIpv4 = (view.getUint8(11) & CONTEXT_IPV4) !== 0;
  state.headerBytes = view.getUint8(13);
  state.segmentBytes = view.getUint16(14, true);
}

function sendExtended(state: TransmitState, packet: Uint8Array, send: (frame: Uint8Array) => void): void {
  const { headerBytes, segmentBytes } = state;
  if (!state.segments || segmentBytes === 0 || headerBytes === 0 || headerBytes > packet.length) {
    finish(state, packet, false);
    if (packet.length > 0) send(packet);
    return;
  }
  const header = packet.subarray(0, headerBytes);
  for (let at = headerBytes, index = 0; at < packet.length; at += segmentBytes, index++) {
    const last = at + segmentBytes >= packet.length;
    const payload = packet.subarray(at, at + segmentBytes);
    const frame = new Uint8Array(headerBytes + payload.length);
    frame.set(header);
    frame.set(payload, headerBytes);
    adjustHeaders(state, frame, at - headerBytes, index, last);
    finish(state, frame, true);
    send(frame);
  }
}

/** Lengths, identification, sequence number and flags of one segment (3.5). Offsets outside the frame change nothing. */
function adjustHeaders(state: TransmitState, frame: Uint8Array, sequence: number, index: number, last: boolean): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const { start: ip } = state.ip;
  const { start: transport } = state.transport;
  const add16 = (at: number, value: number): void => {
    if (at + 2 <= frame.length) view.setUint16(at, (view.getUint16(at) + value) & 0xffff);
  };
  const set16 = (at: number, value: number): void => {
    if (at + 2 <= frame.length) view.setUint16(at, value & 0xffff);
  };
  if (state.isIpv4) {
    set16(ip + 2, frame.length - ip);
    add16(ip + 4, index);
  } else set16(ip + 4, frame.length - ip - 40);
  if (!state.isTcp) set16(transport + 4, frame.length - transport);
  else if (transport + 14 <= frame.length) {
    view.setUint32(transport + 4, (view.getUint32(transport + 4) + sequence) >>> 0);
    if (!last) view.setUint8(transport + 13, view.getUint8(transport + 13) & ~(TCP_FIN | TCP_PUSH));
  }
  // Software has left the length out of the pseudo header's sum, for each segment has its own.
  add16Ones(view, frame.length, state.transport.offset, frame.length - transport);
}

function add16Ones(view: DataView, bytes: number, at: number, value: number): void {
  if (at + 2 > bytes) return;
  const sum = view.getUint16(at) + value;
  view.setUint16(at, (sum & 0xffff) + (sum >>> 16));
}

/** When segmenting, the ends of the ranges are those of the segment's own headers. */
function finish(state: TransmitState, frame: Uint8Array, segmented: boolean): void {
  if ((state.options & OPTION_TRANSPORT_CHECKSUM) !== 0) {
    insertChecksum(frame, segmented ? { ...state.transport, end: 0 } : state.transport);
  }
  if ((state.options & OPTION_IP_CHECKSUM) !== 0) insertChecksum(frame, state.ip);
}

/** The Internet checksum (RFC 1071) over the range, into its field. */
function insertChecksum(frame: Uint8Array, { start, offset, end }: ChecksumField): void {
  if (offset + 2 > frame.length) return;
  const limit = end === 0 ? frame.length : Math.min(frame.length, end + 1);
  let sum = 0;
  for (let i = start; i < limit; i += 2)
    sum += ((frame[i] as number) << 8) | (i + 1 < limit ? (frame[i + 1] as number) : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  frame[offset] = (~sum >> 8) & 0xff;
  frame[offset + 1] = ~sum & 0xff;
}
