/**
 * The state of instruction selection: which values have registers, what an instruction may fold into itself, and the vocabulary
 * in which the select-* files write their instructions.
 */
import { type Block, type Graph, type Value, VOID } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { valueWidth } from '../ir/widths.ts';
import { F32, F64, I32, V128, type ValueType, isFloat } from '../wasm/types.ts';
import { findCarried } from './carried.ts';
import { HeaderPhis } from './header-phis.ts';
import {
  CC,
  DEFINE,
  LirBlock,
  type LirConstant,
  LirFunction,
  LirInstruction,
  type LirKind,
  type LirOperand,
  type MemoryOperand,
  MODIFY,
  NONE,
  fitsSigned32,
  type RegisterOperand,
  symbolMemory,
  USE,
  type Width,
} from './lir.ts';
import { BASE_REGISTER } from './memory-base.ts';
import { CompileError } from './options.ts';
import type { ModuleContext } from './module-context.ts';
import { type AddressBuilder, addressOf } from './select-address.ts';

export class Selector implements AddressBuilder {
  readonly graph: Graph;
  readonly context: ModuleContext;
  readonly functionIndex: number;
  readonly lir: LirFunction;
  /** Block that is being selected, and its first LIR block. */
  block: Block;
  readonly blocks: Map<Block, LirBlock> = new Map();
  /** Instructions of the value in hand, in order. */
  #pending: LirInstruction[] = [];
  /** Register of every value that was asked for, by value id. */
  readonly #registers: Int32Array;
  readonly #epochs: Int32Array;
  /** One more than the place of the next block that reads the value's register; 0 where nothing behind this place does. */
  readonly #requested: Int32Array;
  readonly #headerPhis: HeaderPhis;
  /** 1 for loads that another instruction does as part of itself. */
  readonly #folded: Uint8Array;
  readonly #carried: Uint8Array;
  /** How many memory accesses have the value as their address. */
  readonly #addressUses: Uint32Array;
  /** Of the value (or block end) in hand. */
  #epoch = 0;
  #origin = 0;

  constructor(graph: Graph, context: ModuleContext, functionIndex: number) {
    this.graph = graph;
    this.context = context;
    this.functionIndex = functionIndex;
    this.lir = new LirFunction(graph.name);
    if (context.options.memoryBase.kind === 'register') this.lir.reserved = [BASE_REGISTER];
    this.block = graph.entry;
    this.#registers = new Int32Array(graph.valueCount).fill(NONE);
    this.#epochs = new Int32Array(graph.valueCount);
    this.#requested = new Int32Array(graph.valueCount);
    this.#headerPhis = new HeaderPhis(graph);
    this.#folded = new Uint8Array(graph.valueCount);
    this.#carried = findCarried(graph);
    this.#addressUses = new Uint32Array(graph.valueCount);
    for (const block of graph.blocks) {
      for (const value of block.values) {
        if (!accessesMemory(value.op)) continue;
        const address = value.args[0] as Value;
        this.#addressUses[address.id] = (this.#addressUses[address.id] as number) + 1;
      }
    }
  }

  /** Goes to the end of a block. */
  enterBlock(block: Block): void {
    this.block = block;
    let epoch = 0;
    for (const value of block.values) {
      this.#epochs[value.id] = epoch;
      if (hasEffect(value)) epoch++;
    }
    this.#epoch = epoch;
    this.#origin = block.origin;
  }

  /** Goes to a value of the block. False where it needs no code. */
  enterValue(value: Value): boolean {
    if (this.#registers[value.id] === NONE && !this.#isRequired(value)) return false;
    this.#epoch = this.#epochs[value.id] as number;
    this.#origin = value.origin;
    return true;
  }

  /** The instructions emitted since the last call. */
  takePending(): LirInstruction[] {
    const pending = this.#pending;
    this.#pending = [];
    return pending;
  }

  /** Has to be emitted although nobody asked for its register. */
  #isRequired(value: Value): boolean {
    if (op.isRead(value.op))
      return this.context.loadsMayTrap && value.op !== op.GlobalGet && this.#folded[value.id] === 0;
    return hasEffect(value) || op.mayTrap(value.op) || value.type === VOID;
  }

