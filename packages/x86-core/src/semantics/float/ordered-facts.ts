/**
 * What is known of floating-point numbers in vector registers while a block of a region is compiled: that they are ordered, which is to say neither
 * denormal nor NaNs. Then their next use need not look at them (fast-path.ts).
 *
 * Values are followed through the statements of instructions: results that were looked at, moves, shuffles, conversions. A fact holds as long as the
 * region's `odd` is 0 (host-floats.ts).
 */
import type { Instruction } from '../../decode/instruction.ts';
import { registerAt } from '../effective-address.ts';
import type { HostCheck, Location, Statement, Value } from '../language.ts';

/** Facts of one value, by format: its lowest number is ordered; all of its numbers are. */
export type Facts = number;
const LOW32 = 1;
const ALL32 = 2;
const LOW64 = 4;
const ALL64 = 8;
export const EVERYTHING: Facts = LOW32 | ALL32 | LOW64 | ALL64;

/** A half of a vector register: twice its number, and which half. */
export type VectorHalf = number;
export const VECTOR_HALVES = 32;

export function factOf({ format, lanes }: Pick<HostCheck, 'format' | 'lanes'>): Facts {
  if (format === 64) return lanes === 'all' ? ALL64 | LOW64 : LOW64;
  return lanes === 'all' ? ALL32 | LOW32 : LOW32;
}

/** What is to be looked at for facts. */
export function kindsOf(facts: Facts): Pick<HostCheck, 'format' | 'lanes'>[] {
  const kinds: Pick<HostCheck, 'format' | 'lanes'>[] = [];
  if ((facts & ALL32) !== 0) kinds.push({ format: 32, lanes: 'all' });
  else if ((facts & LOW32) !== 0) kinds.push({ format: 32, lanes: 'lowest' });
  if ((facts & ALL64) !== 0) kinds.push({ format: 64, lanes: 'all' });
  else if ((facts & LOW64) !== 0) kinds.push({ format: 64, lanes: 'lowest' });
  return kinds;
}

/** @returns undefined: no vector register by its number. */
export function vectorHalfOf(location: Location, instruction: Instruction): VectorHalf | undefined {
  if (location.file !== 'vector') return undefined;
  const number = 'register' in location ? location.register : registerAt(instruction, location.operand).number;
  return 2 * number + location.half;
}

export class OrderedFacts {
  /** By half of a register. */
  #registers = new Uint8Array(VECTOR_HALVES);
  /** 1 for what was written since the facts were given. */
  #written = new Uint8Array(VECTOR_HALVES);
  /** Of the present instruction, by number. */
  readonly #temporaries = new Map<number, Facts>();
  /** Temporaries that are what a half of a register is. */
  readonly #copies = new Map<number, VectorHalf>();
  /** Temporaries that are the lowest number of another. */
  readonly #lowest = new Map<number, number>();
  #instruction: Instruction | undefined;
  /** Told of operands that a check has to look at, whose value was in a register when the facts were given. */
  readonly #wanted: (half: VectorHalf, facts: Facts) => void;

  constructor(wanted: (half: VectorHalf, facts: Facts) => void = () => {}) {
    this.#wanted = wanted;
  }

  get registers(): Uint8Array {
    return this.#registers;
  }

  /** By half of a register. Copied. */
  set registers(facts: Uint8Array) {
    this.#registers = facts.slice();
    this.#written = new Uint8Array(VECTOR_HALVES);
  }

  /** Whether a half was written since the facts were given. */
  isWritten(half: VectorHalf): boolean {
    return this.#written[half] !== 0;
  }

  begin(instruction: Instruction): void {
    this.#instruction = instruction;
    this.#temporaries.clear();
    this.#copies.clear();
    this.#lowest.clear();
  }

  /** Whether an operand of a check need not be looked at. */
  knows(value: Value, check: HostCheck): boolean {
    const fact = factOf(check);
    return (this.of(value) & fact) === fact;
  }

  /** Equal for operands that are the same number for sure. */
  nameOf(value: Value): Value | string {
    if (value.kind !== 'temporary') return value;
    const vector = this.#lowest.get(value.number);
    const half = this.#copies.get(vector ?? value.number);
    return half === undefined ? value : `${half}${vector === undefined ? '' : 'lowest'}`;
  }

