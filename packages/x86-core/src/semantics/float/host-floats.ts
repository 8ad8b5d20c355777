/**
 * What a region holds to know when the host's arithmetic does (fast-path.ts).
 *
 * `odd` is 0 while MXCSR allows the host's arithmetic and all facts hold that code was compiled for (ordered-facts.ts). What the runtime computed need
 * not be ordered, so behind it `odd` is 1, and the limits are such that the runtime computes all that follows; until `recheck`, at the heads of
 * loops and where the region is entered, finds that all is well again.
 */
import type { FunctionBody } from '../../wasm/function-body.ts';
import type { Value } from '../language.ts';
import * as v from '../value.ts';
import { pushValue } from '../push-value.ts';
import { areOrdered, type Kind, typeOfRange } from './host-check.ts';
import { lowestOf } from './operands.ts';
import { kindsOf, OrderedFacts, type VectorHalf } from './ordered-facts.ts';
import { hostMakesNan } from './host-nan.ts';
import { BIAS32, BIAS64, CALM_BIAS, CALM_LIMIT32, CALM_LIMIT64, LIMIT32, LIMIT64, NO_LIMIT } from './range.ts';
import { FLOATS_ODD, MXCSR } from '../state.ts';

/** Parameter of a region's function. */
const CORE = 1;

/** Bits of MXCSR: invalid and overflow. */
const CALM = 0x9;
/** Rounding, masks, inexact; what they are where the host's arithmetic does: see mode.ts. */
const HOSTS = 0x7fa0;
const HOSTS_SET = 0x1fa0;
const INEXACT = 0x20;
/** Values of `odd`. */
const ODD = 1;
const EXACT = 2;

interface Range {
  readonly kind: Kind;
  /** Of the type that `typeOfRange` says. */
  readonly bias: number;
  readonly limit: number;
}

export class HostFloats {
  readonly facts: OrderedFacts = new OrderedFacts();
  readonly #body: FunctionBody;
  readonly #calm: number;
  readonly #ranges = new Map<string, Range>();

