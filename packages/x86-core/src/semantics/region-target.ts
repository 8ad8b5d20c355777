/** A meaning as part of a region: registers in locals, immediates and addresses known, flags as region-flags.ts says, jumps as edges of its flow. */
import { FunctionBody, type Label } from '../wasm/function-body.ts';
import { type AddressParts, addressOf, immediateOf, registerAt } from './effective-address.ts';
import { conditionOf, fusedCondition, settle } from './flags.ts';
import type {
  AccessBits,
  Bits,
  FlagSource,
  HostCheck,
  JumpHint,
  LeaveReason,
  Location,
  SegmentReference,
  Value,
} from './language.ts';
import { HostFloats } from './float/host-floats.ts';
import { Anchors, type AnchorKnowledge, type Origin } from './anchors.ts';
import { addLocals, localValue, type Scratch, scratchOf, type Target } from './lowering.ts';
import { Reason } from './reason.ts';
import { pushValue } from './push-value.ts';
import { COMMITTED, MISSED, packAccess, withholdAtEvents } from './region-calls.ts';
import { kindOf, SETTLE, wordsOf } from './region-flags.ts';
import { segmentUse } from './segment-use.ts';
import * as state from './state.ts';
import type { RunInstruction } from './straight-run.ts';

/** Parameters of a region's function. */
export const RECORD = 0;
export const CORE = 1;

/** Of code, as most regions have less. */
const USUAL_BYTES = 16384;

/** A register that has a local: its offset in the state. Halves of vector registers have locals of their own. */
export type RegionRegister = number;

/** Where a register's bits lie: its address in the state, and the first bit. */
interface Place {
  readonly register: RegionRegister;
  readonly shift: number;
}

/** What a target leaves to the region, which knows its other blocks. */
export interface RegionEdges {
  /** Goes on at an offset in CS that is known. */
  goTo(rip: bigint): void;
  /** Goes on at the offset in the local `rip`. */
  goToComputed(rip: number): void;
}

/** The memory that a region is for. */
export interface RegionMemory {
  /** See Target. */
  readonly ordered: boolean;
  /** Guest memory begins there, in bytes of linear memory. Cores' states lie below. */
  readonly guestStart: number;
  /** Other threads may set EVENTS at any time. */
  readonly isShared: boolean;
}

/** What is known where code is generated. */
export interface Knowledge {
  /** What the flags come from; undefined: the state alone knows. */
  readonly source: FlagSource | undefined;
  readonly inState: boolean;
  /** Instructions that have been carried out and not been taken from the budget. */
  readonly uncounted: number;
  readonly anchors: AnchorKnowledge;
  /** Of floating-point numbers, by half of a vector register: see float/ordered-facts.ts. */
  readonly facts: Uint8Array | undefined;
}

export class RegionTarget implements Target {
  readonly body: FunctionBody = new FunctionBody(2, USUAL_BYTES);
  readonly scratch: Scratch = scratchOf(this.body);
  readonly anchors: Anchors = new Anchors(this.body);
  floats: HostFloats | undefined;
  knownImmediate: bigint | undefined;
  readonly ordered: boolean;
  readonly guestStart: number;
  readonly defersFlags = true;
  /** Where the region goes on, or left. */
  readonly rip: number = this.body.local('i64');
  readonly budget: number = this.body.local('i64');

  readonly #edges: RegionEdges;
  readonly #memory: RegionMemory;
  readonly #registers = new Map<RegionRegister, number>();
  readonly #written = new Set<RegionRegister>();
  readonly #tlb = this.body.local('i32');
  readonly #reason = this.body.local('i32');
  readonly #site = this.body.local('i32');
  /** Locals of settled flags. */
  readonly #result = this.body.local('i64');
  readonly #carry = this.body.local('i64');
  readonly #aux = this.body.local('i64');
  #exitLabel: Label = 0;
  #faultLabel: Label = 0;
  #instruction: RunInstruction | undefined;
  #address: AddressParts | undefined;
  #source: FlagSource | undefined;
  /** Whether the state tells of the source. */
  #inState = true;
  #uncounted = 0;
  /** Behind a store that may have changed what comes next: the rest of the instruction ends with the region. */
  #ending = false;