  of(value: Value): Facts {
    switch (value.kind) {
      case 'temporary':
        return this.#temporaries.get(value.number) ?? 0;
      case 'register': {
        const half = this.#halfOf(value.location);
        return half === undefined ? 0 : (this.#registers[half] as Facts);
      }
      case 'constant':
        return value.type === 'v128' && value.value === 0n ? EVERYTHING : 0;
      case 'select':
        return this.of(value.a) & this.of(value.b);
      case 'operation':
        return this.#ofOperation(value);
      default:
        return 0;
    }
  }

  #halfOf(location: Location): VectorHalf | undefined {
    return vectorHalfOf(location, this.#instruction as Instruction);
  }

  #ofOperation({ name, operands, immediate = [] }: Value & { kind: 'operation' }): Facts {
    const [a, b] = operands as [Value, Value];
    const [lane = 0] = immediate;
    switch (name) {
      case 'f64x2.extract_lane':
      case 'f32x4.extract_lane':
        return lowOf(this.of(a), lane);
      case 'i64x2.extract_lane':
        return (lowOf(this.of(a), lane) & LOW64) | (this.of(a) & ALL32);
      case 'f64x2.replace_lane':
      case 'f32x4.replace_lane':
      case 'i64x2.replace_lane':
        return replaced(
          this.of(a),
          this.of(b),
          lane,
          name.startsWith('i') ? ALL32 | LOW64 : name[1] === '6' ? LOW64 : LOW32,
        );
      case 'f64x2.splat':
        return (this.of(a) & LOW64) !== 0 ? LOW64 | ALL64 : 0;
      case 'f32x4.splat':
        return (this.of(a) & LOW32) !== 0 ? LOW32 | ALL32 : 0;
      case 'i64x2.splat':
        return ((this.of(a) & LOW64) !== 0 ? LOW64 | ALL64 : 0) | ((this.of(a) & ALL32) !== 0 ? LOW32 | ALL32 : 0);
      case 'i8x16.shuffle':
        return shuffled(this.of(a), this.of(b), immediate);
      case 'v128.xor':
        return this.#isSame(a, b) ? EVERYTHING : 0;
      case 'f32x4.pmin':
      case 'f32x4.pmax':
        return this.of(a) & this.of(b) & (LOW32 | ALL32);
      case 'f64x2.pmin':
      case 'f64x2.pmax':
        return this.of(a) & this.of(b) & (LOW64 | ALL64);
      case 'f32.convert_i64_s':
        return LOW32;
      case 'f64.convert_i64_s':
        return LOW64;
      case 'f32x4.convert_i32x4_s':
        return LOW32 | ALL32;
      case 'f64x2.convert_low_i32x4_s':
        return LOW64 | ALL64;
      case 'f64.promote_f32':
        return (this.of(a) & LOW32) !== 0 ? LOW64 : 0;
      case 'f64x2.promote_low_f32x4':
        return (this.of(a) & ALL32) !== 0 ? LOW64 | ALL64 : 0;
      default:
        return 0;
    }
  }

