/** Where encoded instructions go: growing bytes, and the places that wait for a symbol. */

/** How a place is patched: absolute, signed absolute, or relative to the end of the field. */
export type FixupKind = 'rel8' | 'rel16' | 'rel32' | 'abs16' | 'abs32' | 'abs32s' | 'abs64';

export interface Fixup {
  /** Of the field, in bytes from the start of the buffer. */
  offset: number;
  kind: FixupKind;
  symbol: string;
  /** For `rel*` the bytes of the instruction behind the field are taken off already: symbol + addend - end of field is right. */
  addend: number;
}

/** Instructions are appended at `length`. Fixed up fields hold zero. */
export class CodeBuffer {
  bytes: Uint8Array;
  length = 0;
  /** In the order of their offsets, except within an instruction. */
  readonly fixups: Fixup[] = [];

  /** Of the last instruction: where its displacement starts, or -1. */
  displacementOffset = -1;
  displacementBytes = 0;
  /** Of the last instruction: where its first immediate (or relative target) starts, or -1. */
  immediateOffset = -1;
  immediateBytes = 0;

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** Appends `count` bytes, least significant first. Higher bits of `value` are dropped. */
  write(value: number | bigint, count: number): void {
    const { bytes } = this;
    let at = this.length;
    if (count === 8) {
      let wide = BigInt.asUintN(64, BigInt(value));
      for (let i = 0; i < 8; i++, wide >>= 8n) bytes[at++] = Number(wide & 0xffn);
    } else {
      let low = typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0;
      for (let i = 0; i < count; i++, low >>= 8) bytes[at++] = low & 0xff;
    }
    this.length = at;
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    this.length = length;
    while ((this.fixups[this.fixups.length - 1]?.offset ?? -1) >= length) this.fixups.pop();
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}
