/**
 * Statements to WebAssembly, once for both backends. What differs between them is asked of a `Target`.
 *
 * Memory: the TLB is checked inline. One comparison of the tag with the page of the access's last byte covers a miss, a missing right and an
 * access that crosses into the next page: the entry found by the first byte's page cannot hold the next page's tag. Only then `translate` is
 * called. It returns a host address, or 0 for a fault, or a BOUNCE where the bytes have no single host address: two pages, a device. BOUNCE then
 * holds the bytes, and after the stores to it `commit` is called to write them where they belong.
 */
import type { FunctionBody, Label } from '../wasm/function-body.ts';
import type { Signature } from '../wasm/module-builder.ts';
import type { OperatorName, ValueType } from '../wasm/operators.ts';
import { type Anchors, moved, type Origin } from './anchors.ts';
import { loadOrdered, storeOrdered } from './lowering-order.ts';
import { lowerHostCheck } from './float/host-check.ts';
import type { HostFloats } from './float/host-floats.ts';
import { translateInline } from './lowering-memory.ts';
import type {
  FlagSource,
  JumpHint,
  LeaveReason,
  Location,
  Meaning,
  SegmentReference,
  Statement,
  Value,
} from './language.ts';
import { isLow, narrowed, type Narrowing } from './narrow.ts';
import { signatureOf } from './runtime.ts';
import { BOUNCE, BOUNCE_BYTES, BOUNCE_SLOTS, EVENTS, SEGMENT_LIMIT } from './state.ts';
import { everyTemporary, type MeaningUse, meaningUse } from './temporaries.ts';
import { constant, operation, vectorConstant } from './value.ts';

/**
 * Functions that code calls besides the runtime functions of definitions:
 *
 *   translate(core, linear address, bytes, access): host address, or 0 after a fault, in TRANSLATED_HOST too. access: see accessCode
 *   commit(core, slot): stores to a BOUNCE are complete
 *   segmentFault(core, segment): the exception of an access outside of a segment; the segment's address
 *   beginLocked(core, host address, slot): the other cores stand still, and what a BOUNCE holds is read anew; endLocked(core): they go on
 *   raise(core, vector, error code, whether it has one)
 *   find(core): the record to go on with where a branch has none, or 0
 */
const supportFunctions: Readonly<Record<string, Signature>> = {
  translate: { parameters: ['i32', 'i64', 'i32', 'i32'], results: ['i32'] },
  commit: { parameters: ['i32', 'i32'], results: [] },
  segmentFault: { parameters: ['i32', 'i32'], results: [] },
  raise: { parameters: ['i32', 'i32', 'i32', 'i32'], results: [] },
  beginLocked: { parameters: ['i32', 'i32', 'i32'], results: [] },
  endLocked: { parameters: ['i32'], results: [] },
  goOn: { parameters: ['i32'], results: ['i32'] },
};

/** The signature of any function that code calls by name. */
export function calledSignature(name: string): Signature {
  return supportFunctions[name] ?? signatureOf(name);
}

/** Locals of a translation. */
export interface Scratch {
  readonly address: number;
  readonly entry: number;
  readonly tag: number;
}

export function scratchOf(body: FunctionBody): Scratch {
  return { address: body.local('i64'), entry: body.local('i32'), tag: body.local('i64') };
}