  #isSame(a: Value, b: Value): boolean {
    const name = this.nameOf(a);
    return typeof name === 'string' && name === this.nameOf(b);
  }

  /** Behind a statement of the present instruction. `weakly`: it may or may not have been carried out. */
  statement(statement: Statement, weakly = false): void {
    switch (statement.kind) {
      case 'let':
        this.#let(statement.temporary, statement.value, weakly);
        return;
      case 'set': {
        const half = this.#halfOf(statement.location);
        if (half === undefined) return;
        const whole = 'bits' in statement.location && statement.location.bits === 128;
        const facts = whole ? this.of(statement.value) : 0;
        for (const [temporary, copied] of this.#copies) if (copied === half) this.#copies.delete(temporary);
        this.#written[half] = 1;
        this.#registers[half] = weakly ? (this.#registers[half] as Facts) & facts : facts;
        return;
      }
      case 'load':
      case 'beginAtomic':
        this.#temporaries.delete(statement.temporary);
        return;
      case 'call':
        if (statement.temporary !== undefined) this.#temporaries.delete(statement.temporary);
        return;
      case 'if':
        if (statement.condition.kind === 'isHosts') this.#hosts(statement.condition.check);
        else for (const each of [...statement.body, ...statement.otherwise]) this.statement(each, true);
        return;
      case 'loop':
        for (const each of statement.body) this.statement(each, true);
        return;
      default:
    }
  }

  #let(temporary: number, value: Value, weakly: boolean): void {
    const facts = this.of(value);
    const before = this.#temporaries.get(temporary);
    this.#temporaries.set(temporary, weakly && before !== undefined ? before & facts : facts);
    this.#copies.delete(temporary);
    this.#lowest.delete(temporary);
    if (weakly) return;
    if (value.kind === 'register') {
      const half = this.#halfOf(value.location);
      if (half !== undefined && 'bits' in value.location && value.location.bits === 128)
        this.#copies.set(temporary, half);
    } else if (
      value.kind === 'operation' &&
      (value.name === 'f64x2.extract_lane' || value.name === 'f32x4.extract_lane')
    ) {
      const [of] = value.operands;
      if (value.immediate?.[0] === 0 && of?.kind === 'temporary') this.#lowest.set(temporary, of.number);
    }
  }

  /** Operands and results have been looked at. */
  #hosts(check: HostCheck): void {
    const fact = factOf(check);
    for (const { operands, result } of check.parts) {
      for (const operand of operands) {
        const known = this.of(operand);
        if ((known & fact) !== fact) this.#claim(operand, fact);
      }
      if (result?.kind === 'temporary') this.#temporaries.set(result.number, this.of(result) | fact);
    }
  }

  #claim(operand: Value, fact: Facts): void {
    if (operand.kind !== 'temporary') return;
    for (let number: number | undefined = operand.number; number !== undefined; number = this.#lowest.get(number)) {
      this.#temporaries.set(number, (this.#temporaries.get(number) ?? 0) | fact);
      const half = this.#copies.get(number);
      if (half === undefined) continue;
      if (!this.isWritten(half)) this.#wanted(half, fact);
      this.#registers[half] = (this.#registers[half] as Facts) | fact;
    }
  }
}

/** Of the number in a lane, as a scalar. */
function lowOf(facts: Facts, lane: number): Facts {
  const from32 = lane === 0 ? facts & LOW32 : (facts & ALL32) >> 1;
  const from64 = lane === 0 ? facts & LOW64 : (facts & ALL64) >> 1;
  return from32 | from64;
}

/** `kinds`: what a lane's own facts are, among those of scalars. */
function replaced(facts: Facts, by: Facts, lane: number, kinds: Facts): Facts {
  let result = 0;
  if ((kinds & LOW64) !== 0) {
    if ((by & LOW64) !== 0) result |= (facts & ALL64) | (lane === 0 ? LOW64 : 0);
    if (lane !== 0) result |= facts & LOW64;
  }
  if ((kinds & LOW32) !== 0) {
    if ((by & LOW32) !== 0) result |= (facts & ALL32) | (lane === 0 ? LOW32 : 0);
    if (lane !== 0) result |= facts & LOW32;
  }
  if ((kinds & ALL32) !== 0) {
    if ((by & ALL32) !== 0) result |= (facts & ALL32) | (lane === 0 ? LOW32 : 0);
    if (lane !== 0) result |= facts & LOW32;
  }
  return result;
}

function shuffled(a: Facts, b: Facts, bytes: readonly number[]): Facts {
  let result = 0;
  for (const [size, low, all] of [
    [4, LOW32, ALL32],
    [8, LOW64, ALL64],
  ] as const) {
    let every = true;
    for (let at = 0; at < 16; at += size) {
      const from = bytes[at] as number;
      const moved = from % size === 0 && bytes.slice(at, at + size).every((byte, offset) => byte === from + offset);
      const facts = from < 16 ? a : b;
      const ordered = moved && (facts & (from % 16 === 0 ? low | all : all)) !== 0;
      every &&= ordered;
      if (at === 0 && ordered) result |= low;
    }
    if (every) result |= all;
  }
  return result;
}
