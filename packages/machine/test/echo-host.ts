/**
 * The only other host on a network without wires: it answers requests for the address of its own (ARP, RFC 826) and echo requests (ICMP, RFC 792), and
 * nothing else.
 */

const ETHERNET_BYTES = 14;
const TYPE_AT = 12;
const TYPE_ARP = 0x0806;
const TYPE_IPV4 = 0x0800;
const REQUEST = 1;
const REPLY = 2;
const PROTOCOL_ICMP = 1;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;

export class EchoHost {
  /** How many echo requests it has answered. */
  echoes = 0;
  readonly #mac: Uint8Array;
  readonly #address: Uint8Array;

  constructor(mac: Uint8Array, address: Uint8Array) {
    this.#mac = mac;
    this.#address = address;
  }

  /** @returns the answer to a frame, where it wants one */
  answer(frame: Uint8Array): Uint8Array | undefined {
    const reply = frame.slice();
    reply.set(frame.subarray(6, 12), 0);
    reply.set(this.#mac, 6);
    const view = new DataView(reply.buffer);
    const type = view.getUint16(TYPE_AT);
    if (type === TYPE_ARP) return this.#answerArp(reply, view);
    return type === TYPE_IPV4 ? this.#answerEcho(reply, view) : undefined;
  }

  /** Operation at 6, then hardware and protocol address of the sender, and of the target. */
  #answerArp(reply: Uint8Array, view: DataView): Uint8Array | undefined {
    const at = ETHERNET_BYTES;
    if (view.getUint16(at + 6) !== REQUEST || !this.#isMine(reply.subarray(at + 24, at + 28))) return undefined;
    view.setUint16(at + 6, REPLY);
    reply.copyWithin(at + 18, at + 8, at + 18);
    reply.set(this.#mac, at + 8);
    reply.set(this.#address, at + 14);
    return reply;
  }

  #answerEcho(reply: Uint8Array, view: DataView): Uint8Array | undefined {
    const at = ETHERNET_BYTES;
    const icmp = at + 4 * (view.getUint8(at) & 15);
    const isEcho = view.getUint8(at + 9) === PROTOCOL_ICMP && view.getUint8(icmp) === ECHO_REQUEST;
    const total = view.getUint16(at + 2);
    const isWhole = checksum(reply.subarray(at, icmp)) === 0 && checksum(reply.subarray(icmp, at + total)) === 0;
    if (!isEcho || !isWhole || !this.#isMine(reply.subarray(at + 16, at + 20))) return undefined;
    this.echoes++;
    // Exchanging the addresses leaves the sum of the IP header as it is.
    reply.copyWithin(at + 16, at + 12, at + 16);
    reply.set(this.#address, at + 12);
    view.setUint8(icmp, ECHO_REPLY);
    view.setUint16(icmp + 2, 0);
    view.setUint16(icmp + 2, checksum(reply.subarray(icmp, at + total)));
    return reply;
  }

  #isMine(address: Uint8Array): boolean {
    return Buffer.compare(address, this.#address) === 0;
  }
}

/** The Internet checksum (RFC 1071): 0 over data that hold their own. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const [at, byte] of bytes.entries()) sum += at % 2 === 0 ? byte << 8 : byte;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