  /** @param lanes of the checks that the region will make */
  constructor(body: FunctionBody, lanes: readonly Pick<Kind, 'format' | 'lanes'>[]) {
    this.#body = body;
    this.#calm = body.local('i32');
    for (const each of lanes) {
      for (const calm of [false, true]) {
        const kind = { format: each.format, lanes: each.lanes, calm };
        if (this.#ranges.has(keyOf(kind))) continue;
        const type = typeOfRange(kind);
        this.#ranges.set(keyOf(kind), { kind, bias: body.local(type), limit: body.local(type) });
      }
    }
  }

  /** i32: 0, or what keeps the host's arithmetic from being taken unseen: ODD or EXACT. */
  get odd(): Value {
    const location = { file: 'state', bits: 32, offset: FLOATS_ODD } as const;
    return v.operation('i32.wrap_i64', { kind: 'register', type: 'i64', location });
  }

  /** i32: the facts hold, but inexact is not set: results that were not rounded may be taken. */
  get isExact(): Value {
    return v.operation('i32.eq', this.odd, v.constant32(EXACT));
  }

  /** i32: invalid and overflow are set already, so that NaNs and infinite results raise nothing new. NaNs are then the processor's own. */
  get calmly(): Value {
    return local('i32', this.#calm);
  }

  /** See range.ts. */
  limit(kind: Kind): Value {
    return local(typeOfRange(kind), this.#range(kind).limit);
  }

  bias(kind: Kind): Value {
    return local(typeOfRange(kind), this.#range(kind).bias);
  }

  #range(kind: Kind): Range {
    const range = this.#ranges.get(keyOf(kind));
    if (range === undefined) throw new Error(`A check of ${keyOf(kind)} was not planned`);
    return range;
  }

  /** At the entry of the region nothing has been looked at. */
  writePrologue(code: FunctionBody): void {
    for (const { kind, bias } of this.#ranges.values()) {
      this.#push(code, kind, kind.format === 64 ? BIAS64 : BIAS32);
      code.set(bias);
    }
    this.#setOdd(code);
  }

  /** Code for where the facts may not hold, or MXCSR may have changed. */
  lose(): void {
    this.#setOdd(this.#body);
  }

  #setOdd(code: FunctionBody): void {
    storeOdd(code, ODD);
    for (const { kind, limit } of this.#ranges.values()) {
      this.#push(code, kind, NO_LIMIT);
      code.set(limit);
    }
  }

  #setEven(): void {
    const body = this.#body;
    storeOdd(body, 0);
    for (const { kind, limit, bias } of this.#ranges.values()) {
      this.#push(body, kind, kind.format === 64 ? LIMIT64 : LIMIT32);
      body.set(limit);
      if (!kind.calm) continue;
      this.#push(body, kind, kind.format === 64 ? BIAS64 : BIAS32);
      body.set(bias);
    }
    body.get(this.#calm);
    body.if();
    for (const { kind, limit, bias } of this.#ranges.values()) {
      if (!kind.calm) continue;
      this.#push(body, kind, kind.format === 64 ? CALM_LIMIT64 : CALM_LIMIT32);
      body.set(limit);
      this.#push(body, kind, CALM_BIAS);
      body.set(bias);
    }
    body.end();
  }

  #push(code: FunctionBody, kind: Kind, value: number): void {
    const type = typeOfRange(kind);
    if (type === 'v128') code.v128(splat(value));
    // The lower half of the number is doubled into the upper one: what is above all of them ends in ones.
    else if (type === 'i64') code.i64((BigInt(value) << 32n) | (value === NO_LIMIT ? 0xffff_ffffn : 0n));
    else code.i32(value);
  }

  /**
   * Code for where numbers may be odd: finds out whether MXCSR allows the host's arithmetic and all facts hold now.
   * @param half the local of a half of a vector register
   */
  recheck(half: (half: VectorHalf) => Value): void {
    const body = this.#body;
    body.get(CORE);
    body.load32(FLOATS_ODD);
    body.i32(ODD);
    body.operator('i32.eq');
    body.if(true);
    if (hostMakesNan) {
      pushMxcsrIs(body, CALM, CALM);
      body.set(this.#calm);
    }
    body.i32(1);
    for (const [number, facts] of this.facts.registers.entries()) {
      for (const kind of kindsOf(facts)) {
        const vector = half(number);
        const value = kind.lanes === 'all' ? vector : lowestOf(kind.format, vector);
        pushValue(body, areOrdered(kind, [value], this.calmly));
        body.operator('i32.and');
      }
    }
    body.if();
    pushMxcsrIs(body, HOSTS, HOSTS_SET);
    body.if();
    this.#setEven();
    body.else();
    pushMxcsrIs(body, HOSTS, HOSTS_SET & ~INEXACT);
    body.if();
    storeOdd(body, EXACT);
    body.end();
    body.end();
    body.end();
    body.end();
  }
}

function storeOdd(code: FunctionBody, odd: number): void {
  code.get(CORE);
  code.i32(odd);
  code.store32(FLOATS_ODD);
}

/** Pushes whether bits of MXCSR are as given. */
function pushMxcsrIs(body: FunctionBody, mask: number, bits: number): void {
  body.get(CORE);
  body.load32(MXCSR);
  body.i32(mask);
  body.operator('i32.and');
  body.i32(bits);
  body.operator('i32.eq');
}

function keyOf({ format, lanes, calm }: Kind): string {
  return `${format} ${lanes}${calm ? ' calm' : ''}`;
}

function local(type: 'i32' | 'i64' | 'v128', number: number): Value {
  return { kind: 'temporary', type, number: ~number };
}

function splat(lane: number): bigint {
  return BigInt(lane >>> 0) * 0x1_0000_0001_0000_0001_0000_0001n;
}
