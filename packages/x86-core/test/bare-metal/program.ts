/** An assembler with labels for guest programs: everything stands at a fixed address, in one 64 KiB ROM below 1 MiB. */
import {
  CodeBuffer,
  encode,
  type Mode,
  type Operand,
  type PrefixedMnemonic,
  type SymbolReference,
  symbol,
} from '../../src/index.ts';

export const ROM = 0xf_0000;
export const ROM_BYTES = 0x1_0000;

export class Program {
  mode: Mode = 16;
  readonly #out = new CodeBuffer(ROM_BYTES);
  readonly #labels = new Map<string, number>();
  #anonymous = 0;

  emit(mnemonic: PrefixedMnemonic, ...operands: Operand[]): this {
    encode(this.mode, mnemonic, operands, this.#out);
    return this;
  }

  bytes(...values: number[]): this {
    for (const value of values) this.#out.write(value, 1);
    return this;
  }

  word(value: number | bigint, bytes: 2 | 4 | 8): this {
    this.#out.write(value, bytes);
    return this;
  }

  text(text: string): this {
    return this.bytes(...new TextEncoder().encode(text), 0);
  }

  label(name: string): this {
    if (this.#labels.has(name)) throw new Error(`Two labels "${name}"`);
    this.#labels.set(name, ROM + this.#out.length);
    return this;
  }

  /** A name that no other label has. */
  fresh(): string {
    return `.${this.#anonymous++}`;
  }

  /** A label as an operand: in 16-bit code an offset in segment F000. */
  ref(name: string, bits?: 8 | 16 | 32 | 64): SymbolReference {
    return bits === undefined ? symbol(name) : symbol(name, 0, bits);
  }

  align(bytes: number): this {
    while (this.#out.length % bytes !== 0) this.bytes(0);
    return this;
  }

  addressOf(name: string): number {
    const address = this.#labels.get(name);
    if (address === undefined) throw new Error(`No label "${name}"`);
    return address;
  }

  /** The ROM, with a jump to `entry` where processors start. */
  finish(entry: string): Uint8Array {
    const out = this.#out;
    const code = out.length;
    for (const { offset, kind, symbol: name, addend } of out.fixups) {
      const bits = Number(/\d+/.exec(kind)?.[0]);
      const value = this.addressOf(name) + addend - (kind.startsWith('rel') ? ROM + offset + bits / 8 : 0);
      if (kind === 'rel8' && value !== (value << 24) >> 24) throw new Error(`"${name}" is too far away`);
      out.length = offset;
      out.write(value, bits / 8);
    }
    if (code > ROM_BYTES - 0x100) throw new Error(`The program has ${code} bytes`);
    const rom = new Uint8Array(ROM_BYTES).fill(0xf4);
    rom.set(out.bytes.subarray(0, code));
    const start = this.addressOf(entry) - ROM;
    rom.set([0xea, start & 255, start >> 8, 0x00, 0xf0], ROM_BYTES - 16);
    return rom;
  }
}
