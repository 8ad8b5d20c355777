/** Machine code of one function, from its allocated instructions: operands to registers and slots, moves, jumps, traps, lines. */
import {
  type CodeBuffer,
  control,
  fs,
  gs,
  type Memory,
  mem,
  type MemoryBits,
  type Operand,
  type Register,
  rsp,
  symbol,
} from '@drift-os/x86-core';
import { type CodePoint, FunctionCode } from './code.ts';
import { EMERGENCY, EMERGENCY_VECTOR, Frame, INCOMING, OUTGOING } from './frame.ts';
import { layoutBlocks } from './layout.ts';
import {
  CC,
  FRAME_INCOMING,
  FRAME_OUTGOING,
  type JumpTable,
  type LirBlock,
  type LirConstant,
  type LirFunction,
  type LirInstruction,
  type LirOperand,
  type MemoryOperand,
  NONE,
  type ParallelMove,
  type Width,
  XMM0,
  DEFINE,
  FIRST_VIRTUAL,
} from './lir.ts';
import { isSlot, type Move } from './location.ts';
import type { MacroTarget } from './macro.ts';
import { expandMacro } from './macros.ts';
import type { ModuleContext } from './module-context.ts';
import { physical } from './physical.ts';
import { emitParallelMoves, type MoveSink } from './parallel-move.ts';
import type { Allocation } from './resolve.ts';

/** What is known of a function once it is in the text section; offsets are from the section's start. */
export interface EmittedFunction {
  readonly offset: number;
  readonly size: number;
  readonly prologueBytes: number;
  readonly frame: Frame;
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

class FunctionEmitter implements MoveSink, MacroTarget {
  readonly code: FunctionCode = new FunctionCode();
  readonly frame: Frame;
  readonly context: ModuleContext;
  readonly #lir: LirFunction;
  readonly #allocation: Allocation;
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
    blocks.order.forEach((block, i) => this.#block(block, blocks.order[i + 1]));
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
    this.#moves(before.get(block.from));
    this.#moves(after.get(block.from));
    for (const instruction of block.instructions) {
      this.#setOrigin(instruction.origin);
      this.#moves(before.get(instruction.position));
      this.#moves(before.get(instruction.position + 1));
      this.#instruction(instruction, block, next);
      this.#moves(after.get(instruction.position));
    }
    this.#setOrigin(block.origin);
    this.#moves(atEnd.get(block.to));
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
          operands.map((operand) => this.operand(operand, instruction.position)),
        );
        return;
      case 'switch':
        return this.#switch(instruction, block, next);
      case 'return':
        this.frame.leave(this.code);
        this.code.emit('ret');
        return;
      case 'tail-call':
        this.frame.leave(this.code);
        this.code.emit('jmp', this.operand(operands[0] as LirOperand, instruction.position));
        return;
      case 'zero': {
        const register = this.operand(operands[0] as LirOperand, instruction.position);
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
    const operands = instruction.operands.map((operand) => this.operand(operand, position));
    const toControl = mnemonic.startsWith('mov to ');
    if (toControl || mnemonic.startsWith('mov cr')) {
      const register = control[Number(mnemonic.at(-1))] as Register;
      if (toControl) this.code.emit('mov', register, ...operands);
      else this.code.emit('mov', ...operands, register);
    } else this.code.emit(mnemonic, ...operands);
  }

  /** Copies between registers disappear when both sides are in one. */
  #move(instruction: LirInstruction): void {
    const [to, from] = instruction.operands.map((operand) => this.operand(operand, instruction.position)) as [
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
    const index = this.operand(instruction.operands[0] as LirOperand, instruction.position);
    if (instruction.mnemonic === 'table') {
      code.emit('cmp', index, cases.length - 1);
      code.jump(label(otherwise), CC.ae);
      code.emit('jmp', this.operand(instruction.operands[1] as LirOperand, instruction.position));
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

  /** The operand as the encoder takes it. */
  operand(operand: LirOperand, position: number): Operand {
    if (typeof operand !== 'object') return operand;
    if (operand.kind === 'symbol') return symbol(operand.name, operand.addend);
    if (operand.kind === 'memory') return this.#memory(operand, position);
    const { register, bits } = operand;
    if (register < FIRST_VIRTUAL) return physical(register, bits);
    const place = this.#allocation.place(register, operand.role === DEFINE ? position + 1 : position);
    if (place < 0) throw new Error(`${this.#lir.name}: register ${register} is nowhere at ${position}`);
    if (isSlot(place)) return this.frame.memory(place, bits);
    return physical(place, bits);
  }

  #memory(operand: MemoryOperand, position: number): Memory {
    const bits = operand.bits as MemoryBits | 0;
    if (operand.base === FRAME_INCOMING)
      return mem({ base: rsp, displacement: this.frame.size + 8 + operand.displacement, bits });
    const width = operand.wrap ? 32 : 64;
    const register = (number: number): Register | undefined => {
      if (number === NONE) return undefined;
      const place = number < FIRST_VIRTUAL ? number : this.#allocation.place(number, position);
      if (place < 0 || isSlot(place))
        throw new Error(`${this.#lir.name}: address register ${number} is nowhere at ${position}`);
      return physical(place, width);
    };
    const base = register(operand.base);
    const index = register(operand.index);
    const segment = operand.segment === 'fs' ? fs : operand.segment === 'gs' ? gs : undefined;
    if (operand.symbol === undefined) {
      return mem({
        base,
        index,
        scale: operand.scale,
        displacement: operand.displacement,
        bits,
        segment,
        addressBits: operand.wrap ? 32 : undefined,
      });
    }
    const target = symbol(operand.symbol, operand.displacement);
    if (base === undefined && index === undefined) return mem({ base: 'rip', symbol: target, bits });
    return mem({ base, index, scale: operand.scale, symbol: target, bits });
  }

  #parallel(moves: readonly ParallelMove[], position: number): void {
    this.#moves(
      moves.map(({ to, slot, from, bits }) => ({
        to: to === FRAME_OUTGOING ? OUTGOING + slot : to === FRAME_INCOMING ? INCOMING + slot : to,
        from: typeof from === 'number' ? (from < FIRST_VIRTUAL ? from : this.#allocation.place(from, position)) : from,
        bits,
      })),
    );
  }