  /** Says that the instruction in hand does the load. */
  markFolded(load: Value): void {
    this.#folded[load.id] = 1;
  }

  /** Whether the value is used as an address only: then folding it into each costs nothing. */
  isOnlyAddress(value: Value): boolean {
    return this.#addressUses[value.id] === value.uses;
  }

  widthOfValue(value: Value): number {
    return valueWidth(this.graph, value);
  }

  /** Leaves for a trap when the condition of that name holds, or always. */
  trapIf(condition: keyof typeof CC | undefined, reason: string): void {
    const instruction = this.emitKind('trap-if', '');
    instruction.trap = reason;
    instruction.condition = condition === undefined ? -1 : CC[condition];
  }

  /** A register, or a constant that a move can hold. */
  moveSource(value: Value): number | LirConstant {
    if (value.isConstant && !isFloat(value.type))
      return { value: value.type === I32 ? BigInt.asUintN(32, value.constant) : value.constant };
    // All 64 bits: the upper half of an i32 has to arrive as the zeros that it is.
    return this.use(value, isFloat(value.type) ? 128 : 64).register;
  }

  emit(mnemonic: string, ...operands: LirOperand[]): LirInstruction {
    return this.emitKind('normal', mnemonic, ...operands);
  }

  emitKind(kind: LirKind, mnemonic: string, ...operands: LirOperand[]): LirInstruction {
    const instruction = new LirInstruction(mnemonic, operands, kind);
    instruction.origin = this.#origin;
    this.#pending.push(instruction);
    return instruction;
  }

