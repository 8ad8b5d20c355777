/** The operands of an instruction, as its definition reads and writes them. */
import type { Bits, Location, SegmentReference, Value } from './language.ts';
import type { OperandKindName, OperandShape } from './operand-shape.ts';
import { segmentUse } from './segment-use.ts';
import { accessBits, type Address, StatementBuilder, type Translated } from './statement-builder.ts';
import * as state from './state.ts';
import { constant, laneOperation, operation, truncate, vectorConstant } from './value.ts';

const ZERO_VECTOR = vectorConstant(0n);

export class OperandBuilder extends StatementBuilder {
  /** Memory operands that are translated for writing, or whole for several vectors. */
  readonly #translated = new Map<number, Translated>();
  /** What a locked instruction has read of memory, to replace it. */
  #atomic: Value | undefined;

  /** Code size. */
  get mode(): 16 | 32 | 64 {
    return this.shape.code.mode;
  }

  get operandSize(): 16 | 32 | 64 {
    return this.shape.operandSize;
  }

  get addressSize(): 16 | 32 | 64 {
    return this.shape.addressSize;
  }

  get stackBits(): 16 | 32 | 64 {
    return this.shape.code.stackBits;
  }

  get vex(): boolean {
    return this.shape.vex;
  }

  /** Nobody reads the flags that the instruction writes. */
  get flagsDead(): boolean {
    return this.shape.flagsDead;
  }

  /** rep: F3, which is also REPE. */
  get repeat(): 'none' | 'rep' | 'repne' {
    const { repeat } = this.shape;
    return repeat === 0 ? 'none' : repeat === 0xf3 ? 'rep' : 'repne';
  }

  get operandCount(): number {
    return this.shape.operands.length;
  }

  kind(operand: number): OperandKindName {
    return this.#operand(operand).kind;
  }

  bits(operand: number): Bits {
    return this.#operand(operand).bits;
  }

  /** How many vectors of 128 bits an operand has. */
  halves(operand: number): 1 | 2 {
    return this.bits(operand) === 256 ? 2 : 1;
  }

  /** Of an x87, segment, control or debug register. */
  registerNumber(operand: number): number {
    const { number } = this.#operand(operand);
    if (number < 0) throw new Error(`The meaning of ${this.shape.mnemonic} may not depend on the register's number`);
    return number;
  }

