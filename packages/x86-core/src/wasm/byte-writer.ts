/** Bytes that grow, and the numbers, names and vectors of the WebAssembly binary format in them (core specification 5.2). */

export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, until more is. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A byte, mostly an opcode, and an unsigned LEB128 of 32 bits behind it: an index or an offset. */
  opcode(code: number, value: number): void {
    if (value >= 0x80 || this.#length + 2 > this.#bytes.length) {
      this.byte(code);
      this.unsigned(value);
      return;
    }
    this.#bytes[this.#length++] = code;
    this.#bytes[this.#length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    this.#reserve(values.length);
    const { length } = values;
    for (let index = 0; index < length; index++) this.#bytes[this.#length++] = values[index] as number;
  }

  /** Bytes from one place to another of another writer. */
  copy(from: ByteWriter, first = 0, end: number = from.#length): void {
    this.#reserve(end - first);
    this.#bytes.set(from.#bytes.subarray(first, end), this.#length);
    this.#length += end - first;
  }

  /** Puts what another writer has in front. */
  prepend(front: ByteWriter): void {
    const added = front.#length;
    this.#reserve(added);
    this.#bytes.copyWithin(added, 0, this.#length);
    this.#bytes.set(front.written, 0);
    this.#length += added;
  }

  /** An unsigned LEB128 of 32 bits. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** A signed LEB128 of 32 bits. */
  signed32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** A signed LEB128 of 64 bits. */
  signed64(value: bigint): void {
    // Most constants are small, and numbers are faster than a BigInt's halves.
    const number = Number(value);
    if (number === (number | 0)) {
      this.signed32(number);
      return;
    }
    let low = Number(BigInt.asIntN(32, value));
    let high = Number(BigInt.asIntN(32, value >> 32n));
    // As many bits as are not just the sign of those below.
    while (high !== low >> 31 || low < -64 || low > 63) {
      this.byte((low & 0x7f) | 0x80);
      low = (low >>> 7) | (high << 25);
      high >>= 7;
    }
    this.byte(low & 0x7f);
  }

  /** A name of ASCII characters. */
  name(text: string): void {
    this.unsigned(text.length);
    for (let index = 0; index < text.length; index++) this.byte(text.charCodeAt(index));
  }
}