  /** Function and line of the instruction in hand, for error messages. */
  get place(): string {
    return this.context.place(this.functionIndex, this.#origin);
  }

  widthOf(type: ValueType | 0): Width {
    return type === I32 || type === F32 ? 32 : type === V128 ? 128 : 64;
  }

  newRegister(type: ValueType | 0): number {
    if (isFloat(type)) {
      if (this.context.options.vectors === 'none') {
        throw new CompileError(
          'COMPILE_VECTORS',
          `${this.place} uses floats or vectors, but the module is compiled with vectors: 'none'`,
        );
      }
      return this.lir.newRegister(1, this.widthOf(type));
    }
    return this.lir.newRegister(0, type === I32 ? 32 : 64);
  }

  /** The register that holds `value`; asking makes sure that it is computed. Not for constants. */
  registerOf(value: Value): number {
    const holder = holderOf(value);
    if (holder !== value) return this.registerOf(holder);
    let register = this.#registers[value.id] as number;
    if (register === NONE) {
      register = this.newRegister(value.type);
      this.#registers[value.id] = register;
    }
    return register;
  }

  /** Whether some instruction asked for the value's register. */
  isWanted(value: Value): boolean {
    return this.#registers[value.id] !== NONE;
  }

  /** The values that name the results of a call with several, by their number. */
  projectionsOf(call: Value): readonly (Value | undefined)[] {
    const found: (Value | undefined)[] = [];
    const values = this.block.values;
    for (let i = values.indexOf(call) + 1; values[i]?.op === op.Projection; i++) {
      const projection = values[i] as Value;
      if (projection.args[0] === call) found[projection.offset] = projection;
    }
    return found;
  }

  /** Whether code behind this place reads the value's register, so that it must not be overwritten. */
  isLiveAfter(value: Value): boolean {
    const at = holderOf(value);
    if (at.isConstant) return false;
    const asked = this.#requested[at.id] as number;
    if (asked > 0) return !this.#headerPhis.isDead(at, this.block, asked - 1);
    // Defined outside of the loop that uses it: the next round reads it again.
    return (at.block?.loopDepth ?? 0) < this.block.loopDepth;
  }

  /**
   * Whether a two-address instruction for `value` had better overwrite its argument `second` than `first`, where it could do
   * either: because a loop carries the value in that register, because only the other can be read from memory, or because the other lives on.
   */
  shouldSwap(value: Value, first: number, second: number): boolean {
    const a = value.args[first] as Value;
    const b = value.args[second] as Value;
    if (this.canFold(b)) return false;
    if (this.canFold(a)) return true;
    const carried = this.#carried[value.id] as number;
    if (carried === second + 1) return !this.isLiveAfter(b);
    if (carried === first + 1 && !this.isLiveAfter(a)) return false;
    return this.isLiveAfter(a) && !this.isLiveAfter(b);
  }

  /** A register operand that reads `value`, in `bits` (default: its type's width). */
  use(value: Value, bits?: Width): RegisterOperand {
    const width = bits ?? this.widthOf(value.type);
    let at = value;
    if (width <= 32 && !isFloat(at.type)) while (at.op === op.Wrap) at = at.args[0] as Value;
    at = holderOf(at);
    if (at.isConstant) return this.constantRegister(at, width);
    this.#requested[at.id] = 1 + this.#headerPhis.place(this.block);
    return { kind: 'register', register: this.registerOf(at), bits: width, role: USE, memoryAllowed: false };
  }

  constantRegister(value: Value, width: Width): RegisterOperand {
    const register = this.newRegister(value.type);
    this.loadConstant(register, value);
    return { kind: 'register', register, bits: width, role: USE, memoryAllowed: false };
  }

  /** Emits what puts a constant into `register`. May change the flags. */
  loadConstant(register: number, value: Value): void {
    if (isFloat(value.type)) {
      const bytes = value.aux as Uint8Array;
      const target = this.defined(register, value.type === V128 ? 128 : 128);
      if (bytes.every((byte) => byte === 0)) this.emitKind('zero', 'xorps', target);
      else {
        const name = value.type === F32 ? 'movss' : value.type === F64 ? 'movsd' : 'movaps';
        this.emit(name, target, this.pool(bytes));
      }
      return;
    }
    if (value.constant === 0n) this.emitKind('zero', 'xor', this.defined(register, 32));
    else this.moveInteger(register, value);
  }

  /** Puts an integer constant into a register and leaves the flags alone. */
  moveInteger(register: number, value: Value): void {
    const wide = BigInt.asUintN(value.type === I32 ? 32 : 64, value.constant);
    if (wide < 1n << 32n) this.emit('mov', this.defined(register, 32), Number(wide));
    else if (fitsSigned32(value.constant)) this.emit('mov', this.defined(register, 64), Number(value.constant));
    else this.emit('mov', this.defined(register, 64), wide);
  }

  /** A constant in read-only data. */
  pool(bytes: Uint8Array): MemoryOperand {
    return symbolMemory(this.context.constant(bytes), (bytes.length * 8) as Width);
  }

  /** Operand that may be a register or memory: a foldable load, a constant in memory, or a register that may be spilled. */
  useOrMemory(value: Value, bits?: Width): RegisterOperand | MemoryOperand {
    const width = bits ?? this.widthOf(value.type);
    const folded = this.foldedLoad(value, width);
    if (folded !== undefined) return folded;
    if (value.isConstant && isFloat(value.type) && width === constantBits(value))
      return this.pool(value.aux as Uint8Array);
    const operand = this.use(value, width);
    return { ...operand, memoryAllowed: true };
  }

  /** As `useOrMemory`, or an immediate of 32 signed bits. */
  useOrImmediate(value: Value, bits?: Width): RegisterOperand | MemoryOperand | number {
    if (value.isConstant && !isFloat(value.type)) {
      const width = bits ?? this.widthOf(value.type);
      const constant = BigInt.asIntN(Math.min(width, 64), value.constant);
      if (fitsSigned32(constant)) return Number(constant);
    }
    return this.useOrMemory(value, bits);
  }

  /** A register, or an immediate of 32 signed bits. */
  registerOrImmediate(value: Value, bits: Width): RegisterOperand | number {
    const constant = value.isConstant && !isFloat(value.type) ? BigInt.asIntN(bits, value.constant) : undefined;
    return constant !== undefined && fitsSigned32(constant) ? Number(constant) : this.use(value, bits);
  }

  canFold(value: Value): boolean {
    return (
      value.uses === 1 &&
      // SSE operands of 16 bytes must be aligned, which a load need not be.
      value.type !== V128 &&
      value.block === this.block &&
      (value.op === op.Load || value.op === op.GlobalGet) &&
      this.#epochs[value.id] === this.#epoch &&
      this.#registers[value.id] === NONE
    );
  }

  /** The memory operand of a load that can be part of the instruction in hand. */
  foldedLoad(value: Value, bits: Width): MemoryOperand | undefined {
    if (!this.canFold(value)) return undefined;
    if (value.op === op.GlobalGet)
      return this.widthOf(value.type) === bits ? this.globalMemory(value.index, bits) : undefined;
    if (value.bytes * 8 !== bits || this.widthOf(value.type) !== bits) return undefined;
    this.markFolded(value);
    return addressOf(this, value, bits);
  }

  /** The memory operand of a foldable load of fewer bits than its value, in its own width. */
  narrowMemory(value: Value): MemoryOperand {
    this.markFolded(value);
    return addressOf(this, value, (value.bytes * 8) as Width);
  }

  globalMemory(index: number, bits: Width): MemoryOperand {
    const imported = this.context.module.globals[index]?.imported;
    if (imported !== undefined) return symbolMemory(`${imported.module}.${imported.field}`, bits);
    return this.instanceMemory(this.context.globalOffset(index), bits);
  }

  /** Memory of the instance, at an offset in section `globals`. */
  instanceMemory(offset: number, bits: Width): MemoryOperand {
    const { globals } = this.context.options;
    if (globals.kind === 'absolute') return { ...symbolMemory(this.context.globalsSymbol, bits), displacement: offset };
    return { ...symbolMemory(undefined, bits), segment: globals.segment, displacement: globals.offset + offset };
  }

  defined(register: number, bits: Width): RegisterOperand {
    return { kind: 'register', register, bits, role: DEFINE, memoryAllowed: false };
  }

  /** The operand that defines `value`. */
  result(value: Value, bits?: Width): RegisterOperand {
    return this.defined(this.registerOf(value), bits ?? this.widthOf(value.type));
  }

  modified(register: number, bits: Width): RegisterOperand {
    return { kind: 'register', register, bits, role: MODIFY, memoryAllowed: false };
  }

  read(register: number, bits: Width): RegisterOperand {
    return { kind: 'register', register, bits, role: USE, memoryAllowed: false };
  }

  /** Copies `value` into `register`: a move that allocation may make disappear, a load, or a constant. Leaves the flags alone. */
  copyTo(register: number, value: Value, bits: Width): void {
    if (isFloat(value.type)) {
      if (value.isConstant) return this.loadConstant(register, value);
      const source = this.use(value, 128);
      this.emitKind('move', 'movaps', this.defined(register, 128), source);
      return;
    }
    if (value.isConstant) return this.moveInteger(register, value);
    const folded = this.foldedLoad(value, bits);
    if (folded !== undefined) this.emit('mov', this.defined(register, bits), folded);
    else this.emitKind('move', 'mov', this.defined(register, bits), { ...this.use(value, bits), memoryAllowed: true });
  }
}

/**
 * The value whose register holds `value` as well: the upper half of an i32 is zero, so widening it costs nothing, and neither does
 * narrowing what has nothing there.
 */
export function holderOf(value: Value): Value {
  let at = value;
  while (at.op === op.ExtendU || (at.op === op.Wrap && hasEmptyUpperHalf(at.args[0] as Value)))
    at = at.args[0] as Value;
  return at;
}

function hasEmptyUpperHalf(value: Value): boolean {
  const by = value.args[1];
  if (by === undefined || !by.isConstant) return false;
  if (value.op === op.ShrU) return by.constant >= 32n;
  return value.op === op.And && by.constant >= 0n && by.constant < 1n << 32n;
}

function accessesMemory(operation: number): boolean {
  return (operation >= op.Load && operation <= op.AtomicCompareExchange) || op.isVectorMemory(operation);
}

function constantBits(value: Value): Width {
  return value.type === F32 ? 32 : value.type === F64 ? 64 : 128;
}

/** Whether loads must not be moved across the value. */
function hasEffect(value: Value): boolean {
  return (
    !op.isPure(value.op) &&
    !op.isRead(value.op) &&
    !op.mayTrap(value.op) &&
    value.op !== op.Projection &&
    value.op !== op.MemorySize
  );
}
