/** What the definition of an instruction is written with: operands and memory (below this class), flags, stack, exceptions, control flow. */
import { carryFlag, rflagsWords, rflagsValue, type RflagsWords } from './flags.ts';
import type { Bits, FlagSource, HostCheck, JumpHint, LeaveReason, Meaning, Statement, Value } from './language.ts';
import { OperandBuilder } from './operand-builder.ts';
import { accessBits } from './statement-builder.ts';
import * as state from './state.ts';
import { add, constant, operation, sub, truncate } from './value.ts';

const RSP = 4;
const SS = 2;
const IF = 1n << 9n;
/** RF, VM, TF, IOPL, NT, AC, VIF, VIP, ID and IF: what RFLAGS_SYSTEM holds. */
const SYSTEM_FLAGS = 0x3f_7300n;
/** Flags that code is decoded for: TF, IOPL, VM, AC. */
const MODE_FLAGS = 0x6_3100n;

export type Definition = (m: MeaningBuilder) => void;

/** How a round of a loop ends. */
export interface LoopRound {
  /** i32 */
  readonly again: Value;
  /** i64: how many instructions the round counts for. */
  readonly cost: Value;
}

export class MeaningBuilder extends OperandBuilder {
  /** Where, among the statements of the whole meaning, the first change is. */
  #firstChange = -1;
  #depth = 0;

  finish(): Meaning {
    return { statements: this.statements, temporaries: this.temporaries };
  }

  protected override set(...parameters: Parameters<OperandBuilder['set']>): void {
    this.#noteChange();
    super.set(...parameters);
  }

  override storeTo(...parameters: Parameters<OperandBuilder['storeTo']>): void {
    this.#noteChange();
    super.storeTo(...parameters);
  }

  #noteChange(): void {
    if (this.#firstChange < 0 && this.#depth === 0) this.#firstChange = this.statements.length;
  }

  /** 1, or -1 while DF is set. */
  direction(): Value {
    return this.get({ file: 'direction' });
  }

  setDirection(value: 1 | -1): void {
    this.set({ file: 'direction' }, constant(value));
  }

  /** Sets all six status flags. Values are temporaries or constants. */
  flags(operation: FlagSource['operation'], bits: Bits, a: Value, b: Value, result: Value, plain = false): void {
    if (this.shape.flagsDead) return;
    this.#noteChange();
    this.changed = true;
    this.statements.push({ kind: 'flags', source: { operation, bits, a, b, result, plain } });
  }

  /** CF as 0 or 1 (i64). */
  carryFlag(): Value {
    return this.let(carryFlag());
  }

  /** i32: a condition of Jcc, SETcc, CMOVcc by the low four bits of their opcodes. */
  condition(code: number): Value {
    return this.let({ kind: 'condition', code });
  }

