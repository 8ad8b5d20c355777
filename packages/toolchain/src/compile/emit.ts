/** Machine code of one function, from its allocated instructions: operands to registers and slots, moves, jumps, traps, lines. */
import { type CodeBuffer, control, type Operand, type Register } from '@drift-os/x86-core';
import { type CodePoint, FunctionCode } from './code.ts';
import { MoveEmitter, needsEmergency } from './emit-moves.ts';
import { OperandEncoder } from './emit-operand.ts';
import { Frame, INCOMING, OUTGOING } from './frame.ts';
import type { UnwindRow } from '../object.ts';
import { layoutBlocks } from './layout.ts';
import {
  CC,
  FIRST_VIRTUAL,
  FRAME_INCOMING,
  FRAME_OUTGOING,
  type JumpTable,
  type LirBlock,
  type LirFunction,
  type LirInstruction,
  type LirOperand,
  type ParallelMove,
} from './lir.ts';
import { innermostLoops } from './loop-alignment.ts';
import type { MacroTarget } from './macro.ts';
import { expandMacro } from './macros.ts';
import type { ModuleContext } from './module-context.ts';
import type { Allocation } from './resolve.ts';

/** What is known of a function once it is in the text section; offsets are from the section's start. */
export interface EmittedFunction {
  readonly offset: number;
  readonly size: number;
  readonly prologueBytes: number;
  readonly frame: Frame;
  readonly unwind: readonly UnwindRow[];
  /** Offset and WebAssembly offset wherever the latter changes. */
  readonly origins: readonly { readonly offset: number; readonly origin: number }[];
  readonly traps: readonly { readonly offset: number; readonly reason: string }[];
  readonly jumpTables: readonly { readonly symbol: string; readonly targets: readonly number[] }[];
}

export function emitFunction(
  lir: LirFunction,
  allocation: Allocation,
  context: ModuleContext,
  out: CodeBuffer,
): EmittedFunction {
  return new FunctionEmitter(lir, allocation, context).emit(out);
}

class FunctionEmitter implements MacroTarget {
  readonly code: FunctionCode = new FunctionCode();
  readonly frame: Frame;
  readonly context: ModuleContext;
  readonly #lir: LirFunction;
  readonly #allocation: Allocation;
  readonly #operands: OperandEncoder;
  readonly #moves: MoveEmitter;
  readonly #labels = new Map<LirBlock, number>();
  readonly #traps: { point: CodePoint; reason: string }[] = [];
  readonly #origins: { point: CodePoint; origin: number }[] = [];
  /** Traps that wait to be put behind the function, by reason and origin. */
  readonly #trapLabels = new Map<string, { label: number; reason: string; origin: number }>();
  #origin = -1;

  constructor(lir: LirFunction, allocation: Allocation, context: ModuleContext) {
    this.#lir = lir;
    this.#allocation = allocation;
    this.context = context;
    this.frame = new Frame(lir, allocation, needsEmergency(lir, allocation));
    this.#operands = new OperandEncoder(lir.name, allocation, this.frame);
    this.#moves = new MoveEmitter(this.code, this.frame);
  }

