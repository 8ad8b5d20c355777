/** Builds the live intervals of all virtual registers and the ranges in which instructions claim physical ones. */
import { Interval, LOOP, MAY, MUST } from './interval.ts';
import {
  DEFINE,
  FIRST_VIRTUAL,
  type LirBlock,
  type LirFunction,
  type LirInstruction,
  type LirOperand,
  MODIFY,
  type RegisterOperand,
} from './lir.ts';

export interface Liveness {
  /** By virtual register minus FIRST_VIRTUAL; undefined for registers that nothing mentions. Registers may share an interval. */
  readonly intervals: (Interval | undefined)[];
  /** By physical register: flat pairs from, to; ascending. */
  readonly fixed: readonly number[][];
  /** Positions of calls, ascending: the caller-saved registers are lost in [p + 1, p + 2). */
  readonly calls: readonly number[];
  /** Position of the last write of each virtual register, where its value is complete; -1 for phis. */
  readonly definedAt: Int32Array;
  /** Physical registers that no interval may have. */
  readonly reserved: readonly number[];
}

/** Weight of a use by loop depth. */
export function depthWeight(depth: number): number {
  return 10 ** Math.min(depth, 6);
}

/** A block in which a register is read, written, or live at one end. */
interface Touched {
  block: number;
  liveIn: boolean;
  liveOut: boolean;
  /** Position of the write, or -1. */
  definition: number;
  /** Position behind the last read, or -1. */
  lastUse: number;
}

export function findLiveness(lir: LirFunction): Liveness {
  return new LivenessFinder(lir).find();
}

class LivenessFinder {
  readonly #lir: LirFunction;
  readonly #intervals: (Interval | undefined)[];
  readonly #touched: Touched[][];
  readonly #fixed: number[][] = Array.from({ length: FIRST_VIRTUAL }, () => []);
  readonly #calls: number[] = [];
  readonly #definedAt: Int32Array;
  readonly #index = new Map<LirBlock, number>();
  /** Positions from which physical registers are needed, while a block is walked backwards; -1: not needed. */
  readonly #fixedUntil = new Int32Array(FIRST_VIRTUAL).fill(-1);

  constructor(lir: LirFunction) {
    this.#lir = lir;
    this.#intervals = lir.classes.map(() => undefined);
    this.#touched = Array.from({ length: lir.classes.length }, () => []);
    this.#definedAt = new Int32Array(lir.classes.length).fill(-1);
    lir.blocks.forEach((block, i) => this.#index.set(block, i));
  }

  find(): Liveness {
    const { blocks } = this.#lir;
    for (let i = blocks.length - 1; i >= 0; i--) this.#block(blocks[i] as LirBlock, i);
    // Walked from the end, so everything was appended in descending order.
    for (const interval of this.#intervals) {
      if (interval === undefined) continue;
      interval.uses.reverse();
      interval.kinds.reverse();
      interval.weights.reverse();
      this.#ranges(interval);
    }
    for (const ranges of this.#fixed) reversePairs(ranges);
    this.#calls.reverse();
    const { reserved } = this.#lir;
    return { intervals: this.#intervals, fixed: this.#fixed, calls: this.#calls, definedAt: this.#definedAt, reserved };
  }

  #interval(register: number): Interval {
    const index = register - FIRST_VIRTUAL;
    let interval = this.#intervals[index];
    if (interval === undefined) {
      interval = new Interval(register, this.#lir.classes[index] as 0 | 1);
      this.#intervals[index] = interval;
    }
    return interval;
  }

  #touch(register: number, block: number): Touched {
    const list = this.#touched[register - FIRST_VIRTUAL] as Touched[];
    const last = list[list.length - 1];
    if (last !== undefined && last.block === block) return last;
    const touched = { block, liveIn: false, liveOut: false, definition: -1, lastUse: -1 };
    list.push(touched);
    return touched;
  }

  #addUse(register: number, position: number, kind: number, weight: number): void {
    const interval = this.#interval(register);
    interval.uses.push(position);
    interval.kinds.push(kind);
    interval.weights.push(weight);
  }

  #block(block: LirBlock, index: number): void {
    const weight = depthWeight(block.loopDepth);
    for (const successor of block.successors) {
      const which = successor.predecessors.indexOf(block);
      for (const phi of successor.phis) {
        const input = phi.inputs[which];
        if (typeof input !== 'number') continue;
        this.#touch(input, index).liveOut = true;
        this.#addUse(input, block.to - 1, MAY, weight);
        this.#hint(input, phi.register);
      }
    }
    for (let i = block.instructions.length - 1; i >= 0; i--)
      this.#instruction(block.instructions[i] as LirInstruction, index, weight);
    for (let register = 0; register < FIRST_VIRTUAL; register++) {
      const until = this.#fixedUntil[register] as number;
      if (until < 0) continue;
      (this.#fixed[register] as number[]).push(until, block.from);
      this.#fixedUntil[register] = -1;
    }
    for (const phi of block.phis) {
      const touched = this.#touch(phi.register, index);
      touched.definition = block.from;
      this.#addUse(phi.register, block.from, MAY, weight);
    }
  }

  #hint(register: number, other: number): void {
    this.#interval(register).hints.push(other);
    if (other >= FIRST_VIRTUAL) this.#interval(other).hints.push(register);
  }

