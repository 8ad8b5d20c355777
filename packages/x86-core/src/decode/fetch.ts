/** Reads the bytes of one instruction, and its prefixes: SDM 2 2.1.1, 2.2.1, 2.3. */
import type { Mode } from '../operand.ts';
import type { OpcodeMap } from '../table/notation.ts';

/** Thrown inside the decoder only; `decode` turns it into its result. */
export class FetchFailure extends Error {
  readonly reason: 'truncated' | 'too long';
  constructor(reason: 'truncated' | 'too long') {
    super(reason);
    this.reason = reason;
  }
}

const tooLong = new FetchFailure('too long');
const truncated = new FetchFailure('truncated');
const MAXIMUM_LENGTH = 15;

/** The state of the decoder while it reads. `begin` starts it over, so one is enough. */
export class Fetch {
  mode: Mode = 64;
  #bytes: Uint8Array = new Uint8Array();
  start = 0;
  at = 0;

  lock = false;
  repeat: 0 | 0xf2 | 0xf3 = 0;
  operandSizePrefix = false;
  addressSizePrefix = false;
  /** Number of the segment register, or -1. */
  segment = -1;
  /** The REX byte, or 0. */
  rex = 0;
  vex = false;
  /** From VEX: 128 or 256. */
  length = 128;
  vvvv = 0;
  vexPrefix = 0;
  w = 0;
  map: OpcodeMap = '1';
  opcode = 0;
  modRm = 0;
  displacementOffset = -1;

  begin(mode: Mode, bytes: Uint8Array, start: number): void {
    this.mode = mode;
    this.#bytes = bytes;
    this.start = start;
    this.at = start;
    this.lock = false;
    this.repeat = 0;
    this.operandSizePrefix = false;
    this.addressSizePrefix = false;
    this.segment = -1;
    this.rex = 0;
    this.vex = false;
    this.length = 128;
    this.vvvv = 0;
    this.vexPrefix = 0;
    this.w = 0;
    this.map = '1';
    this.opcode = 0;
    this.modRm = 0;
    this.displacementOffset = -1;
  }

  peek(): number {
    const { at } = this;
    if (at - this.start >= MAXIMUM_LENGTH) throw tooLong;
    if (at >= this.#bytes.length) throw truncated;
    return this.#bytes[at] as number;
  }

  u8(): number {
    const byte = this.peek();
    this.at++;
    return byte;
  }

  /** `count` bytes, least significant first, as an unsigned number: up to 4 bytes. */
  unsigned(count: number): number {
    return this.#little(count) >>> 0;
  }

  signed(count: number): number {
    const above = 32 - 8 * count;
    return (this.#little(count) << above) >> above;
  }

  /** Up to 4 bytes. */
  #little(count: number): number {
    let value = 0;
    for (let shift = 0; shift < 8 * count; shift += 8) value |= this.u8() << shift;
    return value;
  }

  u64(): bigint {
    const low = this.unsigned(4);
    return (BigInt(this.unsigned(4)) << 32n) | BigInt(low);
  }

  get addressSize(): 16 | 32 | 64 {
    if (!this.addressSizePrefix) return this.mode;
    return this.mode === 32 ? 16 : 32;
  }

  get operandSize(): 16 | 32 | 64 {
    if (this.w === 1 && this.mode === 64) return 64;
    return (this.mode === 16) !== this.operandSizePrefix ? 16 : 32;
  }

  /** Reads prefixes, map and opcode. @returns false when a VEX prefix does not go with what is before it. */
  readOpcode(): boolean {
    let byte = this.u8();
    for (;;) {
      if (this.#readPrefix(byte)) this.rex = 0;
      else if (this.mode === 64 && byte >> 4 === 4) this.rex = byte;
      else break;
      byte = this.u8();
    }
    this.w = (this.rex >> 3) & 1;
    if ((byte === 0xc4 || byte === 0xc5) && (this.mode === 64 || this.peek() >= 0xc0)) return this.#readVex(byte);
    if (byte === 0x0f) {
      this.map = '0F';
      byte = this.u8();
      if (byte === 0x38 || byte === 0x3a) {
        this.map = byte === 0x38 ? '0F38' : '0F3A';
        byte = this.u8();
      }
    }
    this.opcode = byte;
    return true;
  }

  #readPrefix(byte: number): boolean {
    switch (byte) {
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
        if (this.mode !== 64) this.segment = (byte >> 3) & 3;
        return true;
      case 0x64:
      case 0x65:
        this.segment = byte & 7;
        return true;
      case 0x66:
        this.operandSizePrefix = true;
        return true;
      case 0x67:
        this.addressSizePrefix = true;
        return true;
      case 0xf0:
        this.lock = true;
        return true;
      case 0xf2:
      case 0xf3:
        this.repeat = byte;
        return true;
      default:
        return false;
    }
  }

  #readVex(byte: number): boolean {
    const allowed = !this.lock && this.repeat === 0 && !this.operandSizePrefix && this.rex === 0;
    this.vex = true;
    const second = this.u8();
    let last = second;
    let map = 1;
    let rxb = (~second >> 5) & 4;
    if (byte === 0xc4) {
      last = this.u8();
      map = second & 31;
      rxb = (~second >> 5) & 7;
      this.w = last >> 7;
    } else this.w = 0;
    if (this.mode !== 64) rxb = 0;
    this.rex = rxb;
    this.vvvv = (~last >> 3) & 15;
    this.length = (last & 4) !== 0 ? 256 : 128;
    this.vexPrefix = last & 3;
    this.opcode = this.u8();
    const name = vexMaps[map];
    if (name === undefined) return false;
    this.map = name;
    return allowed;
  }
}

const vexMaps: readonly (OpcodeMap | undefined)[] = [undefined, '0F', '0F38', '0F3A'];