export interface Target {
  readonly body: FunctionBody;
  /** What is known of addresses here; undefined where registers are not known while compiling. */
  readonly anchors?: Anchors;
  /** Which general-purpose register a place is in, and whether it is all of it that addresses see. Only with anchors. */
  gprAt?(location: Location): { readonly number: number; readonly whole: boolean } | undefined;
  /** Of the effective address. Only with anchors. */
  addressOrigin?(): Origin | undefined;
  /** What is known of floating-point numbers, in a region that computes with them. */
  readonly floats?: HostFloats | undefined;
  /** Whether loads and stores keep the order that x86 promises, on a host that does not keep it by itself. */
  readonly ordered?: boolean;
  /** Whether it takes values as sources of flags that are computed when they are read. */
  readonly defersFlags?: boolean;
  /** Host addresses of guest memory begin there; undefined: not known. Cores' states, BOUNCE among them, lie below. */
  readonly guestStart?: number;
  readonly scratch: Scratch;
  /** Pushes the base of the core's state. */
  core(): void;
  /** Pushes the address of the TLB set in use. */
  tlb(): void;
  getRegister(location: Location): void;
  setRegister(location: Location, push: () => void): void;
  immediate(): void;
  /** The immediate, where it is known while compiling. */
  readonly knownImmediate: bigint | undefined;
  address(): void;
  scale(): void;
  /** How the segment of an access counts: not at all, by its base, or by base and limit. */
  segmentUse(segment: SegmentReference): 'none' | 'base' | 'limited';
  /** Whether an access is known to be one to the stack segment. Of a handler's memory operand that is not known. */
  isStack(segment: SegmentReference): boolean;
  /** Pushes the address of a segment's state. */
  segment(segment: SegmentReference): void;
  /** Of linear addresses: 48 or 57 in long mode. */
  readonly linearBits: 32 | 48 | 57;
  thisRip(): void;
  next(): void;
  condition(code: number, lower: (value: Value) => void): void;
  flags(source: FlagSource, lower: (value: Value) => void): void;
  /** Flags may or may not be set by what follows, up to `endConditional`. */
  beginConditional(): void;
  endConditional(): void;
  /** Generates code on a way of its own that sets no flags and comes back: what is known of them stays. */
  aside(way: () => void): void;
  /** Called in a branch that ends there: must not return to the code behind. */
  fault(): void;
  leave(reason: LeaveReason, at: 'this' | 'next'): void;
  /** Takes so many from the budget, and leaves at this instruction when it is used up. */
  countRound(pushCost: () => void): void;
  /** Takes so many from the budget. */
  spend(pushCost: () => void): void;
  /**
   * Calls `translate` for the address in the scratch local, and leaves at a fault. TRANSLATED_HOST then is the host address, and EVENTS may be set.
   * `refused`: whether the scratch local has a tag that did not fit.
   */
  translate(bytes: number, code: number, refused: boolean): void;
  /** Calls `commit` for a BOUNCE. EVENTS may be set then. */
  commit(slot: number): void;
  /** Generates the rest of the instruction, and leaves behind it. */
  endEarly(rest: () => void): void;
  jump(target: () => void, condition: (() => void) | undefined, hint: JumpHint): void;
}

export function lower(meaning: Meaning, target: Target): void {
  new Lowering(meaning, target).whole(meaning.statements);
}

interface OpenStatements {
  readonly statements: readonly Statement[];
  position: number;
}

const CS = 1;
const ALL_ONES = (1n << 64n) - 1n;
const NO_VECTOR: Value = vectorConstant(0n);

class Lowering implements Narrowing {
  readonly #target: Target;
  readonly #body: FunctionBody;
  readonly #meaning: Meaning;
  /** Locals of the temporaries, as they come to be needed. What is known of temporaries is kept by their numbers. */
  readonly #locals: number[] = [];
  /** Where a locked instruction begins again, and the local that says that no atomic operation does for it. */
  #retry: Label = 0;
  #locked = -1;
  /** Temporaries that are constants. */
  #known: (bigint | undefined)[] = [];
  readonly #use: MeaningUse;
  /** Those that are not computed yet. */
  readonly #deferred: Value[] = [];
  /** Those whose upper half is 0. */
  readonly #low: boolean[] = [];
  /** What is being lowered, the innermost last; and the place in it. */
  readonly #open: OpenStatements[] = [];
  #storesOnce = false;
  /** Of temporaries that are addresses. */
  readonly #origins: (Origin | undefined)[] = [];
  /** Inside of so many `if` and `loop`, and `loop` alone. */
  #depth = 0;
  #loops = 0;

  constructor(meaning: Meaning, target: Target) {
    this.#target = target;
    this.#use = meaningUse(meaning);
    this.#body = target.body;
    this.#meaning = meaning;
  }

  /** An instruction with one store looks behind it whether something else comes next than was decoded; others look at their end. */
  whole(statements: readonly Statement[]): void {
    const { commits, hasLoop } = this.#use;
    this.#storesOnce = commits === 1 && !hasLoop;
    this.statements(statements);
    if (commits > 0 && !this.#storesOnce) this.#leaveForEvents();
  }

  statements(statements: readonly Statement[]): void {
    const open: OpenStatements = { statements, position: 0 };
    const facts = this.#depth === 0 ? this.#target.floats?.facts : undefined;
    this.#open.push(open);
    for (; open.position < statements.length; open.position++) {
      const statement = statements[open.position] as Statement;
      this.#statement(statement);
      facts?.statement(statement);
    }
    this.#open.pop();
  }

  #local(temporary: number): number {
    let local = this.#locals[temporary];
    if (local === undefined) {
      local = this.#body.temporary(this.#meaning.temporaries[temporary] as ValueType);
      this.#locals[temporary] = local;
    }
    return local;
  }

