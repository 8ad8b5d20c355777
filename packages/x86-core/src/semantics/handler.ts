/**
 * A meaning as a handler of the interpreter: a function from the record of an instruction and the core to the record to go on with, or 0 to leave.
 *
 * Guest registers are in memory; a record holds their addresses, so that one handler serves all registers. Flags are stored as their three words.
 */
import { FunctionBody } from '../wasm/function-body.ts';
import type { Signature } from '../wasm/module-builder.ts';
import { conditionOf, fusedCondition, heldFlags, settle } from './flags.ts';
import type { FlagSource, JumpHint, LeaveReason, Location, Meaning, SegmentReference, Value } from './language.ts';
import { lookUpJump } from './jump-lookup.ts';
import { localValue, lower, type Scratch, scratchOf, type Target } from './lowering.ts';
import type { Shape } from './operand-shape.ts';
import { Reason, type ReasonCode } from './reason.ts';
import * as record from './record.ts';
import { segmentUse } from './segment-use.ts';
import * as state from './state.ts';

/** (record, core) to the next record. */
export const handlerSignature: Signature = { parameters: ['i32', 'i32'], results: ['i32'] };

const RECORD = 0;
const CORE = 1;
const SS = 2;
const flagWords = { result: state.FLAG_RESULT, carry: state.FLAG_CARRY, aux: state.FLAG_AUX };

/** What handlers depend on beside their instruction. */
export interface HandlerOptions {
  /** See Target. Default false. */
  readonly ordered?: boolean | undefined;
  /** How often a branch is taken before its target is hot: a power of two. Default: TAKEN_PERIOD. */
  readonly hotAfter?: number | undefined;
}

export function lowerHandler(meaning: Meaning, shape: Shape, options: HandlerOptions = {}): FunctionBody {
  return lowerHandlers([{ meaning, shape }], options);
}

/** One handler for instructions that follow each other, each with its record. All but the last must neither end nor store: see `leads` in form.ts. */
export function lowerHandlers(
  parts: readonly { readonly meaning: Meaning; readonly shape: Shape }[],
  options: HandlerOptions = {},
): FunctionBody {
  const target = new HandlerTarget(undefined, options, parts.length > 1);
  for (const [position, { meaning, shape }] of parts.entries()) {
    target.begin(shape, position);
    lower(meaning, target);
  }
  target.body.get(RECORD);
  target.body.i32(parts.length * record.RECORD_BYTES);
  target.body.operator('i32.add');
  return target.body;
}

/** The handler of a record whose instruction is no longer what memory holds: it leaves before it. */
export function staleHandler(): FunctionBody {
  const target = new HandlerTarget(undefined);
  target.leaveStale();
  return target.body;
}

class HandlerTarget implements Target {
  readonly body: FunctionBody = new FunctionBody(2);
  readonly scratch: Scratch = scratchOf(this.body);
  readonly knownImmediate = undefined;
  #shape: Shape | undefined;
  /** Of this instruction's record from the first one's. */
  #offset = 0;
  /** What the flags come from, while that is known: set by the instruction before. */
  #source: FlagSource | undefined;

  readonly #hotAfter: number;
  readonly #isPair: boolean;
  /** The rest of an instruction that is the last one here. */
  #ending = false;
  readonly ordered: boolean;

  constructor(
    shape: Shape | undefined,
    { ordered = false, hotAfter = record.TAKEN_PERIOD }: HandlerOptions = {},
    isPair = false,
  ) {
    this.#shape = shape;
    this.#hotAfter = hotAfter;
    this.#isPair = isPair;
    this.ordered = ordered;
  }

  /** The next instruction. */
  begin(shape: Shape, position: number): void {
    this.#shape = shape;
    this.#offset = position * record.RECORD_BYTES;
  }

  get linearBits(): 32 | 48 | 57 {
    return this.#shape?.code.linearBits ?? 48;
  }

  core(): void {
    this.body.get(CORE);
  }

  tlb(): void {
    this.core();
    this.body.load32(state.TLB);
  }

