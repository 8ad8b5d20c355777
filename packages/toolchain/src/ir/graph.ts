/** The control-flow graph of one function in SSA form: blocks, and values that are defined once. */
import type { FunctionType, ValueType } from '../wasm/types.ts';
import { Const } from './op.ts';

/** Type of values that stores, calls without results and the like have. */
export const VOID = 0;

export class Value {
  readonly id: number;
  op: number;
  /** A value type, or VOID. */
  readonly type: ValueType | 0;
  args: Value[];
  block: Block | undefined;
  /** Of integer constants: signed, within the type. */
  constant = 0n;
  /** Constant offset of a memory access; number of a projection, parameter or lane. */
  offset = 0;
  /** Width of a memory access in bytes. */
  bytes = 0;
  signed = false;
  /** Index of a function, global, type or segment. */
  index = 0;
  index2 = 0;
  /** What only some operations have: name of an intrinsic or of an atomic operation, bits of float and vector constants. */
  aux: string | Uint8Array | undefined;
  /** Byte offset of the WebAssembly instruction it comes from. */
  origin = 0;
  /** The value that took this one's place. */
  replacement: Value | undefined;
  /** How many arguments, phi inputs and block ends name this value: valid after `countUses`. */
  uses = 0;

  constructor(id: number, op: number, type: ValueType | 0, args: Value[]) {
    this.id = id;
    this.op = op;
    this.type = type;
    this.args = args;
  }

  get isConstant(): boolean {
    return this.op === Const;
  }
}

/** How a block ends. */
export type BlockEnd = 'open' | 'jump' | 'branch' | 'switch' | 'return' | 'trap' | 'tail-call';

export class Block {
  readonly id: number;
  readonly phis: Value[] = [];
  values: Value[] = [];
  /** In the order of the arguments of `phis`. */
  readonly predecessors: Block[] = [];
  readonly successors: Block[] = [];
  end: BlockEnd = 'open';
  /** Of a branch (to successors[0] if it is not zero, else to successors[1]) or the index of a switch. */
  condition: Value | undefined;
  /** Of a switch: index into `successors` for every value; the last is the default. */
  cases: number[] = [];
  /** Returned values; arguments of a tail call. */
  results: Value[] = [];
  /** Why a trap is there. */
  reason = '';
  /** The call that a tail call makes: its operation, index and index2 are those of a call. */
  call: Value | undefined;
  origin = 0;
  /** How many loops it lies in. */
  loopDepth = 0;
  /** The innermost loop's header; for a header the header of the loop around it. */
  loopHeader: Block | undefined;
  isLoopHeader = false;

  constructor(id: number) {
    this.id = id;
  }
}

export class Graph {
  readonly name: string;
  readonly type: FunctionType;
  readonly entry: Block;
  /** In an order where dominators come first and loops are contiguous. */
  blocks: Block[] = [];
  /** Parameters that are used, by index. */
  readonly parameters: Value[] = [];
  /** By value id: how many low bits of an integer can be other than zero, once that is known (widths.ts). */
  widths: Uint8Array = new Uint8Array();
  readonly #constants = new Map<string, Value>();
  #nextValue = 0;

  constructor(name: string, type: FunctionType) {
    this.name = name;
    this.type = type;
    this.entry = this.newBlock();
  }

  get valueCount(): number {
    return this.#nextValue;
  }

  newBlock(): Block {
    const block = new Block(this.blocks.length);
    this.blocks.push(block);
    return block;
  }

  newValue(op: number, type: ValueType | 0, args: Value[]): Value {
    return new Value(this.#nextValue++, op, type, args);
  }

  /** Constants stand in no block. They are made where they are used. */
  integer(type: ValueType, value: bigint): Value {
    const key = `${type} ${value}`;
    let constant = this.#constants.get(key);
    if (constant === undefined) {
      constant = this.newValue(Const, type, []);
      constant.constant = value;
      this.#constants.set(key, constant);
    }
    return constant;
  }

  /** A float or vector constant, from its bits. */
  bits(type: ValueType, bytes: Uint8Array): Value {
    const key = `${type} b ${bytes.join(',')}`;
    let constant = this.#constants.get(key);
    if (constant === undefined) {
      constant = this.newValue(Const, type, []);
      constant.aux = bytes;
      this.#constants.set(key, constant);
    }
    return constant;
  }
}

/** The value that stands for `value` now. */
export function current(value: Value): Value {
  let at = value;
  while (at.replacement !== undefined) at = at.replacement;
  if (at !== value) value.replacement = at;
  return at;
}
