/** A meaning as part of a region: registers in locals, immediates and addresses known, flags as region-flags.ts says. */
import { FunctionBody, type Label } from '../wasm/function-body.ts';
import { type AddressParts, addressOf, immediateOf, registerAt } from './effective-address.ts';
import { conditionOf, fusedCondition, settle } from './flags.ts';
import type { AccessBits, Bits, FlagSource, JumpHint, LeaveReason, Location, SegmentReference } from './language.ts';
import { localValue, type Target } from './lowering.ts';
import { Reason, type ReasonCode } from './reason.ts';
import { kindOf, pushValue, SETTLE } from './region-flags.ts';
import { segmentUse } from './segment-use.ts';
import * as state from './state.ts';
import type { RunInstruction, StraightRun } from './straight-run.ts';

/** The core is the function's only parameter. */
const CORE = 0;

/** A register that has a local: its offset in the state. Halves of vector registers have locals of their own. */
export type RegionRegister = number;

/** Where a register's bits lie: its address in the state, and the first bit. */
interface Place {
  readonly register: RegionRegister;
  readonly shift: number;
}

export class RegionTarget implements Target {
  readonly body: FunctionBody = new FunctionBody(1);
  readonly scratch: Target['scratch'] = { address: this.body.local('i64'), entry: this.body.local('i32') };
  knownImmediate: bigint | undefined;

  readonly #blocks: readonly bigint[];
  /** By block: whether flags must be brought along. */
  readonly #needsFlags: readonly boolean[];
  readonly #returnSites: readonly bigint[];
  readonly #used: Set<RegionRegister>;
  readonly #registers = new Map<RegionRegister, number>();
  readonly #pc = this.body.local('i32');
  readonly #rip = this.body.local('i64');
  readonly #reason = this.body.local('i32');
  readonly #budget = this.body.local('i64');
  readonly #flagKind = this.body.local('i32');
  readonly #flagA = this.body.local('i64');
  readonly #flagB = this.body.local('i64');
  readonly #flagResult = this.body.local('i64');
  #exitLabel: Label = 0;
  #dispatchLabel: Label = 0;
  #blockLabels: Label[] = [];
  #selfLabel: Label = 0;
  #block = 0;
  #instruction: RunInstruction | undefined;
  #address: AddressParts | undefined;
  /** undefined: in the four locals. */
  #source: FlagSource | undefined;

  /** `used` holds the registers to load; those that are met are added to it. */
  constructor(
    blocks: readonly bigint[],
    needsFlags: readonly boolean[],
    returnSites: readonly bigint[],
    used: Set<RegionRegister>,
  ) {
    this.#blocks = blocks;
    this.#needsFlags = needsFlags;
    this.#returnSites = returnSites.filter((site) => blocks.includes(site));
    this.#used = used;
  }