  constructor(edges: RegionEdges, memory: RegionMemory) {
    this.#edges = edges;
    this.#memory = memory;
    this.ordered = memory.ordered;
    this.guestStart = memory.guestStart;
  }

  /** @param checks that the region will make; none: it does not compute with floating-point numbers */
  expectFloats(checks: readonly HostCheck[]): void {
    if (checks.length > 0) this.floats = new HostFloats(this.body, checks);
  }

  /** Opens what exits branch to. */
  begin(): void {
    this.#exitLabel = this.body.block();
    this.#faultLabel = this.body.block();
  }

  /** The code in front: registers to locals. To be asked for when all else is generated. */
  writePrologue(code: FunctionBody): void {
    for (const [register, local] of this.#registers) this.#load(code, register, local);
    this.#load(code, state.BUDGET, this.budget);
    code.get(CORE);
    code.load32(state.TLB);
    code.set(this.#tlb);
    if (!this.#memory.isShared) {
      code.get(CORE);
      code.i64(0n);
      code.store(64, state.WITHHELD);
    }
    withholdAtEvents(code, this.budget, this.#memory.isShared, CORE);
    this.floats?.writePrologue(code);
  }

  /** A block begins, with these facts, which are looked at here where numbers are odd and `rechecks` is set: see float/fact-flow.ts. */
  beginFacts(facts: Uint8Array, rechecks: boolean): void {
    const { floats } = this;
    if (floats === undefined) return;
    floats.facts.registers = facts;
    if (!rechecks) return;
    floats.recheck((half) => ({
      kind: 'temporary',
      type: 'v128',
      number: ~this.#localOf(state.YMM + 16 * half),
    }));
  }

  /** Behind the exit's label: locals to registers. */
  end(): void {
    const { body } = this;
    body.end();
    body.i32(Reason.fault);
    body.set(this.#reason);
    body.i32(-1);
    body.set(this.#site);
    body.end();
    for (const register of this.#written) this.#store(register, this.#registers.get(register) as number);
    this.core();
    body.get(this.budget);
    if (!this.#memory.isShared) {
      this.core();
      body.load(64, state.WITHHELD);
      body.operator('i64.add');
    }
    body.store(64, state.BUDGET);
    this.#store(state.RIP, this.rip);
    this.core();
    body.get(this.#reason);
    body.store32(state.REASON);
    this.core();
    body.load32(state.FLAG_KIND);
    body.if();
    this.#settleState();
    this.#store(state.FLAG_RESULT, this.#result);
    this.#store(state.FLAG_CARRY, this.#carry);
    this.#store(state.FLAG_AUX, this.#aux);
    this.core();
    body.i32(0);
    body.store32(state.FLAG_KIND);
    body.end();
  }

  /** Locals that `end` leaves behind: why the region left, and at which of its exits. */
  get left(): { readonly reason: number; readonly site: number } {
    return { reason: this.#reason, site: this.#site };
  }

  core(): void {
    this.body.get(CORE);
  }

  /** The set in use changes outside of regions only. */
  tlb(): void {
    this.body.get(this.#tlb);
  }

  get linearBits(): 32 | 48 | 57 {
    return this.#current.shape.code.linearBits;
  }

  segmentUse(segment: SegmentReference): 'none' | 'base' | 'limited' {
    return segmentUse(this.#current.shape.code.segmentation, this.#segmentNumber(segment));
  }

  isStack(segment: SegmentReference): boolean {
    return this.#segmentNumber(segment) === SS;
  }

  #segmentNumber(segment: SegmentReference): number {
    return segment === 'operand' ? this.#current.shape.segment : segment;
  }

  segment(segment: SegmentReference): void {
    this.core();
    this.body.i32(state.SEGMENTS + state.SEGMENT_BYTES * this.#segmentNumber(segment));
    this.body.operator('i32.add');
  }

  #load(code: FunctionBody, address: number, local: number): void {
    code.get(CORE);
    code.load(isVector(address) ? 128 : 64, address);
    code.set(local);
  }

  #store(address: number, local: number): void {
    this.core();
    this.body.get(local);
    this.body.store(isVector(address) ? 128 : 64, address);
  }

  get knowledge(): Knowledge {
    const facts = this.floats?.facts.registers.slice();
    const [source, inState, uncounted] = [this.#source, this.#inState, this.#uncounted];
    return { source, inState, uncounted, anchors: this.anchors.knowledge, facts };
  }

  set knowledge({ source, inState, uncounted, anchors, facts }: Knowledge) {
    if (facts !== undefined && this.floats !== undefined) this.floats.facts.registers = facts;
    this.#source = source;
    this.#inState = inState;
    this.#uncounted = uncounted;
    this.anchors.knowledge = anchors;
  }

  /** Control may come from elsewhere: the budget is up to date, the state tells of the flags where somebody reads them. */
  knowNothing(): void {
    this.#forgetSource();
    this.#uncounted = 0;
    this.anchors.forget();
  }

  /** What the instructions before have left for this one and those that follow are sources of flags, and anchors. */
  beginInstruction(each: RunInstruction): void {
    const held: number[] = [];
    if (this.#source !== undefined) {
      const { a, b, result } = this.#source;
      addLocals(a, held);
      addLocals(b, held);
      addLocals(result, held);
    }
    this.anchors.addLocals(held);
    this.body.held = held;
    this.selectInstruction(each);
  }

  /** Back to one that was begun before. */
  selectInstruction(each: RunInstruction): void {
    this.#instruction = each;
    this.knownImmediate = immediateOf(each.instruction, each.shape, each.next);
    this.#address = addressOf(each.instruction, each.next);
    this.floats?.facts.begin(each.instruction);
  }

  endInstruction(): void {
    this.#uncounted++;
  }

  #localOf(register: RegionRegister): number {
    let local = this.#registers.get(register);
    if (local === undefined) {
      local = this.body.local(isVector(register) ? 'v128' : 'i64');
      this.#registers.set(register, local);
    }
    return local;
  }

  /** undefined: it has no local, but lies in the state at `memoryOffset`. */
  #placeOf(location: Location): Place | undefined {
    if (location.file === 'gpr') {
      if ('register' in location) return { register: state.GPR + 8 * location.register, shift: 0 };
      const register = registerAt(this.#current.instruction, location.operand);
      if (register.class === 'gprHigh') return { register: state.GPR + 8 * (register.number - 4), shift: 8 };
      return { register: state.GPR + 8 * register.number, shift: 0 };
    }
    if (location.file !== 'vector' && location.file !== 'vectorIndex') return undefined;
    const number = this.#vectorNumber(location);
    return { register: state.YMM + 32 * number + 16 * location.half, shift: 0 };
  }

  gprAt(location: Location): { readonly number: number; readonly whole: boolean } | undefined {
    if (location.file !== 'gpr') return undefined;
    const { register, shift } = this.#placeOf(location) as Place;
    const whole = shift === 0 && location.bits === (this.linearBits === 32 ? 32 : 64);
    return { number: (register - state.GPR) / 8, whole };
  }

  /** The root of a sum is named after the roots of its parts. */
  addressOrigin(): Origin | undefined {
    const { base, index, scale, displacement } = this.#address as AddressParts;
    if (this.#current.shape.addressSize !== (this.linearBits === 32 ? 32 : 64)) return undefined;
    let root = '';
    let distance = displacement;
    if (base !== undefined) {
      const origin = this.anchors.ofRegister(base);
      root += origin.root;
      distance += origin.distance;
    }
    if (index !== undefined) {
      const origin = this.anchors.ofRegister(index);
      root += `+${origin.root}*${scale}`;
      distance += origin.distance << BigInt(scale);
    }
    return { root, distance };
  }

  #vectorNumber(location: Location & { file: 'vector' | 'vectorIndex' }): number {
    if (location.file === 'vectorIndex') return this.#address?.vectorIndex as number;
    return 'register' in location ? location.register : registerAt(this.#current.instruction, location.operand).number;
  }

  #memoryOffset(location: Location): { readonly offset: number; readonly bits: AccessBits } {
    if (location.file === 'state') return location;
    if (location.file === 'direction') return { offset: state.DIRECTION, bits: 64 };
    if (location.file !== 'mmx') throw new Error(`${location.file} has a local`);
    return { offset: state.ST + 16 * registerAt(this.#current.instruction, location.operand).number, bits: 64 };
  }

  get #current(): RunInstruction {
    if (this.#instruction === undefined) throw new Error('No instruction was begun');
    return this.#instruction;
  }

  getRegister(location: Location): void {
    const { body } = this;
    if (location.file === 'flag') {
      pushValue(body, settle(this.#flagSource())[location.word]);
      return;
    }
    const place = this.#placeOf(location);
    if (place === undefined) {
      const { offset, bits } = this.#memoryOffset(location);
      this.core();
      body.load(bits, offset);
      return;
    }
    body.get(this.#localOf(place.register));
    const bits = 'bits' in location ? location.bits : 128;
    if (bits === 128) return;
    if (location.file === 'vector') body.operator('i64x2.extract_lane', [0]);
    if (place.shift > 0) {
      body.i64(BigInt(place.shift));
      body.operator('i64.shr_u');
    }
    if (bits >= 64) return;
    body.i64((1n << BigInt(bits)) - 1n);
    body.operator('i64.and');
  }

  setRegister(location: Location, push: () => void): void {
    const { body } = this;
    if (location.file === 'flag') throw new Error('Flags are set by their source');
    const place = this.#placeOf(location);
    if (place === undefined) {
      const { offset, bits } = this.#memoryOffset(location);
      this.core();
      push();
      body.store(bits, offset);
      if (location.file !== 'mmx') return;
      this.core();
      body.i64(0xffffn);
      body.store(16, offset + 8);
      return;
    }
    const local = this.#localOf(place.register);
    this.#written.add(place.register);
    if (location.file === 'vector' && location.bits < 128) this.#setLow(local, location.bits, push);
    else if (location.file === 'gpr') this.#setBits(local, location.bits, place.shift, push);
    else {
      push();
      body.set(local);
    }
  }

  #setBits(local: number, bits: Bits, shift: number, push: () => void): void {
    const { body } = this;
    if (bits < 32) {
      body.get(local);
      body.i64(~(((1n << BigInt(bits)) - 1n) << BigInt(shift)));
      body.operator('i64.and');
    }
    push();
    if (shift > 0) {
      body.i64(BigInt(shift));
      body.operator('i64.shl');
    }
    if (bits < 32) body.operator('i64.or');
    body.set(local);
  }

  /** The lowest element of a vector; the value is an i64. */
  #setLow(local: number, bits: Bits, push: () => void): void {
    const { body } = this;
    body.get(local);
    push();
    if (bits < 64) body.operator('i32.wrap_i64');
    const replace = { 8: 'i8x16.replace_lane', 16: 'i16x8.replace_lane', 32: 'i32x4.replace_lane' } as const;
    body.operator(bits === 64 ? 'i64x2.replace_lane' : replace[bits as 8 | 16 | 32], [0]);
    body.set(local);
  }

  immediate(): void {
    if (this.knownImmediate === undefined) throw new Error(`${this.#current.shape.mnemonic} has no immediate`);
    this.body.i64(this.knownImmediate);
  }

  thisRip(): void {
    this.body.i64(this.#current.rip);
  }

  next(): void {
    this.body.i64(this.#current.next);
  }

  scale(): void {
    this.body.i64(BigInt(this.#address?.scale ?? 0));
  }

  address(): void {
    const { body } = this;
    const { base, index, scale, displacement } = this.#address as AddressParts;
    body.i64(displacement);
    if (base !== undefined) {
      body.get(this.#localOf(state.GPR + 8 * base));
      body.operator('i64.add');
    }
    if (index !== undefined) {
      body.get(this.#localOf(state.GPR + 8 * index));
      body.i64(BigInt(scale));
      body.operator('i64.shl');
      body.operator('i64.add');
    }
    const { addressSize } = this.#current.shape;
    if (addressSize === 64) return;
    body.i64((1n << BigInt(addressSize)) - 1n);
    body.operator('i64.and');
  }

  condition(code: number): void {
    const source = this.#flagSource();
    const low = source.operation !== 'settled' && source.operation !== 'order' && source.bits <= 32;
    pushValue(this.body, fusedCondition(code, source) ?? conditionOf(code, settle(source)), low);
  }

  flags(source: FlagSource): void {
    this.#source = source;
    this.#inState = false;
  }

  #forgetSource(): void {
    this.#source = undefined;
    this.#inState = true;
  }

  beginConditional(): void {
    this.sourceToState();
    this.#forgetSource();
  }

  aside(way: () => void): void {
    const [source, inState] = [this.#source, this.#inState];
    way();
    this.#source = source;
    this.#inState = inState;
  }

  endConditional(): void {
    this.beginConditional();
  }

  /** What the flags come from: where a block does not know, they are settled first. */
  #flagSource(): FlagSource {
    if (this.#source === undefined) {
      this.#settleState();
      const [a, b, result] = [localValue(this.#carry), localValue(this.#aux), localValue(this.#result)];
      this.#source = { operation: 'settled', bits: 64, a, b, result, plain: false };
    }
    return this.#source;
  }

  /** From the state to the locals. */
  #settleState(): void {
    const { body } = this;
    this.core();
    body.load32(state.FLAG_KIND);
    for (const word of [state.FLAG_CARRY, state.FLAG_AUX, state.FLAG_RESULT]) {
      this.core();
      body.load(64, word);
    }
    body.callNamed(SETTLE);
    for (const local of [this.#aux, this.#carry, this.#result]) body.set(local);
  }

  /** Where code is reached from several places, the state says what the flags come from. */
  sourceToState(): void {
    if (this.#source === undefined || this.#inState) return;
    this.#inState = true;
    const { body } = this;
    const source = this.#source.operation === 'order' ? settledSource(this.#source) : this.#source;
    this.core();
    body.i32(kindOf(source));
    body.store32(state.FLAG_KIND);
    const words = wordsOf(source);
    if (words.operands) {
      this.#storeValue(state.FLAG_CARRY, source.a);
      this.#storeValue(state.FLAG_AUX, source.b);
    }
    if (words.result) this.#storeValue(state.FLAG_RESULT, source.result);
  }

  #storeValue(address: number, value: Value): void {
    this.core();
    pushValue(this.body, value);
    this.body.store(64, address);
  }

  fault(): void {
    this.core();
    this.body.i32(0);
    this.body.store32(state.RECORD);
    this.#spend(this.#uncounted);
    this.#goToFault();
  }

  /** Leaves at this instruction, which is not counted. */
  #goToFault(): void {
    const inState = this.#inState;
    this.sourceToState();
    this.#inState = inState;
    this.body.i64(this.#current.rip);
    this.body.set(this.rip);
    this.body.branch(this.#faultLabel);
  }

  translate(bytes: number, code: number, refused: boolean): void {
    const { body, scratch } = this;
    this.core();
    body.get(scratch.address);
    if (refused) body.get(scratch.tag);
    else body.i64(0n);
    body.i32(packAccess({ uncounted: this.#uncounted, bytes, code }));
    body.get(this.budget);
    body.callNamed(MISSED);
    body.set(this.budget);
    body.operator('i32.eqz');
    body.if(true);
    this.#goToFault();
    body.end();
  }

  commit(slot: number): void {
    const { body } = this;
    this.core();
    body.i32(packAccess({ uncounted: this.#uncounted, bytes: 0, code: slot }));
    body.get(this.budget);
    body.callNamed(COMMITTED);
    body.set(this.budget);
  }

  /** What TypeScript carries out, it does for the interpreter, which finds the instruction by its record. */
  leave(reason: LeaveReason, at: 'this' | 'next'): void {
    this.#exitHere(reason === 'assist' ? Reason.transfer : Reason[reason], at);
  }

  #exitHere(reason: number, at: 'this' | 'next'): void {
    this.#spend(this.#uncounted + (at === 'this' ? 0 : 1));
    this.body.i64(at === 'this' ? this.#current.rip : this.#current.next);
    this.body.set(this.rip);
    this.#exit(reason);
  }

  /** Leaves, with RIP in its local. What was carried out is counted. `site`: see region.ts. */
  leaveWith(reason: number, site = -1): void {
    this.#spend(this.#uncounted);
    this.#exit(reason, site);
  }

  /** RIP is in its local. */
  #exit(reason: number, site = -1): void {
    const { body } = this;
    const inState = this.#inState;
    this.sourceToState();
    this.#inState = inState;
    body.i32(reason);
    body.set(this.#reason);
    body.i32(site);
    body.set(this.#site);
    body.branch(this.#exitLabel);
  }

  #spend(count: number): void {
    if (count === 0) return;
    this.body.get(this.budget);
    this.body.i64(BigInt(count));
    this.body.operator('i64.sub');
    this.body.set(this.budget);
  }

  /** Takes from the budget what was not yet. */
  settleBudget(): void {
    this.#spend(this.#uncounted);
    this.#uncounted = 0;
  }

  /** i32: the budget is used up, or an event waits. */
  mustLeave(): void {
    this.body.get(this.budget);
    this.body.i64(0n);
    this.body.operator('i64.lt_s');
    if (!this.#memory.isShared) return;
    this.core();
    this.body.load32(state.EVENTS);
    this.body.operator('i32.or');
  }

  spend(pushCost: () => void): void {
    this.body.get(this.budget);
    pushCost();
    this.body.operator('i64.sub');
    this.body.set(this.budget);
  }

  countRound(pushCost: () => void): void {
    this.spend(pushCost);
    this.mustLeave();
    this.body.if(true);
    this.#exitHere(Reason.budget, 'this');
    this.body.end();
  }

  endEarly(rest: () => void): void {
    const before = this.knowledge;
    this.#ending = true;
    rest();
    this.#ending = false;
    this.#exitHere(Reason.events, 'next');
    this.knowledge = before;
  }

  jump(target: () => void, condition: (() => void) | undefined, hint: JumpHint): void {
    const { body } = this;
    if (this.#ending) {
      target();
      body.set(this.rip);
      this.#spend(this.#uncounted + 1);
      this.#exit(Reason.events);
      return;
    }
    if (condition !== undefined) {
      condition();
      body.if();
    }
    const before = this.knowledge;
    this.#uncounted++;
    if (hint === 'direct' || hint === 'call') this.#edges.goTo(this.knownImmediate as bigint);
    else {
      target();
      body.set(this.rip);
      this.#edges.goToComputed(this.rip);
    }
    this.knowledge = before;
    if (condition !== undefined) body.end();
  }
}

/** The words of a source as a source. */
function settledSource(source: FlagSource): FlagSource {
  const { result, carry, aux } = settle(source);
  return { operation: 'settled', bits: 64, a: carry, b: aux, result, plain: false };
}

const SS = 2;

function isVector(register: RegionRegister): boolean {
  return register >= state.YMM && register < state.ST;
}