  #instruction(instruction: LirInstruction, block: number, weight: number): void {
    const { position, operands, kind } = instruction;
    const behind = position + (instruction.lateReads ? 2 : 1);
    if (kind === 'call') this.#calls.push(position);
    for (const register of instruction.writes) this.#fixedWrite(register, position);
    for (const operand of operands) {
      if (isRegister(operand) && operand.role === DEFINE) this.#write(operand, block, position, weight);
    }
    for (const register of instruction.reads) this.#fixedRead(register, behind);
    for (const operand of operands) {
      if (isRegister(operand)) {
        const until = operand.role === MODIFY ? position + 2 : behind;
        if (operand.role !== DEFINE)
          this.#read(operand.register, block, position, until, operand.memoryAllowed ? MAY : MUST, weight);
        if (operand.role === MODIFY) this.#modify(operand.register, position);
      } else if (typeof operand === 'object' && operand.kind === 'memory') {
        if (operand.base >= 0) this.#read(operand.base, block, position, behind, MUST, weight);
        if (operand.index >= 0) this.#read(operand.index, block, position, behind, MUST, weight);
      }
    }
    for (const move of instruction.moves) {
      if (typeof move.from !== 'number') continue;
      this.#read(move.from, block, position, position + 1, MAY, weight);
      if (move.to >= 0) this.#interval(move.from).hints.push(move.to);
    }
    if (kind === 'move') this.#moveHints(operands);
  }

  #moveHints(operands: readonly LirOperand[]): void {
    const [to, from] = operands;
    if (to === undefined || from === undefined || !isRegister(to) || !isRegister(from)) return;
    if (to.register >= FIRST_VIRTUAL) this.#interval(to.register).hints.push(from.register);
    if (from.register >= FIRST_VIRTUAL) this.#interval(from.register).hints.push(to.register);
  }

  #fixedWrite(register: number, position: number): void {
    const until = this.#fixedUntil[register] as number;
    (this.#fixed[register] as number[]).push(until < 0 ? position + 2 : until, position + 1);
    this.#fixedUntil[register] = -1;
  }

  #fixedRead(register: number, behind: number): void {
    if ((this.#fixedUntil[register] as number) < behind) this.#fixedUntil[register] = behind;
  }

  #write(operand: RegisterOperand, block: number, position: number, weight: number): void {
    const { register } = operand;
    if (register < FIRST_VIRTUAL) return this.#fixedWrite(register, position);
    this.#touch(register, block).definition = position + 1;
    this.#addUse(register, position + 1, MUST, weight);
    if (this.#definedAt[register - FIRST_VIRTUAL] === -1) this.#definedAt[register - FIRST_VIRTUAL] = position;
  }

  #modify(register: number, position: number): void {
    if (register < FIRST_VIRTUAL) return;
    if (this.#definedAt[register - FIRST_VIRTUAL] === -1) this.#definedAt[register - FIRST_VIRTUAL] = position;
  }

  #read(register: number, block: number, position: number, behind: number, kind: number, weight: number): void {
    if (register < FIRST_VIRTUAL) return this.#fixedRead(register, behind);
    const touched = this.#touch(register, block);
    if (touched.lastUse < behind) touched.lastUse = behind;
    this.#addUse(register, position, kind, weight);
  }

  /** Walks from the blocks that read a register back to the one that writes it, and makes the ranges. */
  #ranges(interval: Interval): void {
    const { blocks } = this.#lir;
    const touched = this.#touched[interval.register - FIRST_VIRTUAL] as Touched[];
    const byBlock = new Map<number, Touched>();
    for (const each of touched) byBlock.set(each.block, each);
    const pending: Touched[] = [];
    const enter = (each: Touched): void => {
      if (each.liveIn || each.definition >= 0) return;
      each.liveIn = true;
      pending.push(each);
    };
    for (const each of touched) if (each.definition < 0 && (each.lastUse >= 0 || each.liveOut)) enter(each);
    for (let each = pending.pop(); each !== undefined; each = pending.pop()) {
      for (const predecessor of (blocks[each.block] as LirBlock).predecessors) {
        const index = this.#index.get(predecessor) as number;
        let before = byBlock.get(index);
        if (before === undefined) {
          before = { block: index, liveIn: false, liveOut: false, definition: -1, lastUse: -1 };
          byBlock.set(index, before);
        }
        before.liveOut = true;
        enter(before);
      }
    }
    const list = [...byBlock.values()].sort((a, b) => a.block - b.block);
    const { ranges } = interval;
    for (const each of list) {
      const block = blocks[each.block] as LirBlock;
      const from = each.definition >= 0 ? each.definition : block.from;
      // A value that nothing reads still needs a register to be written to.
      const to = each.liveOut ? block.to : Math.max(each.lastUse, from + 1);
      if (ranges.length > 0 && ranges[ranges.length - 1] === from) ranges[ranges.length - 1] = to;
      else ranges.push(from, to);
      if (each.liveIn && block.loopEnd > 0) this.#loopUse(interval, block);
    }
  }

  /** A value that a loop carries around unchanged and reads is wanted again at the loop's end: without it, each round would load it. */
  #loopUse(interval: Interval, header: LirBlock): void {
    const end = header.loopEnd - 1;
    const { uses, kinds, weights } = interval;
    let at = uses.length;
    while (at > 0 && (uses[at - 1] as number) > end) at--;
    if (at === 0 || (uses[at - 1] as number) < header.from) return;
    uses.splice(at, 0, end);
    kinds.splice(at, 0, LOOP);
    weights.splice(at, 0, depthWeight(header.loopDepth));
  }
}

function isRegister(operand: LirOperand): operand is RegisterOperand {
  return typeof operand === 'object' && operand.kind === 'register';
}

function reversePairs(ranges: number[]): void {
  ranges.reverse();
  // Neighbours that touch or overlap become one.
  let length = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i] as number;
    const to = ranges[i + 1] as number;
    if (length > 0 && from <= (ranges[length - 1] as number)) {
      ranges[length - 1] = Math.max(ranges[length - 1] as number, to);
    } else {
      ranges[length++] = from;
      ranges[length++] = to;
    }
  }
  ranges.length = length;
}