  /** Entry: registers to locals, and the labels. */
  begin(): void {
    const { body } = this;
    for (const register of this.#used) this.#load(register, this.#localOf(register));
    this.#load(state.BUDGET, this.#budget);
    this.#load(state.FLAG_RESULT, this.#flagResult);
    this.#load(state.FLAG_CARRY, this.#flagA);
    this.#load(state.FLAG_AUX, this.#flagB);
    this.#exitLabel = body.block();
    this.#dispatchLabel = body.loop();
    for (let block = this.#blocks.length - 1; block >= 0; block--) this.#blockLabels[block] = body.block();
    body.get(this.#pc);
    body.branchTable(this.#blockLabels);
  }

  /** Exit: locals to registers. */
  storeState(): void {
    const { body } = this;
    for (const [register, local] of this.#registers) this.#store(register, local);
    this.#store(state.BUDGET, this.#budget);
    this.#store(state.RIP, this.#rip);
    this.core();
    body.get(this.#reason);
    body.store32(state.REASON);
    this.#settleLocals();
    this.#store(state.FLAG_RESULT, this.#flagResult);
    this.#store(state.FLAG_CARRY, this.#flagA);
    this.#store(state.FLAG_AUX, this.#flagB);
  }

  core(): void {
    this.body.get(CORE);
  }

  get linearBits(): 32 | 48 | 57 {
    return this.#current.shape.code.linearBits;
  }

  segmentUse(segment: SegmentReference): 'none' | 'base' | 'limited' {
    const { code, segment: own } = this.#current.shape;
    return segmentUse(code.segmentation, segment === 'operand' ? own : segment);
  }

  segment(segment: SegmentReference): void {
    const number = segment === 'operand' ? this.#current.shape.segment : segment;
    this.core();
    this.body.i32(state.SEGMENTS + state.SEGMENT_BYTES * number);
    this.body.operator('i32.add');
  }

  #load(address: number, local: number): void {
    this.core();
    this.body.load(isVector(address) ? 128 : 64, address);
    this.body.set(local);
  }

  #store(address: number, local: number): void {
    this.core();
    this.body.get(local);
    this.body.store(isVector(address) ? 128 : 64, address);
  }

  beginBlock(block: number, instructions: number): void {
    this.#block = block;
    this.#source = undefined;
    this.#selfLabel = this.body.loop();
    this.#addToBudget(-instructions);
  }

  beginInstruction(each: RunInstruction): void {
    this.#instruction = each;
    this.knownImmediate = immediateOf(each.instruction, each.shape, each.next);
    this.#address = addressOf(each.instruction, each.next);
  }

  endBlock(run: StraightRun): void {
    if (run.ending === 'cut') this.#goTo(run.end);
    else if (run.ending !== 'jump') this.#exit(Reason.transfer, () => this.body.i64(run.end));
    this.body.end();
  }

  #localOf(register: RegionRegister): number {
    let local = this.#registers.get(register);
    if (local === undefined) {
      local = this.body.local(isVector(register) ? 'v128' : 'i64');
      this.#registers.set(register, local);
      this.#used.add(register);
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
    pushValue(this.body, fusedCondition(code, source) ?? conditionOf(code, settle(source)));
  }

  flags(source: FlagSource): void {
    this.#source = source;
  }

  beginConditional(): void {
    this.#sourceToLocals();
    this.#source = undefined;
  }

  endConditional(): void {
    this.beginConditional();
  }

  /** What the flags come from: where a block does not know, they are settled first. */
  #flagSource(): FlagSource {
    if (this.#source === undefined) {
      this.#settleLocals();
      this.#source = {
        operation: 'settled',
        bits: 64,
        a: localValue(this.#flagA),
        b: localValue(this.#flagB),
        result: localValue(this.#flagResult),
        comparison: false,
      };
      this.body.i32(0);
      this.body.set(this.#flagKind);
    }
    return this.#source;
  }

  #settleLocals(): void {
    const { body } = this;
    for (const local of [this.#flagKind, this.#flagA, this.#flagB, this.#flagResult]) body.get(local);
    body.callNamed(SETTLE);
    for (const local of [this.#flagB, this.#flagA, this.#flagResult]) body.set(local);
  }

  #sourceToLocals(): void {
    if (this.#source === undefined) return;
    const { body } = this;
    const { a, b, result } = this.#source;
    body.i32(kindOf(this.#source));
    body.set(this.#flagKind);
    for (const value of [a, b, result]) pushValue(body, value);
    for (const local of [this.#flagResult, this.#flagB, this.#flagA]) body.set(local);
  }

  fault(): void {
    this.#exit(Reason.fault, () => this.body.i64(this.#current.rip));
  }

  leave(reason: LeaveReason, at: 'this' | 'next'): void {
    this.#exit(Reason[reason], () => this.body.i64(at === 'this' ? this.#current.rip : this.#current.next));
  }

  #exit(reason: ReasonCode, pushRip: () => void): void {
    const { body } = this;
    this.#sourceToLocals();
    pushRip();
    body.set(this.#rip);
    body.i32(reason);
    body.set(this.#reason);
    body.branch(this.#exitLabel);
  }

  #addToBudget(count: number): void {
    this.body.get(this.#budget);
    this.body.i64(BigInt(count));
    this.body.operator('i64.add');
    this.body.set(this.#budget);
  }

  #checkBudget(rip: bigint): void {
    const { body } = this;
    body.get(this.#budget);
    body.i64(0n);
    body.operator('i64.lt_s');
    this.core();
    body.load32(state.EVENTS);
    body.operator('i32.or');
    body.if();
    this.#exit(Reason.budget, () => body.i64(rip));
    body.end();
  }

  spend(pushCost: () => void): void {
    this.body.get(this.#budget);
    pushCost();
    this.body.operator('i64.sub');
    this.body.set(this.#budget);
  }

  countRound(pushCost: () => void): void {
    this.spend(pushCost);
    this.#checkBudget(this.#current.rip);
  }

  jump(target: () => void, condition: (() => void) | undefined, hint: JumpHint): void {
    const { body } = this;
    if (condition !== undefined) {
      condition();
      body.if();
    }
    if (hint === 'indirect') this.#goToComputed(target);
    else this.#goTo(this.knownImmediate as bigint);
    if (condition !== undefined) body.end();
  }

  #goToComputed(target: () => void): void {
    const { body } = this;
    target();
    body.set(this.#rip);
    for (const site of this.#returnSites) {
      body.get(this.#rip);
      body.i64(site);
      body.operator('i64.eq');
      body.if();
      this.#goTo(site);
      body.end();
    }
    this.#exit(Reason.transfer, () => body.get(this.#rip));
  }

  #goTo(rip: bigint): void {
    const { body } = this;
    const block = this.#blocks.indexOf(rip);
    if (block < 0) {
      this.#exit(Reason.transfer, () => body.i64(rip));
      return;
    }
    if (block <= this.#block) this.#checkBudget(rip);
    if (this.#needsFlags[block] === true) this.#sourceToLocals();
    if (block > this.#block) body.branch(this.#blockLabels[block] as Label);
    else if (block === this.#block) body.branch(this.#selfLabel);
    else {
      body.i32(block);
      body.set(this.#pc);
      body.branch(this.#dispatchLabel);
    }
  }
}

function isVector(register: RegionRegister): boolean {
  return register >= state.YMM;
}
