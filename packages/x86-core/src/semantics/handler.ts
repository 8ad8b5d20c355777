/**
 * A meaning as a handler of the interpreter: a function from the record of an instruction to the record to go on with, or 0 to leave.
 *
 * Guest registers are in memory; a record holds their addresses, so that one handler serves all registers. Flags are stored as their three words.
 */
import { FunctionBody } from '../wasm/function-body.ts';
import type { Signature } from '../wasm/module-builder.ts';
import { conditionOf, heldFlags, settle } from './flags.ts';
import type { FlagSource, JumpHint, LeaveReason, Location, Meaning, Value } from './language.ts';
import { lower, type MemoryImports, type Target } from './lowering.ts';
import * as record from './record.ts';
import * as state from './state.ts';

export const handlerSignature: Signature = { parameters: ['i32'], results: ['i32'] };

const RECORD = 0;
const flagWords = { result: state.FLAG_RESULT, carry: state.FLAG_CARRY, aux: state.FLAG_AUX };

/** `indexed`: the memory operand has an index register. */
export function lowerHandler(meaning: Meaning, indexed: boolean, imports: MemoryImports): FunctionBody {
  const target = new HandlerTarget(indexed, imports);
  lower(meaning, target);
  target.body.get(RECORD);
  target.body.i32(record.RECORD_BYTES);
  target.body.operator('i32.add');
  return target.body;
}

class HandlerTarget implements Target {
  readonly body: FunctionBody = new FunctionBody(1);
  readonly imports: MemoryImports;
  readonly scratch: Target['scratch'] = { address: this.body.local('i64'), entry: this.body.local('i32') };
  readonly knownImmediate = undefined;
  readonly #indexed: boolean;

  constructor(indexed: boolean, imports: MemoryImports) {
    this.#indexed = indexed;
    this.imports = imports;
  }

  /** Pushes the address that `offset` of the fixed part of the state is added to. */
  #place(location: Location): number {
    if (location.file === 'direction' || location.file === 'flag') {
      this.body.i32(0);
      return location.file === 'direction' ? state.DIRECTION : flagWords[location.word];
    }
    if ('register' in location) {
      this.body.i32(0);
      return state.GPR + 8 * location.register;
    }
    this.body.get(RECORD);
    this.body.load32(record.OPERANDS + 4 * location.operand);
    return 0;
  }

  getRegister(location: Location): void {
    const offset = this.#place(location);
    this.body.load('bits' in location ? location.bits : 64, offset);
  }

  /** A 32-bit result is zero-extended into the register (SDM 1 3.4.1.1). */
  setRegister(location: Location, push: () => void): void {
    const bits = 'bits' in location && location.bits !== 32 ? location.bits : 64;
    const offset = this.#place(location);
    push();
    this.body.store(bits, offset);
  }

  immediate(): void {
    this.#field(record.IMMEDIATE);
  }

  next(): void {
    this.#field(record.NEXT_RIP);
  }

  #field(offset: number): void {
    this.body.get(RECORD);
    this.body.load(64, offset);
  }

  address(): void {
    const { body } = this;
    body.get(RECORD);
    body.load32(record.BASE);
    body.load(64);
    this.#field(record.DISPLACEMENT);
    body.operator('i64.add');
    if (!this.#indexed) return;
    body.get(RECORD);
    body.load32(record.INDEX);
    body.load(64);
    body.get(RECORD);
    body.load(8, record.SCALE);
    body.operator('i64.shl');
    body.operator('i64.add');
  }

  condition(code: number, lowerValue: (value: Value) => void): void {
    lowerValue(conditionOf(code, heldFlags));
  }

  flags(source: FlagSource, lowerValue: (value: Value) => void): void {
    const settled = settle(source);
    for (const word of ['result', 'carry', 'aux'] as const) {
      this.setRegister({ file: 'flag', word }, () => lowerValue(settled[word]));
    }
  }

  beginConditional(): void {}
  endConditional(): void {}

  fault(): void {
    this.#exit(state.Reason.fault, () => this.#field(record.INSTRUCTION_RIP));
  }

  leave(reason: LeaveReason, at: 'this' | 'next'): void {
    this.#exit(state.Reason[reason], () => this.#field(at === 'this' ? record.INSTRUCTION_RIP : record.NEXT_RIP));
  }

  #exit(reason: state.ReasonCode, pushRip: () => void): void {
    const { body } = this;
    body.i32(0);
    pushRip();
    body.store(64, state.RIP);
    body.i32(0);
    body.i32(reason);
    body.store32(state.REASON);
    body.i32(0);
    body.return();
  }

  countRound(): void {
    this.#spend(
      () => this.body.i64(1n),
      () => this.#field(record.INSTRUCTION_RIP),
    );
  }

  #spend(pushCount: () => void, pushRip: () => void): void {
    const { body } = this;
    const left = body.local('i64');
    body.i32(0);
    body.i32(0);
    body.load(64, state.BUDGET);
    pushCount();
    body.operator('i64.sub');
    body.tee(left);
    body.store(64, state.BUDGET);
    body.get(left);
    body.i64(0n);
    body.operator('i64.lt_s');
    body.if();
    this.#exit(state.Reason.budget, pushRip);
    body.end();
  }

  jump(target: () => void, condition: (() => void) | undefined, hint: JumpHint): void {
    const { body } = this;
    if (condition !== undefined) {
      condition();
      body.if();
    }
    const rip = body.local('i64');
    target();
    body.set(rip);
    this.#spend(
      () => {
        body.get(RECORD);
        body.load(16, record.COUNT);
      },
      () => body.get(rip),
    );
    const known = body.local('i32');
    if (hint === 'indirect') this.#lookUp(rip, known);
    else this.#followLink(known);
    this.#exit(state.Reason.transfer, () => body.get(rip));
    if (condition !== undefined) body.end();
  }

  /** Returns the record that the branch was linked to; else leaves the address of the link for who finds it. */
  #followLink(known: number): void {
    const { body } = this;
    body.get(RECORD);
    body.load32(record.TARGET);
    body.tee(known);
    body.if();
    body.get(known);
    body.return();
    body.end();
    body.i32(0);
    body.get(RECORD);
    body.i32(record.TARGET);
    body.operator('i32.add');
    body.store32(state.LINK);
  }

  /** Returns the record that JUMPS has for RIP. */
  #lookUp(rip: number, entry: number): void {
    const { body } = this;
    body.get(rip);
    body.operator('i32.wrap_i64');
    body.i32(state.JUMP_ENTRIES - 1);
    body.operator('i32.and');
    body.i32(4);
    body.operator('i32.shl');
    body.tee(entry);
    body.load(64, state.JUMPS);
    body.get(rip);
    body.operator('i64.eq');
    body.if();
    body.get(entry);
    body.load32(state.JUMPS + 8);
    body.tee(entry);
    body.if();
    body.get(entry);
    body.return();
    body.end();
    body.end();
  }
}
