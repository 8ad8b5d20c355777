/** Reads the primitive values of the binary format (WebAssembly Core 5.2) from a byte array, and never past `end`. */
import { WasmError, type WasmErrorCode } from './error.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  offset: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  malformed(reason: string, offset: number = this.offset): WasmError {
    return new WasmError('WASM_MALFORMED', offset, reason);
  }

  refuse(code: WasmErrorCode, reason: string, offset: number = this.offset): WasmError {
    return new WasmError(code, offset, reason);
  }

  byte(): number {
    if (this.offset >= this.end) throw this.malformed('unexpected end');
    return this.bytes[this.offset++] as number;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) throw this.malformed('integer too large or too long', start);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw this.malformed('integer too long', start);
  }

  /** Signed LEB128 of at most 32 bits. */
  s32(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28) {
        const high = byte & 0x78;
        if (byte >= 0x80 || (high !== 0 && high !== 0x78)) throw this.malformed('integer too large or too long', start);
      }
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return shift < 28 && byte & 0x40 ? value | (-1 << (shift + 7)) : value | 0;
    }
    throw this.malformed('integer too long', start);
  }

  /** Signed LEB128 of 33 bits, as block types use it. */
  s33(): number {
    return Number(this.#signed(33));
  }

  /** Signed LEB128 of at most 64 bits. */
  s64(): bigint {
    return this.#signed(64);
  }

  /** Unsigned LEB128 of at most 64 bits. */
  u64(): bigint {
    const start = this.offset;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      if (shift === 63n && byte > 1) throw this.malformed('integer too large or too long', start);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw this.malformed('integer too long', start);
  }

  #signed(bits: number): bigint {
    const start = this.offset;
    let value = 0n;
    for (let shift = 0; shift < bits; shift += 7) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte >= 0x80) continue;
      const wide = BigInt.asIntN(shift + 7, value);
      if (BigInt.asIntN(bits, wide) !== wide) throw this.malformed('integer too large', start);
      return wide;
    }
    throw this.malformed('integer too long', start);
  }

  u32le(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  u64le(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  #advance(count: number): number {
    const start = this.offset;
    if (count > this.end - start) throw this.malformed('unexpected end');
    this.offset = start + count;
    return start;
  }

  /** A view of `count` bytes, not a copy. */
  take(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.bytes.subarray(start, start + count);
  }

  name(): string {
    const length = this.u32();
    const start = this.offset;
    try {
      return utf8.decode(this.take(length));
    } catch (error) {
      if (error instanceof WasmError) throw error;
      throw this.malformed('name is not valid UTF-8', start);
    }
  }
}