  #statement(statement: Statement): void {
    const target = this.#target;
    switch (statement.kind) {
      case 'let': {
        if (this.#use.once[statement.temporary] === true) {
          if (this.#defer(statement)) return;
          const known = this.evaluate(statement.value);
          if (known !== undefined) this.#known[statement.temporary] = known;
          if (isLow(statement.value, this)) this.#low[statement.temporary] = true;
        }
        this.#noteOrigin(statement.temporary, statement.value);
        this.#value(statement.value);
        this.#body.set(this.#local(statement.temporary));
        return;
      }
      case 'set': {
        target.setRegister(statement.location, () => this.#value(statement.value));
        this.#registerChanged(statement);
        return;
      }
      case 'translate': {
        const origin = this.#loops === 0 ? this.#originOf(statement.address) : undefined;
        translateInline(target, statement, this.#local(statement.host), this.lower, origin, this.#depth === 0);
        return;
      }
      case 'load':
        if (this.#target.ordered === true) loadOrdered(this.#body, statement, () => this.#value(statement.host));
        else {
          this.#value(statement.host);
          if (statement.widened) this.#body.loadWidened(statement.bits === 64 ? 64 : 32, statement.offset);
          else this.#body.load(statement.bits, statement.offset);
        }
        if (statement.bits <= 32 && !statement.widened && this.#use.once[statement.temporary] === true) {
          this.#low[statement.temporary] = true;
        }
        this.#body.set(this.#local(statement.temporary));
        return;
      case 'store': {
        const pushHost = (): void => this.#value(statement.host);
        const pushValue = (): void => this.#value(statement.value);
        if (this.#target.ordered === true) storeOrdered(this.#body, statement, pushHost, pushValue);
        else {
          pushHost();
          pushValue();
          this.#body.store(statement.bits, statement.offset);
        }
        return;
      }
      case 'beginAtomic':
        this.#beginAtomic(statement);
        return;
      case 'endAtomic':
        this.#endAtomic(statement);
        return;
      case 'endLocked':
        this.#endLocked();
        return;
      case 'lockBus':
        this.#beginLocked(statement);
        return;
      case 'unlockBus':
        this.#target.core();
        this.#body.callNamed('endLocked');
        return;
      case 'fence':
        this.#body.fence();
        return;
      case 'commit':
        this.#commit(statement);
        return;
      case 'flags':
        target.flags(this.#resolved(statement.source), this.lower);
        return;
      case 'if':
        this.#if(statement);
        return;
      case 'loop':
        this.#loop(statement);
        return;
      case 'jump': {
        const { condition } = statement;
        const push = condition === undefined ? undefined : (): void => this.#value(condition);
        target.jump(() => this.#value(statement.target), push, statement.hint);
        return;
      }
      case 'call':
        for (const operand of statement.operands) this.#value(operand);
        this.#body.callNamed(statement.name);
        if (statement.name === 'setMxcsr') this.#target.floats?.lose();
        if (statement.temporary !== undefined) this.#body.set(this.#local(statement.temporary));
        return;
      case 'raise':
        this.#raise(statement);
        return;
      case 'checkTarget':
        this.#checkTarget(statement.target);
        return;
      case 'leave':
        target.leave(statement.reason, statement.at);
    }
  }

  #noteOrigin(temporary: number, value: Value): void {
    if (this.#target.anchors === undefined) return;
    this.#origins[temporary] = this.#depth === 0 ? this.#originOf(value) : undefined;
  }

  #registerChanged({ location, value }: Statement & { kind: 'set' }): void {
    const register = this.#target.gprAt?.(location);
    if (register === undefined) return;
    const origin = register.whole && this.#depth === 0 ? this.#originOf(value) : undefined;
    this.#target.anchors?.setRegister(register.number, origin);
  }

  /** What is known of an address: the sum of something and a constant. */
  #originOf(value: Value): Origin | undefined {
    const { anchors } = this.#target;
    if (anchors === undefined) return undefined;
    if (value.kind === 'temporary') return value.number < 0 ? undefined : this.#origins[value.number];
    if (value.kind === 'address') return this.#target.addressOrigin?.();
    if (value.kind === 'register') {
      const register = this.#target.gprAt?.(value.location);
      return register?.whole === true ? anchors.ofRegister(register.number) : undefined;
    }
    if (value.kind !== 'operation') return undefined;
    const { name } = value;
    if (name !== 'i64.add' && name !== 'i64.sub' && name !== 'i64.and') return undefined;
    const [a, b] = value.operands as [Value, Value];
    const constant = this.evaluate(b);
    if (constant === undefined) return undefined;
    if (name === 'i64.add') return moved(this.#originOf(a), constant);
    if (name === 'i64.sub') return moved(this.#originOf(a), -constant);
    return constant === 0xffff_ffffn && this.#target.linearBits === 32 ? this.#originOf(a) : undefined;
  }

  /** What only flags come from is computed where they are read. */
  #defer({ temporary, value }: Statement & { kind: 'let' }): boolean {
    if (this.#target.defersFlags !== true || this.#use.forFlags[temporary] !== true) return false;
    const resolved = this.#resolve(value);
    if (resolved !== undefined) this.#deferred[temporary] = resolved;
    return resolved !== undefined;
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
      case 'operation': {
        const simpler = this.#simplified(value) ?? narrowed(value, this);
        if (simpler !== undefined) {
          this.#value(simpler);
          return;
        }
        for (const operand of value.operands) this.#value(operand);
        body.operator(value.name, value.immediate);
        return;
      }
      case 'select':
        for (const operand of [value.a, value.b, value.condition]) this.#value(operand);
        body.select();
        return;
      case 'register':
        this.#target.getRegister(value.location);
        return;
      case 'immediate':
        this.#target.immediate();
        return;
      case 'address':
        this.#target.address();
        return;
      case 'scale':
        this.#target.scale();
        return;
      case 'core':
        this.#target.core();
        return;
      case 'this':
        this.#target.thisRip();
        return;
      case 'next':
        this.#target.next();
        return;
      case 'condition':
        this.#target.condition(value.code, this.lower);
        return;
      case 'isHosts':
        throw new Error('What the host may do is asked by `if` alone');
    }
  }

  /** The source with locals in place of this instruction's temporaries, so that it can be read while later instructions are lowered. */
  #resolved(source: FlagSource): FlagSource {
    const resolve = (value: Value): Value => this.#resolve(value) ?? value;
    return { ...source, a: resolve(source.a), b: resolve(source.b), result: resolve(source.result) };
  }

  /** A value of constants, operators and locals; undefined where there is more to it. */
  #resolve(value: Value): Value | undefined {
    if (value.kind === 'constant') return value;
    if (value.kind === 'temporary') {
      if (value.number < 0) return value;
      return this.#deferred[value.number] ?? localValue(this.#local(value.number));
    }
    if (value.kind === 'immediate') {
      const known = this.#target.knownImmediate;
      return known === undefined ? undefined : { kind: 'constant', type: 'i64', value: known };
    }
    if (value.kind !== 'operation') return undefined;
    const operands = value.operands.map((operand) => this.#resolve(operand));
    return operands.includes(undefined) ? undefined : { ...value, operands: operands as Value[] };
  }

  /**
   * A host address inside of the BOUNCE area of the state stands for memory elsewhere: a device, or code, which may make something else come next than
   * was decoded. Then the instruction is the last one here.
   */
  #commit({ host, slot }: Statement & { kind: 'commit' }): void {
    const body = this.#body;
    this.#inBounce(() => this.#value(host));
    body.if(true);
    this.#target.commit(slot);
    if (this.#storesOnce) this.#leaveForEvents();
    this.#target.anchors?.lose();
    body.end();
  }

  /** What follows the statement that is being lowered, up to the end of the instruction. */
  get #rest(): Statement[] {
    const rest: Statement[] = [];
    for (let depth = this.#open.length - 1; depth >= 0; depth--) {
      const { statements, position } = this.#open[depth] as OpenStatements;
      for (let next = position + 1; next < statements.length; next++) rest.push(statements[next] as Statement);
    }
    return rest;
  }

  #leaveForEvents(): void {
    const rest = this.#rest;
    this.#target.core();
    this.#body.load32(EVENTS);
    this.#body.if();
    const known = this.#known.slice();
    this.#target.endEarly(() => {
      for (const statement of rest) this.#statement(statement);
    });
    this.#known = known;
    this.#body.end();
  }

