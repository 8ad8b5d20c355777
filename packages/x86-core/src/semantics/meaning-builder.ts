/**
 * What the definition of an instruction is written with.
 *
 * It keeps the rule that makes faults restartable: all translations of guest memory come before the first change of a register, flag or memory.
 * An instruction that fails has then done nothing, and both backends may simply leave. A definition that breaks the rule throws when it is built.
 */
import { type ValueType } from '../wasm/operators.ts';
import type { Bits, FlagSource, JumpHint, LeaveReason, Location, Meaning, Statement, Value } from './language.ts';
import type { OperandShape, Shape } from './operand-shape.ts';
import { constant, typeOf } from './value.ts';

const ADDRESS: Value = { kind: 'address' };

export class MeaningBuilder {
  readonly shape: Shape;
  #statements: Statement[] = [];
  readonly #temporaries: ValueType[] = [];
  /** The host address of the memory operand, once it is translated for writing. */
  #destination: Value | undefined;
  #changed = false;

  constructor(shape: Shape) {
    this.shape = shape;
  }

  finish(): Meaning {
    return { statements: this.#statements, temporaries: this.#temporaries };
  }

  bits(operand: number): Bits {
    return this.#operand(operand).bits;
  }

  #operand(operand: number): OperandShape {
    const shape = this.shape.operands[operand];
    if (shape === undefined) throw new Error(`${this.shape.mnemonic} has no operand ${operand}`);
    return shape;
  }

  #temporary(type: ValueType): Value & { kind: 'temporary' } {
    return { kind: 'temporary', type, number: this.#temporaries.push(type) - 1 };
  }

  /** Computes a value once. */
  let(value: Value): Value {
    const temporary = this.#temporary(typeOf(value));
    this.#statements.push({ kind: 'let', temporary: temporary.number, value });
    return temporary;
  }

  /** The value of an operand, as it is now. */
  read(operand: number): Value {
    const { kind, bits } = this.#operand(operand);
    if (kind === 'immediate') return { kind: 'immediate' };
    if (kind === 'memory') return this.load(ADDRESS, bits);
    return this.let(registerValue({ file: kind, bits, operand }));
  }

  /** The value of an operand that `write` will replace: memory is checked for writing at once. */
  readForWrite(operand: number): Value {
    const { kind, bits } = this.#operand(operand);
    if (kind !== 'memory') return this.read(operand);
    this.#destination = this.#translate(ADDRESS, bits, true);
    return this.#loadFrom(this.#destination, bits);
  }

  write(operand: number, value: Value): void {
    const { kind, bits } = this.#operand(operand);
    if (kind === 'immediate') throw new Error(`${this.shape.mnemonic} writes to an immediate`);
    if (kind !== 'memory') this.#set({ file: kind, bits, operand }, value);
    else if (this.#destination === undefined) this.store(ADDRESS, bits, value);
    else this.#storeTo(this.#destination, bits, value);
  }

  /** The effective address of the memory operand. */
  address(): Value {
    return this.let(ADDRESS);
  }

  gpr(register: number, bits: Bits): Value {
    return this.let(registerValue({ file: 'gpr', bits, register }));
  }

  setGpr(register: number, bits: Bits, value: Value): void {
    this.#set({ file: 'gpr', bits, register }, value);
  }

  /** 1, or -1 while DF is set. */
  direction(): Value {
    return this.let(registerValue({ file: 'direction' }));
  }

  setDirection(value: 1 | -1): void {
    this.#set({ file: 'direction' }, constant(value));
  }

  #set(location: Location, value: Value): void {
    this.#changed = true;
    this.#statements.push({ kind: 'set', location, value });
  }

  #translate(address: Value, bits: Bits, write: boolean): Value {
    if (this.#changed) throw new Error(`${this.shape.mnemonic}: a fault here could not restart the instruction`);
    const host = this.#temporary('i32');
    const once = address.kind === 'operation' ? this.let(address) : address;
    this.#statements.push({ kind: 'translate', host: host.number, address: once, bytes: bits / 8, write });
    return host;
  }

  #loadFrom(host: Value, bits: Bits): Value {
    const value = this.#temporary(bits === 128 ? 'v128' : 'i64');
    this.#statements.push({ kind: 'load', temporary: value.number, host, bits });
    return value;
  }

  #storeTo(host: Value, bits: Bits, value: Value): void {
    this.#changed = true;
    this.#statements.push({ kind: 'store', host, bits, value });
  }

  load(address: Value, bits: Bits): Value {
    return this.#loadFrom(this.#translate(address, bits, false), bits);
  }

  store(address: Value, bits: Bits, value: Value): void {
    this.#storeTo(this.#translate(address, bits, true), bits, value);
  }

  /** Sets all six status flags. Values are temporaries or constants. */
  flags(operation: FlagSource['operation'], bits: Bits, a: Value, b: Value, result: Value, comparison = false): void {
    if (this.shape.flagsDead) return;
    this.#changed = true;
    this.#statements.push({ kind: 'flags', source: { operation, bits, a, b, result, comparison } });
  }

  if(condition: Value, body: () => void): void {
    this.#statements.push({ kind: 'if', condition, body: this.#nested(body) });
  }

  /** Each round may fault and be restarted by itself: it ends with a state in which the instruction can begin anew. */
  loop(body: () => Value): void {
    let again: Value = constant(0);
    const statements = this.#nested(() => {
      this.#changed = false;
      again = body();
    });
    this.#statements.push({ kind: 'loop', body: statements, again });
  }

  #nested(body: () => void): Statement[] {
    const outer = this.#statements;
    const inner: Statement[] = [];
    this.#statements = inner;
    body();
    this.#statements = outer;
    return inner;
  }

  jump(target: Value, hint: JumpHint, condition?: Value): void {
    this.#statements.push({ kind: 'jump', target, condition, hint });
  }

  leave(reason: LeaveReason, at: 'this' | 'next'): void {
    this.#statements.push({ kind: 'leave', reason, at });
  }
}

function registerValue(location: Location): Value {
  return { kind: 'register', type: location.file === 'xmm' ? 'v128' : 'i64', location };
}
