/** A growing little-endian byte buffer that remembers which places hold addresses, for ELF and DWARF. */

/** Where an address in a debug section points: into a section of the object described, or into another debug section. */
export type FixupTarget =
  | { readonly kind: 'code'; readonly section: number; readonly offset: number }
  | { readonly kind: 'debug'; readonly section: string; readonly offset: number };

/** A place of `size` bytes that holds zero until the target's address is known. */
export interface Fixup {
  readonly at: number;
  readonly size: 4 | 8;
  readonly target: FixupTarget;
}

export class ByteWriter {
  readonly fixups: Fixup[] = [];
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  }

  /** `value` is a non-negative safe integer or a bigint (taken modulo 2^64). */
  u64(value: number | bigint): void {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
  }

  /** Unsigned LEB128 (DWARF 4, 7.6). */
  uleb(value: number): void {
    let rest = value;
    do {
      const low = rest % 128;
      rest = Math.floor(rest / 128);
      this.u8(rest === 0 ? low : low | 0x80);
    } while (rest !== 0);
  }

  /** Signed LEB128 of a 32-bit integer. */
  sleb(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
      this.u8(done ? low : low | 0x80);
      if (done) return;
    }
  }

  /** UTF-8 with a terminating zero. */
  string(text: string): void {
    this.raw(new TextEncoder().encode(text));
    this.u8(0);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Appends `value` until the length is a multiple of `alignment`. */
  align(alignment: number, value = 0): void {
    while (this.#length % alignment !== 0) this.u8(value);
  }

  /** Address of code or data, 8 bytes. */
  address(section: number, offset: number): void {
    this.fixups.push({ at: this.#length, size: 8, target: { kind: 'code', section, offset } });
    this.u64(0);
  }

  /** Offset into a debug section, 4 bytes (32-bit DWARF). */
  debugOffset(section: string, offset: number): void {
    this.fixups.push({ at: this.#length, size: 4, target: { kind: 'debug', section, offset } });
    this.u32(0);
  }

  /** Overwrites 4 bytes that are already there. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = needed;
    return at;
  }
}