  #inBounce(pushHost: () => void): void {
    const body = this.#body;
    const { guestStart } = this.#target;
    pushHost();
    if (guestStart !== undefined) {
      body.i32(guestStart | 0);
      body.operator('i32.lt_u');
      return;
    }
    this.#target.core();
    body.operator('i32.sub');
    body.i32(BOUNCE);
    body.operator('i32.sub');
    body.i32(BOUNCE_BYTES * BOUNCE_SLOTS);
    body.operator('i32.lt_u');
  }

  /** What is not aligned, which WebAssembly's atomics refuse, or lies on two pages, is replaced while the other cores stand still. */
  #beginAtomic(statement: Statement & { kind: 'beginAtomic' }): void {
    const body = this.#body;
    const { host, bits, temporary } = statement;
    this.#locked = -1;
    if (bits > 8) {
      this.#locked = body.temporary('i32');
      this.#value(host);
      body.i32(bits / 8 - 1);
      body.operator('i32.and');
      this.#inBounce(() => this.#value(host));
      body.operator('i32.or');
      body.tee(this.#locked);
      body.if();
      this.#beginLocked(statement);
      body.end();
    }
    this.#retry = body.loop();
    this.#value(host);
    body.load(bits);
    body.set(this.#local(temporary));
  }

  #beginLocked({ host, slot }: { readonly host: Value; readonly slot: number }): void {
    this.#target.core();
    this.#value(host);
    this.#body.i32(slot);
    this.#body.callNamed('beginLocked');
  }

  /** Again where memory has changed meanwhile. */
  #endAtomic({ host, bits, expected, value }: Statement & { kind: 'endAtomic' }): void {
    const body = this.#body;
    if (this.#locked >= 0) {
      body.get(this.#locked);
      body.if();
      this.#value(host);
      this.#value(value);
      body.store(bits);
      body.else();
    }
    for (const operand of [host, expected, value]) this.#value(operand);
    body.compareExchange(bits);
    this.#value(expected);
    body.operator('i64.ne');
    body.branchIf(this.#retry);
    if (this.#locked >= 0) body.end();
    body.end();
  }

  #endLocked(): void {
    if (this.#locked < 0) return;
    this.#body.get(this.#locked);
    this.#body.if();
    this.#target.core();
    this.#body.callNamed('endLocked');
    this.#body.end();
  }

  /** A multiple of a power of two that an address has to be, lest something is raised. */
  #demand(condition: Value | undefined): { readonly origin: Origin; readonly bytes: bigint } | undefined {
    if (condition?.kind !== 'operation' || condition.name !== 'i64.ne' || this.#depth > 0) return undefined;
    const [low, zero] = condition.operands as [Value, Value];
    if (low.kind !== 'operation' || low.name !== 'i64.and' || this.evaluate(zero) !== 0n) return undefined;
    const [address, mask] = low.operands as [Value, Value];
    const origin = this.#originOf(address);
    const bytes = (this.evaluate(mask) ?? 0n) + 1n;
    const isPower = bytes > 1n && (bytes & (bytes - 1n)) === 0n;
    return origin === undefined || !isPower ? undefined : { origin, bytes };
  }

  #raise({ condition, vector, errorCode }: Statement & { kind: 'raise' }): void {
    const body = this.#body;
    const { anchors } = this.#target;
    const demand = this.#demand(condition);
    if (demand !== undefined && anchors?.isAligned(demand.origin, demand.bytes) === true) return;
    if (condition !== undefined) {
      this.#value(condition);
      body.if(true);
    }
    this.#target.core();
    body.i32(vector);
    if (errorCode === undefined) body.i32(0);
    else {
      this.#value(errorCode);
      body.operator('i32.wrap_i64');
    }
    body.i32(errorCode === undefined ? 0 : 1);
    body.callNamed('raise');
    this.#target.fault();
    if (condition !== undefined) body.end();
    if (demand !== undefined) anchors?.align(demand.origin, demand.bytes);
  }

  /** #GP(0) for a target outside of the limit of CS; in long mode for one that is not canonical. */
  #checkTarget(target: Value): void {
    const body = this.#body;
    const { linearBits } = this.#target;
    if (linearBits > 32) {
      this.#value(target);
      body.i64(BigInt(64 - linearBits));
      body.operator('i64.shl');
      body.i64(BigInt(64 - linearBits));
      body.operator('i64.shr_s');
      this.#value(target);
      body.operator('i64.ne');
    } else {
      this.#value(target);
      this.#target.segment(CS);
      body.load(32, SEGMENT_LIMIT);
      body.operator('i64.gt_u');
    }
    body.if(true);
    this.#target.core();
    body.i32(13);
    body.i32(0);
    body.i32(1);
    body.callNamed('raise');
    this.#target.fault();
    body.end();
  }

  #if({ condition, body: statements, otherwise, unlikely }: Statement & { kind: 'if' }): void {
    if (condition.kind === 'isHosts') {
      this.#depth++;
      lowerHostCheck(this.#target, condition.check, this.lower, () =>
        this.#target.aside(() => this.statements(otherwise)),
      );
      this.#depth--;
      return;
    }
    const known = this.evaluate(condition);
    if (known !== undefined) {
      this.statements(known !== 0n ? statements : otherwise);
      return;
    }
    this.#target.beginConditional();
    this.#value(condition);
    this.#body.if(unlikely);
    this.#depth++;
    this.statements(statements);
    this.#target.endConditional();
    if (otherwise.length > 0) {
      this.#body.else();
      this.statements(otherwise);
      this.#target.endConditional();
    }
    this.#depth--;
    this.#body.end();
  }

  #loop({ body: statements, again, cost }: Statement & { kind: 'loop' }): void {
    this.#target.beginConditional();
    const label = this.#body.loop();
    this.#depth++;
    this.#loops++;
    this.statements(statements);
    this.#depth--;
    this.#loops--;
    this.#target.endConditional();
    this.#value(again);
    this.#body.if();
    if (cost !== undefined) this.#target.countRound(() => this.#value(cost));
    this.#body.branch(label);
    if (cost !== undefined && cost.kind !== 'constant') {
      // The last round ends the instruction, which its block counts.
      this.#body.else();
      this.#target.spend(() => this.#value(operation('i64.sub', cost, constant(1))));
    }
    this.#body.end();
    this.#body.end();
  }

  /** Masks that an immediate decides: of the three comparisons of CMPxx one or two are left. */
  #simplified(value: Value & { kind: 'operation' }): Value | undefined {
    const [a, b] = value.operands;
    if (a === undefined || b === undefined) return undefined;
    if (value.name === 'v128.and' && a.kind === 'operation' && a.name === 'i64x2.splat') {
      const mask = this.evaluate(a.operands[0] as Value);
      return mask === ALL_ONES ? b : mask === 0n ? NO_VECTOR : undefined;
    }
    if (value.name === 'v128.xor' && b.kind === 'operation' && b.name === 'i64x2.splat') {
      const mask = this.evaluate(b.operands[0] as Value);
      return mask === ALL_ONES ? operation('v128.not', a) : mask === 0n ? a : undefined;
    }
    if (value.name !== 'v128.or') return undefined;
    return this.#isNoVector(a) ? b : this.#isNoVector(b) ? a : undefined;
  }

  #isNoVector(value: Value): boolean {
    if (value.kind !== 'operation') return value === NO_VECTOR;
    const simpler = this.#simplified(value);
    return simpler !== undefined && this.#isNoVector(simpler);
  }

  /** The little that decides whether a shift by an immediate shifts at all, and what CMPxx asks. */
  evaluate(value: Value): bigint | undefined {
    if (value.kind === 'constant') return BigInt.asUintN(64, value.value);
    if (value.kind === 'immediate') return this.#target.knownImmediate;
    if (value.kind === 'temporary') return value.number < 0 ? undefined : this.#known[value.number];
    if (value.kind !== 'operation' || !evaluated.has(value.name)) return undefined;
    const [first, second] = value.operands as [Value, Value];
    const a = this.evaluate(first);
    if (a === undefined) return undefined;
    const b = this.evaluate(second);
    if (b === undefined) return undefined;
    if (value.name === 'i64.and') return a & b;
    if (value.name === 'i64.shr_u') return a >> (b & 63n);
    if (value.name === 'i64.sub') return BigInt.asUintN(64, a - b);
    return a === b ? 0n : 1n;
  }

  /** Whether the upper half of a temporary is 0. */
  isLow(temporary: number): boolean {
    return temporary >= 0 && this.#low[temporary] === true;
  }
}

/** Operators of two operands whose result `evaluate` knows, where it knows those. */
const evaluated: ReadonlySet<OperatorName> = new Set(['i64.and', 'i64.shr_u', 'i64.sub', 'i64.ne']);

/** A local of the function as a value of the language: below zero, where no temporary of an instruction is. */
export function localValue(local: number): Value {
  return { kind: 'temporary', type: 'i64', number: ~local };
}

/** Adds the locals that a value is computed from, where temporaries of instructions have become such. */
export function addLocals(value: Value, locals: number[]): void {
  everyTemporary(value, (temporary) => {
    if (temporary < 0) locals.push(~temporary);
    return true;
  });
}
