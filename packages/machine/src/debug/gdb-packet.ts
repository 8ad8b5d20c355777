/** Packets of gdb's remote serial protocol: `$data#checksum`, with `}` in front of bytes that the framing uses ("Overview", gdb manual E.1). */

export type GdbInput =
  | { readonly kind: 'packet'; readonly data: Uint8Array }
  /** A packet whose checksum is wrong. */
  | { readonly kind: 'damaged' }
  /** Ctrl-C. */
  | { readonly kind: 'interrupt' }
  /** `-`: the last packet is wanted again. */
  | { readonly kind: 'again' };

const DOLLAR = 0x24;
const HASH = 0x23;
const ESCAPE = 0x7d;
const ESCAPED = 0x20;
const STAR = 0x2a;
const CTRL_C = 3;
const MINUS = 0x2d;

/** Finds packets in bytes as they come. */
export class GdbPacketReader {
  /** From `$` on; undefined between packets. */
  #pending: number[] | undefined;

  *read(bytes: Uint8Array): Generator<GdbInput> {
    for (const byte of bytes) {
      if (this.#pending === undefined) {
        if (byte === DOLLAR) this.#pending = [];
        else if (byte === CTRL_C) yield { kind: 'interrupt' };
        else if (byte === MINUS) yield { kind: 'again' };
        continue;
      }
      this.#pending.push(byte);
      const end = this.#pending.length - 3;
      if (end < 0 || this.#pending[end] !== HASH) continue;
      const frame = this.#pending;
      this.#pending = undefined;
      yield packetOf(frame.slice(0, end), String.fromCharCode(...frame.slice(end + 1)));
    }
  }
}

function packetOf(body: readonly number[], checksum: string): GdbInput {
  if (sum(body) !== Number.parseInt(checksum, 16)) return { kind: 'damaged' };
  const data: number[] = [];
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] as number;
    data.push(byte === ESCAPE ? (body[++at] as number) ^ ESCAPED : byte);
  }
  return { kind: 'packet', data: Uint8Array.from(data) };
}

/** A packet as it goes out. */
export function gdbPacket(data: string): Uint8Array {
  const body: number[] = [];
  for (const byte of new TextEncoder().encode(data)) {
    if (byte === DOLLAR || byte === HASH || byte === ESCAPE || byte === STAR) body.push(ESCAPE, byte ^ ESCAPED);
    else body.push(byte);
  }
  const checksum = new TextEncoder().encode(`#${sum(body).toString(16).padStart(2, '0')}`);
  return Uint8Array.from([DOLLAR, ...body, ...checksum]);
}

function sum(bytes: readonly number[]): number {
  return bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
}