  #moves(moves: readonly Move[] | undefined): void {
    if (moves !== undefined) emitParallelMoves(moves, this);
  }

  move(to: number, from: number, bits: Width): void {
    if (isSlot(to) && isSlot(from)) return this.#copyMemory(to, from, bits);
    if (from >= XMM0 && !isSlot(from)) {
      if (isSlot(to)) this.code.emit(vectorMove(bits), this.frame.memory(to, bits), physical(from, 128));
      else this.code.emit('movaps', physical(to, 128), physical(from, 128));
    } else if (to >= XMM0 && !isSlot(to))
      this.code.emit(vectorMove(bits), physical(to, 128), this.frame.memory(from, bits));
    else if (isSlot(to)) this.code.emit('mov', this.frame.memory(to, 64), physical(from, 64));
    else if (isSlot(from)) this.code.emit('mov', physical(to, bits), this.frame.memory(from, bits));
    else this.code.emit('mov', physical(to, bits), physical(from, bits));
  }

  #copyMemory(to: number, from: number, bits: Width): void {
    const rax = physical(0, 64);
    const at = (location: number, half: number): Memory => {
      const memory = this.frame.memory(location, 64);
      return half === 0 ? memory : mem({ ...memory, displacement: memory.displacement + 8 });
    };
    this.code.emit('mov', this.frame.memory(EMERGENCY, 64), rax);
    for (let half = 0; half < (bits === 128 ? 2 : 1); half++) {
      this.code.emit('mov', rax, at(from, half));
      this.code.emit('mov', at(to, half), rax);
    }
    this.code.emit('mov', rax, this.frame.memory(EMERGENCY, 64));
  }

  constant(to: number, { value }: LirConstant, bits: Width): void {
    const wide = BigInt.asUintN(bits, value);
    if (isSlot(to)) {
      const signed = BigInt.asIntN(64, wide);
      const memory = this.frame.memory(to, 64);
      if (signed >= -0x80000000n && signed <= 0x7fffffffn) this.code.emit('mov', memory, Number(signed));
      else {
        this.code.emit('mov', mem({ ...memory, bits: 32 }), Number(wide & 0xffffffffn));
        this.code.emit('mov', mem({ ...memory, bits: 32, displacement: memory.displacement + 4 }), Number(wide >> 32n));
      }
    } else if (wide === 0n) this.code.emit('xor', physical(to, 32), physical(to, 32));
    else if (wide < 1n << 32n) this.code.emit('mov', physical(to, 32), Number(wide));
    else {
      const signed = BigInt.asIntN(64, wide);
      this.code.emit('mov', physical(to, 64), signed >= -0x80000000n && signed < 0n ? Number(signed) : wide);
    }
  }

  exchange(a: number, b: number, bits: Width): void {
    const isVector = (location: number): boolean => location >= XMM0 && !isSlot(location);
    if (isVector(a) && isVector(b)) {
      for (const [to, from] of [
        [a, b],
        [b, a],
        [a, b],
      ] as const)
        this.code.emit('xorps', physical(to, 128), physical(from, 128));
    } else if (isVector(a) || isVector(b)) {
      const [register, slot] = isVector(a) ? [a, b] : [b, a];
      this.move(EMERGENCY_VECTOR, register, 128);
      this.move(register, slot, bits);
      this.#copyMemory(slot, EMERGENCY_VECTOR, bits);
    } else if (isSlot(a) && isSlot(b)) {
      this.#copyMemory(EMERGENCY_VECTOR, a, bits);
      this.#copyMemory(a, b, bits);
      this.#copyMemory(b, EMERGENCY_VECTOR, bits);
    } else if (isSlot(a) || isSlot(b)) {
      const [register, slot] = isSlot(a) ? [b, a] : [a, b];
      this.code.emit('xchg', this.frame.memory(slot, 64), physical(register, 64));
    } else this.code.emit('xchg', physical(a, 64), physical(b, 64));
  }
}

function vectorMove(bits: Width): string {
  return bits === 128 ? 'movups' : bits === 64 ? 'movsd' : 'movss';
}

/** Whether some group of moves may go through memory only, so that a register has to be freed in between. */
function needsEmergency(lir: LirFunction, allocation: Allocation): boolean {
  const slotMoves = (moves: readonly { from: number | LirConstant; to: number; bits: Width }[]): boolean =>
    moves.some(({ from, to }) => typeof from === 'number' && isSlot(from) && isSlot(to)) ||
    (moves.length > 1 &&
      moves.some(({ from, to }) => typeof from === 'number' && from >= XMM0 && from < FIRST_VIRTUAL && isSlot(to)));
  for (const map of [allocation.before, allocation.after, allocation.atEnd])
    for (const moves of map.values()) if (slotMoves(moves)) return true;
  for (const block of lir.blocks) {
    for (const { moves, position } of block.instructions) {
      for (const { to, from } of moves) {
        if (to >= 0 || typeof from !== 'number') continue;
        if (isSlot(from < FIRST_VIRTUAL ? from : allocation.place(from, position))) return true;
      }
    }
  }
  return false;
}
