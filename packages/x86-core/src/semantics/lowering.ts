/**
 * Statements to WebAssembly, once for both backends. What differs between them is asked of a `Target`.
 *
 * Memory: the TLB is checked inline. One comparison of the tag with the page of the access's last byte covers a miss, a missing right and an
 * access that crosses into the next page: the entry found by the first byte's page cannot hold the next page's tag. Only then `translate` is
 * called. It returns a host address, or 0 for a fault, or BOUNCE where the bytes have no single host address: two pages, a device, a page of
 * code. BOUNCE then holds the bytes, and after a store to it `commit` is called to write them where they belong.
 */
import type { FunctionBody } from '../wasm/function-body.ts';
import type { Signature } from '../wasm/module-builder.ts';
import type { FlagSource, JumpHint, LeaveReason, Location, Meaning, Statement, Value } from './language.ts';
import { BOUNCE, TLB_ENTRIES, TLB_READ, TLB_WRITE } from './state.ts';

/** Functions that every module of code imports. */
export interface MemoryImports {
  readonly translate: number;
  readonly commit: number;
}

/** (address, bytes, 1 for a write): host address, or 0 after a fault. */
export const translateSignature: Signature = { parameters: ['i64', 'i32', 'i32'], results: ['i32'] };
export const commitSignature: Signature = { parameters: [], results: [] };

export interface Target {
  readonly body: FunctionBody;
  readonly imports: MemoryImports;
  /** Two scratch locals, i64 and i32, for the TLB check. */
  readonly scratch: { readonly address: number; readonly entry: number };
  getRegister(location: Location): void;
  setRegister(location: Location, push: () => void): void;
  immediate(): void;
  /** The immediate, where it is known while compiling. */
  readonly knownImmediate: bigint | undefined;
  address(lower: (value: Value) => void): void;
  next(): void;
  condition(code: number, lower: (value: Value) => void): void;
  flags(source: FlagSource, lower: (value: Value) => void): void;
  /** Flags may or may not be set by what follows, up to `endConditional`. */
  beginConditional(): void;
  endConditional(): void;
  /** Called in a branch that ends there: must not return to the code behind. */
  fault(): void;
  leave(reason: LeaveReason, at: 'this' | 'next'): void;
  /** Takes one from the budget, and leaves at this instruction when it is used up. */
  countRound(): void;
  jump(target: () => void, condition: (() => void) | undefined, hint: JumpHint): void;
}

export function lower(meaning: Meaning, target: Target): void {
  new Lowering(meaning, target).statements(meaning.statements);
}

class Lowering {
  readonly #target: Target;
  readonly #body: FunctionBody;
  /** Locals of the temporaries. */
  readonly #locals: readonly number[];
  /** Temporaries that are constants. */
  readonly #known = new Map<number, bigint>();

  constructor(meaning: Meaning, target: Target) {
    this.#target = target;
    this.#body = target.body;
    this.#locals = meaning.temporaries.map((type) => target.body.local(type));
  }

  statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #local(temporary: number): number {
    return this.#locals[temporary] as number;
  }

  #statement(statement: Statement): void {
    const target = this.#target;
    switch (statement.kind) {
      case 'let': {
        const known = this.#evaluate(statement.value);
        if (known !== undefined) this.#known.set(statement.temporary, known);
        this.#value(statement.value);
        this.#body.set(this.#local(statement.temporary));
        return;
      }
      case 'set':
        target.setRegister(statement.location, () => this.#value(statement.value));
        return;
      case 'translate':
        this.#translate(statement);
        return;
      case 'load':
        this.#value(statement.host);
        this.#body.load(statement.bits);
        this.#body.set(this.#local(statement.temporary));
        return;
      case 'store':
        this.#store(statement);
        return;
      case 'flags':
        target.flags(this.#resolved(statement.source), this.lower);
        return;
      case 'if':
        this.#if(statement.condition, statement.body);
        return;
      case 'loop':
        this.#loop(statement.body, statement.again);
        return;
      case 'jump': {
        const { condition } = statement;
        const push = condition === undefined ? undefined : (): void => this.#value(condition);
        target.jump(() => this.#value(statement.target), push, statement.hint);
        return;
      }
      case 'leave':
        target.leave(statement.reason, statement.at);
    }
  }

  /** Lowers a value of this instruction, or one whose temporaries are locals already. */
  readonly lower = (value: Value): void => this.#value(value);

  #value(value: Value): void {
    const body = this.#body;
    switch (value.kind) {
      case 'constant':
        if (value.type === 'v128') body.v128(value.value);
        else if (value.type === 'i32') body.i32(Number(value.value));
        else body.i64(value.value);
        return;
      case 'temporary':
        body.get(value.number < 0 ? ~value.number : this.#local(value.number));
        return;
      case 'operation':
        for (const operand of value.operands) this.#value(operand);
        body.operator(value.name, value.immediate);
        return;
      case 'register':
        this.#target.getRegister(value.location);
        return;
      case 'immediate':
        this.#target.immediate();
        return;
      case 'address':
        this.#target.address(this.lower);
        return;
      case 'next':
        this.#target.next();
        return;
      case 'condition':
        this.#target.condition(value.code, this.lower);
    }
  }

  /** The source with locals in place of this instruction's temporaries, so that it can be read while later instructions are lowered. */
  #resolved(source: FlagSource): FlagSource {
    const resolve = (value: Value): Value => {
      if (value.kind === 'temporary') return localValue(this.#local(value.number));
      if (value.kind !== 'immediate') return value;
      const known = this.#target.knownImmediate;
      return known === undefined ? value : { kind: 'constant', type: 'i64', value: known };
    };
    return { ...source, a: resolve(source.a), b: resolve(source.b), result: resolve(source.result) };
  }

  #translate({ host, address, bytes, write }: Statement & { kind: 'translate' }): void {
    const body = this.#body;
    const { scratch, imports } = this.#target;
    const tlb = write ? TLB_WRITE : TLB_READ;
    this.#value(address);
    body.tee(scratch.address);
    body.i64(12n);
    body.operator('i64.shr_u');
    body.operator('i32.wrap_i64');
    body.i32(TLB_ENTRIES - 1);
    body.operator('i32.and');
    body.i32(4);
    body.operator('i32.shl');
    body.tee(scratch.entry);
    body.load(64, tlb);
    body.get(scratch.address);
    if (bytes > 1) {
      body.i64(BigInt(bytes - 1));
      body.operator('i64.add');
    }
    body.i64(-4096n);
    body.operator('i64.and');
    body.operator('i64.eq');
    body.if();
    body.get(scratch.address);
    body.operator('i32.wrap_i64');
    body.get(scratch.entry);
    body.load32(tlb + 8);
    body.operator('i32.add');
    body.set(this.#local(host));
    body.else();
    body.get(scratch.address);
    body.i32(bytes);
    body.i32(write ? 1 : 0);
    body.call(imports.translate);
    body.tee(this.#local(host));
    body.operator('i32.eqz');
    body.if();
    this.#target.fault();
    body.end();
    body.end();
  }

  #store({ host, bits, value }: Statement & { kind: 'store' }): void {
    const body = this.#body;
    this.#value(host);
    this.#value(value);
    body.store(bits);
    this.#value(host);
    body.i32(BOUNCE);
    body.operator('i32.eq');
    body.if();
    body.call(this.#target.imports.commit);
    body.end();
  }

  #if(condition: Value, statements: readonly Statement[]): void {
    const known = this.#evaluate(condition);
    if (known !== undefined) {
      if (known !== 0n) this.statements(statements);
      return;
    }
    this.#target.beginConditional();
    this.#value(condition);
    this.#body.if();
    this.statements(statements);
    this.#target.endConditional();
    this.#body.end();
  }

  #loop(statements: readonly Statement[], again: Value): void {
    const label = this.#body.loop();
    this.statements(statements);
    this.#value(again);
    this.#body.if();
    this.#target.countRound();
    this.#body.branch(label);
    this.#body.end();
    this.#body.end();
  }

  /** The little that decides whether a shift by an immediate shifts at all. */
  #evaluate(value: Value): bigint | undefined {
    if (value.kind === 'constant') return value.value;
    if (value.kind === 'immediate') return this.#target.knownImmediate;
    if (value.kind === 'temporary') return this.#known.get(value.number);
    if (value.kind !== 'operation') return undefined;
    const [a, b] = value.operands.map((operand) => this.#evaluate(operand));
    if (a === undefined || b === undefined) return undefined;
    if (value.name === 'i64.and') return a & b;
    return value.name === 'i64.ne' ? (a === b ? 0n : 1n) : undefined;
  }
}

/** A local of the function as a value of the language: below zero, where no temporary of an instruction is. */
export function localValue(local: number): Value {
  return { kind: 'temporary', type: 'i64', number: ~local };
}