  #operand(operand: number): OperandShape {
    const shape = this.shape.operands[operand];
    if (shape === undefined) throw new Error(`${this.shape.mnemonic} has no operand ${operand}`);
    return shape;
  }

  /** Any of several immediates. */
  immediate(operand: number): Value {
    const immediates = [...this.shape.operands.keys()].filter((each) => this.kind(each) === 'immediate');
    if (immediates.length < 2) return { kind: 'immediate' };
    if (operand === immediates[0]) return operation('i64.and', { kind: 'immediate' }, constant(0xffff_ffff));
    return operation('i64.shr_u', { kind: 'immediate' }, constant(32));
  }

  /**
   * The value of an operand, as it is now: registers, memory up to 64 bits, immediates.
   * @param delta bytes to add to the address of a memory operand: bit tests with a register index.
   */
  read(operand: number, delta?: Value): Value {
    const { kind, bits, number } = this.#operand(operand);
    if (kind === 'immediate') return this.immediate(operand);
    if (kind === 'memory') return this.load(this.operandAddress(operand, delta), bits);
    if (kind === 'segment') return this.stateLoad(segmentField(number, state.SEGMENT_SELECTOR), 16);
    return this.get(this.#location(operand));
  }

  #location(operand: number): Location {
    const { kind, bits } = this.#operand(operand);
    if (kind === 'gpr') return { file: 'gpr', bits, operand };
    if (kind === 'mmx') return { file: 'mmx', bits: 64, operand };
    if (kind === 'vector') return { file: 'vector', bits: 128, operand, half: 0 };
    throw new Error(`${this.shape.mnemonic}: a ${kind} operand is not read or written like this`);
  }

  /**
   * The value of an operand that `write` will replace: memory is checked for writing at once. With LOCK the two are one atomic step, between which
   * everything is pure.
   */
  readForWrite(operand: number, delta?: Value): Value {
    const { kind, bits } = this.#operand(operand);
    if (kind !== 'memory') return this.read(operand);
    const access = accessBits(bits);
    const translated = this.translate(this.operandAddress(operand, delta), access / 8, 'modify');
    this.#translated.set(operand, translated);
    if (!this.shape.lock) return this.loadFrom(translated, 0, access);
    this.#atomic = this.beginAtomic(translated, access);
    return this.#atomic;
  }

  write(operand: number, value: Value): void {
    const { kind, bits } = this.#operand(operand);
    if (kind === 'immediate') throw new Error(`${this.shape.mnemonic} writes to an immediate`);
    if (kind !== 'memory') {
      this.set(this.#location(operand), value);
      return;
    }
    const access = accessBits(bits);
    const translated = this.#destination(operand, access / 8);
    const atomic = this.#atomic;
    if (atomic === undefined) this.storeTo(translated, 0, access, value);
    else this.endAtomic(translated, access, atomic, value);
    this.commit(translated);
    if (atomic !== undefined) this.endLocked();
  }

  /** Checks a memory operand for writing now, where its `write` comes after another change. */
  prepareWrite(operand: number): void {
    if (this.kind(operand) === 'memory') this.#destination(operand, this.bits(operand) / 8);
  }

  #destination(operand: number, bytes: number): Translated {
    let translated = this.#translated.get(operand);
    if (translated === undefined) {
      translated = this.translate(this.operandAddress(operand), bytes, 'write');
      this.#translated.set(operand, translated);
    }
    return translated;
  }

  /** A half of a vector register, or of a memory operand of 128 or 256 bits, which is translated once for both. */
  readVector(operand: number, half: 0 | 1 = 0): Value {
    const { kind, bits } = this.#operand(operand);
    if (kind !== 'memory') return this.get({ file: 'vector', bits: 128, operand, half });
    let translated = this.#translated.get(operand);
    if (translated === undefined) {
      translated = this.translate(this.operandAddress(operand), bits / 8, 'read', true);
      this.#translated.set(operand, translated);
    }
    return this.loadFrom(translated, 16 * half, 128);
  }

  /** Writes one or two halves. A VEX instruction clears a register's upper half where only one is given; others keep it. */
  writeVector(operand: number, halves: readonly Value[]): void {
    if (this.kind(operand) === 'memory') {
      const translated = this.#destination(operand, 16 * halves.length);
      for (const [half, value] of halves.entries()) this.storeTo(translated, 16 * half, 128, value);
      this.commit(translated);
      return;
    }
    const [low, high = this.vex ? ZERO_VECTOR : undefined] = halves;
    if (low !== undefined) this.set({ file: 'vector', bits: 128, operand, half: 0 }, low);
    if (high !== undefined) this.set({ file: 'vector', bits: 128, operand, half: 1 }, high);
  }

  /** The lowest element of a vector register, zero-extended, or memory of that size. */
  readLow(operand: number, bits: 8 | 16 | 32 | 64): Value {
    if (this.kind(operand) === 'memory') return this.load(this.operandAddress(operand), bits);
    if (this.kind(operand) !== 'vector') return truncate(bits, this.read(operand));
    return this.get({ file: 'vector', bits, operand, half: 0 });
  }

  /** A vector with the lowest element of a vector operand; from memory with zeros above it. */
  readWidened(operand: number, bits: 32 | 64): Value {
    if (this.kind(operand) === 'memory') return this.loadWidened(this.operandAddress(operand), bits);
    return this.readVector(operand);
  }

  /** Writes the lowest element. Without `keepUpper` the rest of the 128 bits is cleared; a VEX instruction always clears what is above them. */
  writeLow(operand: number, bits: 8 | 16 | 32 | 64, value: Value, keepUpper: boolean): void {
    if (this.kind(operand) === 'memory') {
      const translated = this.#destination(operand, bits / 8);
      this.storeTo(translated, 0, bits, value);
      this.commit(translated);
      return;
    }
    if (keepUpper) this.set({ file: 'vector', bits, operand, half: 0 }, value);
    else {
      const low = laneOperation('i64x2.replace_lane', [0], ZERO_VECTOR, value);
      this.set({ file: 'vector', bits: 128, operand, half: 0 }, low);
    }
    if (this.vex) this.set({ file: 'vector', bits: 128, operand, half: 1 }, ZERO_VECTOR);
  }

  /** A vector register by its number: xmm0 of BLENDV, VZEROALL. */
  vectorRegister(register: number, half: 0 | 1 = 0): Value {
    return this.get({ file: 'vector', bits: 128, register, half });
  }

  setVectorRegister(register: number, half: 0 | 1, value: Value): void {
    this.set({ file: 'vector', bits: 128, register, half }, value);
  }

  /** A half of the vector register that is the index of the address; `address` is then base and displacement alone. */
  vectorIndex(half: 0 | 1 = 0): Value {
    return this.get({ file: 'vectorIndex', half });
  }

  /** Shift count of the index, i64. */
  scale(): Value {
    return this.let({ kind: 'scale' });
  }

  /** The effective address of the memory operand: its offset, truncated to the address size. */
  address(): Value {
    return this.let({ kind: 'address' });
  }

  /** The memory operand's place, moved by `delta` bytes. */
  operandAddress(operand: number, delta?: Value | number): Address {
    if (this.kind(operand) !== 'memory') throw new Error(`${this.shape.mnemonic}: operand ${operand} is no memory`);
    if (delta === undefined) return { offset: { kind: 'address' }, segment: 'operand' };
    const moved = operation('i64.add', { kind: 'address' }, typeof delta === 'number' ? constant(delta) : delta);
    return { offset: this.let(truncate(this.addressSize, moved)), segment: 'operand' };
  }

  /** The segment of the source of a string instruction: DS or what a prefix names. */
  sourceSegment(): number {
    return this.shape.segment;
  }

  gpr(register: number, bits: Bits): Value {
    return this.get({ file: 'gpr', bits, register });
  }

  setGpr(register: number, bits: Bits, value: Value): void {
    this.set({ file: 'gpr', bits, register }, value);
  }

  segmentBase(segment: number): Value {
    return this.stateLoad(segmentField(segment, state.SEGMENT_BASE), 64);
  }

  /** The linear address of the memory operand, or of another offset in its segment. */
  linearAddress(offset: Value = this.address()): Value {
    return this.linearAddressOf({ offset, segment: 'operand' });
  }

  linearAddressOf({ offset, segment }: Address): Value {
    const base = this.#baseOf(segment);
    if (base === undefined) return offset;
    const linear = operation('i64.add', base, offset);
    return this.let(this.mode === 64 ? linear : truncate(32, linear));
  }

  #baseOf(reference: SegmentReference): Value | undefined {
    const segment = reference === 'operand' ? this.shape.segment : reference;
    const plain = segmentUse(this.shape.code.segmentation, segment) === 'none';
    return plain ? undefined : this.segmentBase(segment);
  }
}

function segmentField(segment: number, field: number): number {
  return state.SEGMENTS + state.SEGMENT_BYTES * segment + field;
}
