/** A meaning as part of a region: registers in locals, immediates and addresses known, flags as region-flags.ts says. */
import { FunctionBody, type Label } from '../wasm/function-body.ts';
import { type AddressParts, addressOf, immediateOf, registerAt } from './effective-address.ts';
import { conditionOf, fusedCondition, settle } from './flags.ts';
import type { FlagSource, JumpHint, LeaveReason, Location } from './language.ts';
import { localValue, type MemoryImports, type Target } from './lowering.ts';
import { kindOf, pushValue } from './region-flags.ts';
import * as state from './state.ts';
import type { RunInstruction, StraightRun } from './straight-run.ts';

export interface RegionImports extends MemoryImports {
  readonly settle: number;
}

/** A register that has a local: its address in the state. */
export type RegionRegister = number;

/** Where a register's bits lie: its address in the state, and the first bit. */
interface Place {
  readonly register: RegionRegister;
  readonly shift: number;
}

export class RegionTarget implements Target {
  readonly body: FunctionBody = new FunctionBody(0);
  readonly imports: RegionImports;
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
    imports: RegionImports,
    blocks: readonly bigint[],
    needsFlags: readonly boolean[],
    returnSites: readonly bigint[],
    used: Set<RegionRegister>,
  ) {
    this.imports = imports;
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
    body.i32(0);
    body.get(this.#reason);
    body.store32(state.REASON);
    this.#settleLocals();
    this.#store(state.FLAG_RESULT, this.#flagResult);
    this.#store(state.FLAG_CARRY, this.#flagA);
    this.#store(state.FLAG_AUX, this.#flagB);
  }

  #load(address: number, local: number): void {
    this.body.i32(0);
    this.body.load(isVector(address) ? 128 : 64, address);
    this.body.set(local);
  }

  #store(address: number, local: number): void {
    this.body.i32(0);
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
    if (run.ending !== 'jump') this.#goTo(run.end);
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

  #placeOf(location: Exclude<Location, { file: 'direction' | 'flag' }>): Place {
    if ('register' in location) return { register: state.GPR + 8 * location.register, shift: 0 };
    const register = registerAt(this.#current.instruction, location.operand);
    if (location.file === 'xmm') return { register: state.XMM + 16 * register.number, shift: 0 };
    if (register.class === 'gprHigh') return { register: state.GPR + 8 * (register.number - 4), shift: 8 };
    return { register: state.GPR + 8 * register.number, shift: 0 };
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
    if (location.file === 'direction') {
      body.i32(0);
      body.load(64, state.DIRECTION);
      return;
    }
    const { register, shift } = this.#placeOf(location);
    body.get(this.#localOf(register));
    if (shift > 0) {
      body.i64(BigInt(shift));
      body.operator('i64.shr_u');
    }
    if (location.bits >= 64) return;
    body.i64((1n << BigInt(location.bits)) - 1n);
    body.operator('i64.and');
  }

  setRegister(location: Location, push: () => void): void {
    const { body } = this;
    if (location.file === 'flag') throw new Error('Flags are set by their source');
    if (location.file === 'direction') {
      body.i32(0);
      push();
      body.store(64, state.DIRECTION);
      return;
    }
    const { register, shift } = this.#placeOf(location);
    const local = this.#localOf(register);
    if (location.bits < 32) {
      body.get(local);
      body.i64(~(((1n << BigInt(location.bits)) - 1n) << BigInt(shift)));
      body.operator('i64.and');
    }
    push();
    if (shift > 0) {
      body.i64(BigInt(shift));
      body.operator('i64.shl');
    }
    if (location.bits < 32) body.operator('i64.or');
    body.set(local);
  }

  immediate(): void {
    if (this.knownImmediate === undefined) throw new Error(`${this.#current.shape.mnemonic} has no immediate`);
    this.body.i64(this.knownImmediate);
  }

  next(): void {
    this.body.i64(this.#current.next);
  }

  address(): void {
    const { body } = this;
    const { base, index, scale, displacement } = this.#address as AddressParts;
    body.i64(displacement);
    if (base !== undefined) {
      body.get(this.#localOf(state.GPR + 8 * base));
      body.operator('i64.add');
    }
    if (index === undefined) return;
    body.get(this.#localOf(state.GPR + 8 * index));
    body.i64(BigInt(scale));
    body.operator('i64.shl');
    body.operator('i64.add');
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
    body.call(this.imports.settle);
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
    this.#exit(state.Reason.fault, () => this.body.i64(this.#current.rip));
  }

  leave(reason: LeaveReason, at: 'this' | 'next'): void {
    this.#exit(state.Reason[reason], () => this.body.i64(at === 'this' ? this.#current.rip : this.#current.next));
  }

  #exit(reason: state.ReasonCode, pushRip: () => void): void {
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
    body.if();
    this.#exit(state.Reason.budget, () => body.i64(rip));
    body.end();
  }

  countRound(): void {
    this.#addToBudget(-1);
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
    this.#exit(state.Reason.transfer, () => body.get(this.#rip));
  }

  #goTo(rip: bigint): void {
    const { body } = this;
    const block = this.#blocks.indexOf(rip);
    if (block < 0) {
      this.#exit(state.Reason.transfer, () => body.i64(rip));
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

function isVector(address: number): boolean {
  return address >= state.XMM;
}