  segmentUse(segment: SegmentReference): 'none' | 'base' | 'limited' {
    if (this.#shape === undefined) return 'none';
    return segmentUse(this.#shape.code.segmentation, segment === 'operand' ? this.#shape.segment : segment);
  }

  isStack(segment: SegmentReference): boolean {
    return segment === SS;
  }

  segment(segment: SegmentReference): void {
    this.body.get(segment === 'operand' ? RECORD : CORE);
    if (segment === 'operand') this.body.load32(this.#offset + record.SEGMENT);
    else {
      this.body.i32(state.SEGMENTS + state.SEGMENT_BYTES * segment);
      this.body.operator('i32.add');
    }
  }

  /** Pushes the address that the returned offset is added to. */
  #place(location: Location): number {
    const { body } = this;
    if ('operand' in location) {
      body.get(RECORD);
      body.load32(this.#offset + record.OPERANDS + 4 * location.operand);
      return location.file === 'vector' ? 16 * location.half : 0;
    }
    if (location.file === 'vectorIndex') {
      body.get(RECORD);
      body.load32(this.#offset + record.INDEX);
      return 16 * location.half;
    }
    this.core();
    switch (location.file) {
      case 'direction':
        return state.DIRECTION;
      case 'flag':
        return flagWords[location.word];
      case 'state':
        return location.offset;
      case 'gpr':
        return state.GPR + 8 * location.register;
      case 'vector':
        return state.YMM + 32 * location.register + 16 * location.half;
    }
  }

  getRegister(location: Location): void {
    const offset = this.#place(location);
    this.body.load(widthOf(location), offset);
  }

  /** A 32-bit result is zero-extended into the register (SDM 1 3.4.1.1). */
  setRegister(location: Location, push: () => void): void {
    const bits = location.file === 'gpr' && location.bits === 32 ? 64 : widthOf(location);
    const offset = this.#place(location);
    push();
    this.body.store(bits, offset);
    if (location.file === 'mmx') this.#setMmxExponent(location);
  }

  /** Whatever writes an MMX register sets the exponent and sign above it to ones (SDM 1 9.2). */
  #setMmxExponent(location: Location): void {
    const offset = this.#place(location);
    this.body.i64(0xffffn);
    this.body.store(16, offset + 8);
  }

  immediate(): void {
    this.#field(record.IMMEDIATE);
  }

  thisRip(): void {
    this.#field(record.INSTRUCTION_RIP);
  }

  next(): void {
    const { body } = this;
    this.#field(record.INSTRUCTION_RIP);
    body.get(RECORD);
    body.load(8, this.#offset + record.LENGTH);
    body.operator('i64.add');
    this.#truncateRip();
  }

  /** Outside of 64-bit mode RIP has 32 bits: an instruction at their end is followed by 0. */
  #truncateRip(): void {
    if (this.#shape === undefined || this.#shape.code.mode === 64) return;
    this.body.i64(0xffff_ffffn);
    this.body.operator('i64.and');
  }

  #field(offset: number): void {
    this.body.get(RECORD);
    this.body.load(64, this.#offset + offset);
  }

  scale(): void {
    this.body.get(RECORD);
    this.body.load(8, this.#offset + record.SCALE);
  }

  address(): void {
    const { body } = this;
    body.get(RECORD);
    body.load32(this.#offset + record.BASE);
    body.load(64);
    this.#field(record.DISPLACEMENT);
    body.operator('i64.add');
    if (this.#shape?.operands.some(({ indexed }) => indexed) === true) {
      body.get(RECORD);
      body.load32(this.#offset + record.INDEX);
      body.load(64);
      this.scale();
      body.operator('i64.shl');
      body.operator('i64.add');
    }
    const size = this.#shape?.addressSize ?? 64;
    if (size === 64) return;
    body.i64((1n << BigInt(size)) - 1n);
    body.operator('i64.and');
  }

  condition(code: number, lowerValue: (value: Value) => void): void {
    const source = this.#source;
    const fused = source === undefined ? undefined : fusedCondition(code, source);
    lowerValue(fused ?? conditionOf(code, heldFlags));
  }

  flags(source: FlagSource, lowerValue: (value: Value) => void): void {
    const settled = settle(source);
    for (const word of ['result', 'carry', 'aux'] as const) {
      this.setRegister({ file: 'flag', word }, () => lowerValue(settled[word]));
    }
    if (!this.#isPair) return;
    this.#source = {
      ...source,
      a: this.#held(source.a, lowerValue),
      b: this.#held(source.b, lowerValue),
      result: this.#held(source.result, lowerValue),
    };
  }

  /** A value that the next instruction can use too: an immediate is in this one's record. */
  #held(value: Value, lowerValue: (value: Value) => void): Value {
    if (value.kind === 'constant' || value.kind === 'temporary') return value;
    const local = this.body.local('i64');
    lowerValue(value);
    this.body.set(local);
    return localValue(local);
  }

  beginConditional(): void {
    this.#source = undefined;
  }

  aside(way: () => void): void {
    const source = this.#source;
    way();
    this.#source = source;
  }

  endConditional(): void {
    this.#source = undefined;
  }

  fault(): void {
    this.#leaveHere(Reason.fault, () => this.thisRip());
  }

  leave(reason: LeaveReason, at: 'this' | 'next'): void {
    if (at === 'this') this.#leaveHere(Reason[reason], () => this.thisRip());
    else {
      this.#spendBlock(0);
      this.#exit(Reason[reason], () => this.next());
    }
  }

  leaveStale(): void {
    this.#leaveHere(Reason.transfer, () => this.thisRip());
    this.body.unreachable();
  }

  /** Leaves without having done this instruction: those of the block before it are counted. */
  #leaveHere(reason: ReasonCode, pushRip: () => void): void {
    this.#spendBlock(1);
    this.core();
    this.body.get(RECORD);
    if (this.#offset > 0) {
      this.body.i32(this.#offset);
      this.body.operator('i32.add');
    }
    this.body.store32(state.RECORD);
    this.#exit(reason, pushRip);
  }

  /** Takes the instructions of the block up to this one from the budget, less so many. */
  #spendBlock(less: number): void {
    const { body } = this;
    this.core();
    this.core();
    body.load(64, state.BUDGET);
    this.#count();
    body.operator('i64.sub');
    body.i64(BigInt(less));
    body.operator('i64.add');
    body.store(64, state.BUDGET);
  }

  #count(): void {
    this.body.get(RECORD);
    this.body.load(16, this.#offset + record.COUNT);
  }

  #exit(reason: ReasonCode, pushRip: () => void): void {
    const { body } = this;
    this.core();
    pushRip();
    body.store(64, state.RIP);
    this.core();
    body.i32(reason);
    body.store32(state.REASON);
    body.i32(0);
    body.return();
  }

  spend(pushCost: () => void): void {
    const { body } = this;
    this.core();
    this.core();
    body.load(64, state.BUDGET);
    pushCost();
    body.operator('i64.sub');
    body.store(64, state.BUDGET);
  }

  countRound(pushCost: () => void): void {
    this.#spend(
      pushCost,
      () => this.thisRip(),
      () => this.#spendBlock(1),
    );
  }

  /** Takes instructions from the budget, and leaves where it is used up or an event waits. */
  #spend(pushCount: () => void, pushRip: () => void, beforeExit: () => void = () => {}): void {
    const { body } = this;
    const left = body.local('i64');
    this.core();
    this.core();
    body.load(64, state.BUDGET);
    pushCount();
    body.operator('i64.sub');
    body.tee(left);
    body.store(64, state.BUDGET);
    body.get(left);
    body.i64(0n);
    body.operator('i64.lt_s');
    this.core();
    body.load32(state.EVENTS);
    body.operator('i32.or');
    body.if();
    beforeExit();
    this.#exit(Reason.budget, pushRip);
    body.end();
  }

  /** Within a block the budget is off by a few instructions, and its end looks at events. */
  translate(bytes: number, code: number, refused: boolean): void {
    const { body, scratch } = this;
    if (refused) {
      this.core();
      body.get(scratch.tag);
      body.store(64, state.REFUSED_TAG);
    }
    this.core();
    body.get(scratch.address);
    body.i32(bytes);
    body.i32(code);
    body.callNamed('translate');
    body.operator('i32.eqz');
    body.if(true);
    this.fault();
    body.end();
  }

  commit(slot: number): void {
    this.core();
    this.body.i32(slot);
    this.body.callNamed('commit');
  }

  endEarly(rest: () => void): void {
    const source = this.#source;
    this.#ending = true;
    rest();
    this.#ending = false;
    this.#source = source;
    this.leave('events', 'next');
  }

  jump(target: () => void, condition: (() => void) | undefined, hint: JumpHint): void {
    const { body } = this;
    if (this.#ending) {
      this.#spendBlock(0);
      this.#exit(Reason.events, target);
      return;
    }
    if (condition !== undefined) {
      condition();
      body.if();
    }
    const rip = body.local('i64');
    target();
    body.set(rip);
    this.#spend(
      () => this.#count(),
      () => body.get(rip),
    );
    const known = body.local('i32');
    if (hint !== 'return') this.#countTaken(rip, known);
    if (hint === 'indirect' || hint === 'return') lookUpJump(body, CORE, rip, known);
    else this.#followLink(rip, known);
    this.#exit(Reason.transfer, () => body.get(rip));
    if (condition !== undefined) body.end();
  }

  /** Leaves now and then for a branch that is taken often. */
  #countTaken(rip: number, taken: number): void {
    const { body } = this;
    body.get(RECORD);
    body.get(RECORD);
    body.load32(this.#offset + record.TAKEN);
    body.i32(1);
    body.operator('i32.add');
    body.tee(taken);
    body.store32(this.#offset + record.TAKEN);
    body.get(taken);
    body.i32(this.#hotAfter - 1);
    body.operator('i32.and');
    body.operator('i32.eqz');
    body.if();
    this.#exit(Reason.hot, () => body.get(rip));
    body.end();
  }

  /** Returns the record that the branch was linked to, or that JUMPS has; else leaves the address of the link for who finds it. */
  #followLink(rip: number, known: number): void {
    const { body } = this;
    body.get(RECORD);
    body.load32(this.#offset + record.TARGET);
    body.tee(known);
    body.i32(record.TARGET_IN_JUMPS);
    body.operator('i32.gt_u');
    body.if();
    body.get(known);
    body.return();
    body.end();
    body.get(known);
    body.if();
    lookUpJump(body, CORE, rip, known);
    body.else();
    this.core();
    body.get(RECORD);
    body.i32(this.#offset + record.TARGET);
    body.operator('i32.add');
    body.store32(state.LINK);
    body.end();
  }
}

function widthOf(location: Location): 8 | 16 | 32 | 64 | 128 {
  if (location.file === 'vectorIndex') return 128;
  if (!('bits' in location)) return 64;
  const { bits } = location;
  if (bits === 48 || bits === 80 || bits === 256 || bits === 512) {
    throw new Error(`No register of ${bits} bits is accessed at once`);
  }
  return bits;
}