  emit(out: CodeBuffer): EmittedFunction {
    const { code } = this;
    const blocks = layoutBlocks(this.#lir, (block) => this.#isEmpty(block));
    for (const block of this.#lir.blocks) this.#labels.set(block, -1);
    for (const block of blocks.order) this.#labels.set(block, code.newLabel());
    for (const [block, target] of blocks.aliases) this.#labels.set(block, this.#labels.get(target) as number);
    this.#setOrigin(this.#lir.blocks[0]?.instructions[0]?.origin ?? this.#lir.blocks[0]?.origin ?? 0);
    this.frame.enter(code);
    const prologue = code.here;
    const loops = innermostLoops(blocks);
    blocks.order.forEach((block, i) => {
      if (loops.has(block)) code.align();
      this.#block(block, blocks.order[i + 1]);
    });
    for (const { label, reason, origin } of this.#trapLabels.values()) {
      this.#setOrigin(origin);
      code.bind(label);
      this.trapHere(reason);
      code.emit('ud2');
    }
    const offset = out.length;
    const at = code.place(out);
    return {
      offset,
      size: out.length - offset,
      prologueBytes: at(prologue) - offset,
      frame: this.frame,
      unwind: this.frame.rows.map(({ point, frameBytes, saved }) => ({ offset: at(point), frameBytes, saved })),
      origins: this.#origins.map(({ point, origin }) => ({ offset: at(point), origin })),
      traps: this.#traps
        .map(({ point, reason }) => ({ offset: at(point), reason }))
        .sort((a, b) => a.offset - b.offset),
      jumpTables: this.#lir.jumpTables.map((table) => ({ symbol: table.symbol, targets: this.#targets(table, at) })),
    };
  }

  #targets(table: JumpTable, at: (point: CodePoint) => number): number[] {
    const { block } = table;
    const cases = block.switch?.cases ?? [];
    return cases
      .slice(0, -1)
      .map((slot) => at(this.code.labelPoint(this.#labels.get(block.successors[slot] as LirBlock) as number)));
  }

  /** Nothing but a jump: whoever jumps there may as well jump on. */
  #isEmpty(block: LirBlock): boolean {
    return (
      block.end === 'jump' &&
      block.instructions.length === 0 &&
      !this.#allocation.atEnd.has(block.to) &&
      !this.#allocation.before.has(block.from) &&
      !this.#allocation.after.has(block.from)
    );
  }

  #setOrigin(origin: number): void {
    if (origin === this.#origin) return;
    this.#origin = origin;
    this.#origins.push({ point: this.code.here, origin });
  }

  #label(block: LirBlock): number {
    return this.#labels.get(block) as number;
  }

  #block(block: LirBlock, next: LirBlock | undefined): void {
    const { before, after, atEnd } = this.#allocation;
    this.code.bind(this.#label(block));
    this.#moves.all(before.get(block.from));
    this.#moves.all(after.get(block.from));
    for (const instruction of block.instructions) {
      this.#setOrigin(instruction.origin);
      this.#moves.all(before.get(instruction.position));
      this.#moves.all(before.get(instruction.position + 1));
      this.#instruction(instruction, block, next);
      this.#moves.all(after.get(instruction.position));
    }
    this.#setOrigin(block.origin);
    this.#moves.all(atEnd.get(block.to));
    if (block.end === 'trap') {
      this.trapHere(block.reason);
      this.code.emit('ud2');
    } else if (block.end === 'jump') this.#goTo(block.successors[0] as LirBlock, next);
    else if (block.end === 'branch') this.#branch(block, next);
  }

  #goTo(target: LirBlock, next: LirBlock | undefined): void {
    if (next === undefined || this.#label(target) !== this.#label(next)) this.code.jump(this.#label(target));
  }

  #branch(block: LirBlock, next: LirBlock | undefined): void {
    const yes = this.#label(block.successors[0] as LirBlock);
    const no = this.#label(block.successors[1] as LirBlock);
    const behind = next === undefined ? -1 : this.#label(next);
    const { condition } = block;
    if (condition >= CC.equalOrdered) {
      const [equal, unequal] = condition === CC.equalOrdered ? [yes, no] : [no, yes];
      this.code.jump(unequal, CC.ne);
      this.code.jump(unequal, CC.p);
      if (equal !== behind) this.code.jump(equal);
    } else if (yes === behind) this.code.jump(no, condition ^ 1);
    else {
      this.code.jump(yes, condition);
      if (no !== behind) this.code.jump(no);
    }
  }

  /** Says that the next instruction may trap, and why. */
  trapHere(reason: string): void {
    this.#traps.push({ point: this.code.here, reason });
  }

  /** Label of a trap behind the function. */
  trapLabel(reason: string): number {
    const key = `${this.#origin} ${reason}`;
    let trap = this.#trapLabels.get(key);
    if (trap === undefined) {
      trap = { label: this.code.newLabel(), reason, origin: this.#origin };
      this.#trapLabels.set(key, trap);
    }
    return trap.label;
  }

  #instruction(instruction: LirInstruction, block: LirBlock, next: LirBlock | undefined): void {
    const { kind, operands } = instruction;
    if (instruction.moves.length > 0) this.#parallel(instruction.moves, instruction.position);
    switch (kind) {
      case 'trap-if':
        if (instruction.condition < 0) this.code.jump(this.trapLabel(instruction.trap as string));
        else this.code.jump(this.trapLabel(instruction.trap as string), instruction.condition);
        return;
      case 'macro':
        expandMacro(
          this,
          instruction,
          operands.map((operand) => this.#operands.encode(operand, instruction.position)),
        );
        return;
      case 'switch':
        return this.#switch(instruction, block, next);
      case 'return':
        this.frame.leave(this.code);
        this.code.emit('ret');
        this.frame.resume(this.code);
        return;
      case 'tail-call':
        this.frame.leave(this.code);
        this.code.emit('jmp', this.#operands.encode(operands[0] as LirOperand, instruction.position));
        this.frame.resume(this.code);
        return;
      case 'zero': {
        const register = this.#operands.encode(operands[0] as LirOperand, instruction.position);
        this.code.emit(instruction.mnemonic, register, register);
        return;
      }
      case 'move':
        return this.#move(instruction);
      default:
        if (instruction.trap !== undefined) this.trapHere(instruction.trap);
        this.#plain(instruction);
    }
  }

  #plain(instruction: LirInstruction): void {
    const { mnemonic, position } = instruction;
    const operands = instruction.operands.map((operand) => this.#operands.encode(operand, position));
    const toControl = mnemonic.startsWith('mov to ');
    if (toControl || mnemonic.startsWith('mov cr')) {
      const register = control[Number(mnemonic.at(-1))] as Register;
      if (toControl) this.code.emit('mov', register, ...operands);
      else this.code.emit('mov', ...operands, register);
    } else this.code.emit(mnemonic, ...operands);
  }

  /** Copies between registers disappear when both sides are in one. */
  #move(instruction: LirInstruction): void {
    const [to, from] = instruction.operands.map((operand) => this.#operands.encode(operand, instruction.position)) as [
      Register,
      Operand,
    ];
    if (to === from) return;
    if (to.class === 'xmm' && typeof from === 'object' && from.kind === 'memory') this.code.emit('movups', to, from);
    else this.code.emit(instruction.mnemonic, to, from);
  }

  #switch(instruction: LirInstruction, block: LirBlock, next: LirBlock | undefined): void {
    const { code } = this;
    const cases = block.switch?.cases ?? [];
    const label = (slot: number): number => this.#label(block.successors[slot] as LirBlock);
    const otherwise = cases.at(-1) as number;
    const index = this.#operands.encode(instruction.operands[0] as LirOperand, instruction.position);
    if (instruction.mnemonic === 'table') {
      code.emit('cmp', index, cases.length - 1);
      code.jump(label(otherwise), CC.ae);
      code.emit('jmp', this.#operands.encode(instruction.operands[1] as LirOperand, instruction.position));
      return;
    }
    cases.slice(0, -1).forEach((slot, value) => {
      if (slot === otherwise) return;
      if (value === 0) code.emit('test', index, index);
      else code.emit('cmp', index, value);
      code.jump(label(slot), CC.e);
    });
    this.#goTo(block.successors[otherwise] as LirBlock, next);
  }

  #parallel(moves: readonly ParallelMove[], position: number): void {
    this.#moves.all(
      moves.map(({ to, slot, from, bits }) => ({
        to: to === FRAME_OUTGOING ? OUTGOING + slot : to === FRAME_INCOMING ? INCOMING + slot : to,
        from: typeof from === 'number' ? (from < FIRST_VIRTUAL ? from : this.#allocation.place(from, position)) : from,
        bits,
      })),
    );
  }
}
