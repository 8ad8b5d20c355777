/** A stack being pushed to or popped from, which becomes the program's own only when everything on it went well. */
import { checkAlignment, withinLimit } from './address.ts';
import type { Access, CoreContext, MemoryBytes, SegmentRegister } from './core-context.ts';
import { Segment } from './core-context.ts';
import { stackFault } from './cpu-fault.ts';
import { Attribute } from './descriptor.ts';
import { is64Bit, isCanonical, stackBits } from './mode.ts';
import { writeRegister } from './operand.ts';

const RSP = 4;

export class Stack {
  readonly #core: CoreContext;
  readonly #segment: SegmentRegister;
  readonly #bits: 16 | 32 | 64;
  readonly #access: Access;
  readonly #errorCode: number;
  #pointer: bigint;

  /** `errorCode` is that of the #SS which a stack too small raises. */
  constructor(
    core: CoreContext,
    segment: SegmentRegister,
    bits: 16 | 32 | 64,
    pointer: bigint,
    access: Access,
    errorCode = 0,
  ) {
    this.#core = core;
    this.#segment = segment;
    this.#bits = bits;
    this.#access = access;
    this.#errorCode = errorCode;
    this.#pointer = this.#wrapped(pointer);
  }

  /** The stack in use. */
  static current(core: CoreContext): Stack {
    return new Stack(core, core.segment(Segment.ss), stackBits(core), core.gpr[RSP] as bigint, 'current');
  }

  get pointer(): bigint {
    return this.#pointer;
  }

  push(value: bigint, bytes: MemoryBytes): void {
    this.skip(-bytes);
    const address = this.#linear(bytes, true);
    this.#core.write(
      address,
      bytes,
      bytes === 8 ? BigInt.asUintN(64, value) : BigInt.asUintN(8 * bytes, value),
      this.#access,
    );
  }

  pop(bytes: MemoryBytes): bigint {
    const value = this.#core.read(this.#linear(bytes, false), bytes, this.#access);
    this.skip(bytes);
    return value;
  }

  /** The value `offset` bytes above the pointer. */
  peek(bytes: MemoryBytes, offset: number): bigint {
    const top = this.#pointer;
    this.skip(offset);
    const value = this.pop(bytes);
    this.#pointer = top;
    return value;
  }

  /** Moves the pointer up. */
  skip(bytes: number): void {
    this.#pointer = this.#wrapped(this.#pointer + BigInt(bytes));
  }

  /** Widths that are constants, which engines know how to compute with at once. */
  #wrapped(pointer: bigint): bigint {
    if (this.#bits === 64) return BigInt.asUintN(64, pointer);
    return this.#bits === 32 ? BigInt.asUintN(32, pointer) : BigInt.asUintN(16, pointer);
  }

  /** Makes the pointer RSP, ESP or SP; the rest of the register stays, as the stack's width has it. Comes last, in the new mode. */
  commit(): void {
    const narrows = this.#bits === 64 && !is64Bit(this.#core);
    writeRegister(this.#core, RSP, narrows ? 32 : this.#bits, this.#pointer);
  }

  #linear(bytes: number, write: boolean): bigint {
    const linear = this.#checked(bytes, write);
    if (this.#access === 'current') checkAlignment(this.#core, linear, bytes);
    return linear;
  }

  #checked(bytes: number, write: boolean): bigint {
    if (this.#bits === 64) {
      const last = BigInt.asUintN(64, this.#pointer + BigInt(bytes - 1));
      if (!isCanonical(this.#core, this.#pointer) || !isCanonical(this.#core, last)) throw stackFault(this.#errorCode);
      return this.#pointer;
    }
    const { attributes, base } = this.#segment;
    const unusable = (attributes & Attribute.unusable) !== 0;
    const readOnly = write && (attributes & (Attribute.code | Attribute.writable)) !== Attribute.writable;
    if (unusable || readOnly || !withinLimit(this.#segment, Number(this.#pointer), bytes)) {
      throw stackFault(this.#errorCode);
    }
    return BigInt.asUintN(32, base + this.#pointer);
  }
}