  /** All of RFLAGS, bit 1 set. */
  rflags(): Value {
    const isDown = this.let(operation('i64.and', this.direction(), constant(2)));
    const direction = operation('i64.shl', operation('i64.shr_u', isDown, constant(1)), constant(10));
    const system = this.stateLoad(state.RFLAGS_SYSTEM, 32);
    return this.let(rflagsValue(this.#flagWords(), direction, system));
  }

  /** The six status flags at their bits of RFLAGS, and bit 1. */
  statusFlags(): Value {
    return this.let(rflagsValue(this.#flagWords(), constant(0), constant(0)));
  }

  #flagWords(): RflagsWords {
    const word = (name: 'result' | 'carry' | 'aux'): Value => this.get({ file: 'flag', word: name });
    return { result: word('result'), carry: word('carry'), aux: word('aux') };
  }

  /**
   * Replaces the flags of RFLAGS in `mask`. Interrupts that wait are noticed where IF becomes 1; where TF, IOPL, VM or AC change, the instruction leaves
   * behind itself, so that what follows is decoded anew: nothing may come after this.
   */
  setRflags(value: Value, mask: Value | bigint): void {
    const maskValue = typeof mask === 'bigint' ? constant(mask) : this.let(mask);
    const old = this.rflags();
    const kept = operation('i64.and', old, operation('i64.xor', maskValue, constant(-1)));
    const merged = this.let(operation('i64.or', kept, operation('i64.and', value, maskValue)));
    const words = rflagsWords(merged);
    const settled = [this.let(words.carry), this.let(words.aux), this.let(words.result)] as const;
    const pending = this.stateLoad(state.PENDING, 32);
    const isDown = operation('i64.and', operation('i64.shr_u', merged, constant(9)), constant(2));
    this.set({ file: 'direction' }, operation('i64.sub', constant(1), isDown));
    this.stateStore(state.RFLAGS_SYSTEM, 32, operation('i64.and', merged, constant(SYSTEM_FLAGS)));
    this.#noteChange();
    this.statements.push({
      kind: 'flags',
      source: { operation: 'settled', bits: 64, a: settled[0], b: settled[1], result: settled[2], plain: false },
    });
    if (typeof mask !== 'bigint' || (mask & IF) !== 0n) {
      // Here, and not where the block or the loop ends: IF may be clear there again. EVENTS is not written back as it was read: another thread may set it meanwhile.
      const waits = operation('i64.and', operation('i64.shr_u', merged, constant(9)), pending);
      this.if(operation('i64.ne', waits, constant(0)), () => {
        this.stateStore(state.EVENTS, 32, constant(1));
        this.leave('events', 'next');
      });
    }
    if (typeof mask !== 'bigint' || (mask & MODE_FLAGS) !== 0n) {
      const different = operation('i64.and', operation('i64.xor', old, merged), constant(MODE_FLAGS));
      this.if(operation('i64.ne', different, constant(0)), () => this.leave('events', 'next'));
    }
  }

  /** No interrupt is taken before the next instruction is done: STI, MOV SS, POP SS (SDM 3A 6.8.3). */
  inhibitInterrupts(): void {
    this.stateStore(state.INHIBIT, 64, { kind: 'next' });
  }

  /** The stack pointer, as wide as the stack. */
  stackPointer(): Value {
    return this.gpr(RSP, this.stackBits);
  }

  setStackPointer(value: Value): void {
    this.setGpr(RSP, this.stackBits, value);
  }

  push(value: Value, bits: 16 | 32 | 64): void {
    this.pushes([value], bits);
  }

  /** Several pushes, the first value first: all are translated before anything changes. */
  pushes(values: readonly Value[], bits: 16 | 32 | 64): void {
    const bytes = bits / 8;
    const top = this.let(sub(this.stackBits, this.stackPointer(), constant(bytes * values.length)));
    const place = this.translate({ offset: top, segment: SS }, bytes * values.length, 'write');
    for (const [index, value] of values.entries()) {
      this.storeTo(place, bytes * (values.length - 1 - index), accessBits(bits), value);
    }
    this.commit(place);
    this.setStackPointer(top);
  }

  /** Reads the top of the stack and moves the stack pointer. What may still be refused comes before: `peek` and then `release`. */
  pop(bits: 16 | 32 | 64): Value {
    const value = this.peek(bits);
    this.release(bits / 8);
    return value;
  }

  /** The value `offset` bytes above the top of the stack. */
  peek(bits: 16 | 32 | 64, offset = 0): Value {
    const top = this.stackPointer();
    const at = offset === 0 ? top : this.let(add(this.stackBits, top, constant(offset)));
    return this.load(at, bits, SS);
  }

  /** Moves the stack pointer up by so many bytes. */
  release(bytes: Value | number): void {
    const count = typeof bytes === 'number' ? constant(bytes) : bytes;
    this.setStackPointer(this.let(add(this.stackBits, this.stackPointer(), count)));
  }

  /** Raises an exception where the condition (i32) holds. Error code: i64. */
  raiseIf(condition: Value, vector: number, errorCode?: Value): void {
    this.beforeFault();
    this.statements.push({ kind: 'raise', condition, vector, errorCode });
  }

  raise(vector: number, errorCode?: Value): void {
    this.beforeFault();
    this.statements.push({ kind: 'raise', condition: undefined, vector, errorCode });
  }

  /** A memory operand whose linear address is no multiple of `bytes` raises #GP(0). Other operands pass. */
  requireAligned(operand: number, bytes: 16 | 32 | 64): void {
    if (this.kind(operand) !== 'memory') return;
    const low = operation('i64.and', this.linearAddress(), constant(bytes - 1));
    this.raiseIf(operation('i64.ne', low, constant(0)), 13, constant(0));
  }

  /** TypeScript carries out the whole instruction: src/system/assists.ts, under its mnemonic. */
  assist(): void {
    this.leave('assist', 'this');
  }

  /** `unlikely`: the condition seldom holds. */
  if(condition: Value, body: () => void, otherwise?: () => void, unlikely = false): void {
    const before = this.changed;
    const statements = this.#block(body);
    const afterBody = this.changed;
    this.changed = before;
    const others = otherwise === undefined ? [] : this.#block(otherwise);
    this.changed ||= afterBody;
    if (this.changed) this.#noteChange();
    this.statements.push({ kind: 'if', condition, body: statements, otherwise: others, unlikely });
  }

  /** `if` whose condition holds nearly always. */
  ifLikely(condition: Value, body: () => void, otherwise: () => void): void {
    this.if(operation('i32.eqz', condition), otherwise, body, true);
  }

  /** What is to be done where the host's arithmetic may not be taken. It sets no flags. */
  unlessHosts(check: HostCheck, otherwise: () => void): void {
    this.if({ kind: 'isHosts', check }, () => {}, otherwise);
  }

  /**
   * Changes that processors make before the instruction may still fault, and that stay where it does: repeating them gives the same. What may be
   * refused can come after them.
   */
  early(body: () => void): void {
    const [changed, firstChange] = [this.changed, this.#firstChange];
    body();
    this.changed = changed;
    this.#firstChange = firstChange;
  }

  /** Each round may fault and be restarted by itself: it ends with a state in which the instruction can begin anew. */
  loop(body: () => Value | LoopRound, counted = true): void {
    let round: LoopRound = { again: constant(0), cost: constant(1) };
    const statements = this.#block(() => {
      this.changed = false;
      const result = body();
      round = 'again' in result ? result : { again: result, cost: constant(1) };
    });
    if (this.changed) this.#noteChange();
    const cost = counted ? round.cost : undefined;
    this.statements.push({ kind: 'loop', body: statements, again: round.again, cost });
  }

  #block(body: () => void): Statement[] {
    this.#depth++;
    const statements = this.nested(body);
    this.#depth--;
    return statements;
  }

  /** @param target offset in CS, truncated to the operand size here. It is checked before the first change. */
  jump(target: Value, hint: JumpHint, condition?: Value): void {
    const computed = hint === 'indirect' || hint === 'return';
    const near = computed ? this.let(truncate(this.operandSize, target)) : target;
    if (computed || this.shape.code.segmentation === 'segmented') this.#checkTarget(target, condition);
    this.statements.push({ kind: 'jump', target: near, condition, hint });
  }

  /** A direct target may lie behind the limit of CS too. */
  #checkTarget(target: Value, condition: Value | undefined): void {
    const { segmentation } = this.shape.code;
    if (segmentation === 'flat') return;
    const always: Statement = { kind: 'checkTarget', target: truncate(this.operandSize, target) };
    const check: Statement =
      condition === undefined ? always : { kind: 'if', condition, body: [always], otherwise: [], unlikely: false };
    if (this.#firstChange < 0) this.statements.push(check);
    else this.statements.splice(this.#firstChange, 0, check);
  }

  leave(reason: LeaveReason, at: 'this' | 'next'): void {
    this.statements.push({ kind: 'leave', reason, at });
  }
}
