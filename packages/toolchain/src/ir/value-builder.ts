/** The state in which operators are translated: operand stack, locals, the block that grows; and values made or folded there. */
import { Instruction } from '../wasm/instruction.ts';
import { F32, F64, I32, type Module, V128, type ValueType } from '../wasm/types.ts';
import { evaluateUnary, foldBinary } from './fold.ts';
import { type Block, type Graph, type Value } from './graph.ts';
import * as op from './op.ts';

export class ValueBuilder {
  readonly module: Module;
  readonly graph: Graph;
  /** Operand stack. */
  readonly stack: Value[] = [];
  /** The instruction in hand. */
  readonly instruction: Instruction = new Instruction();
  /** Values of the locals where the translation stands. */
  readonly locals: Value[] = [];
  /** The block that grows; undefined in unreachable code. */
  block: Block | undefined;

  constructor(module: Module, graph: Graph) {
    this.module = module;
    this.graph = graph;
    this.block = graph.entry;
  }

  zero(type: ValueType): Value {
    if (type === F32) return this.graph.bits(type, new Uint8Array(4));
    if (type === F64) return this.graph.bits(type, new Uint8Array(8));
    if (type === V128) return this.graph.bits(type, new Uint8Array(16));
    return this.graph.integer(type, 0n);
  }

  pop(): Value {
    return this.stack.pop() as Value;
  }

  push(value: Value): void {
    this.stack.push(value);
  }

  /** Appends a value to the current block. */
  make = (operation: number, type: ValueType | 0, args: Value[]): Value => {
    const value = this.graph.newValue(operation, type, args);
    value.origin = this.instruction.offset;
    value.block = this.block;
    (this.block as Block).values.push(value);
    return value;
  };

  binary(operation: number, type: ValueType, a: Value, b: Value): Value {
    return foldBinary(this.graph, operation, type, a, b, this.make);
  }

  unary(operation: number, type: ValueType, a: Value): Value {
    if (a.isConstant) return this.graph.integer(type, evaluateUnary(operation, type, a.type as ValueType, a.constant));
    return this.make(operation, type, [a]);
  }

  /** A condition without comparisons against zero around it: [value, whether its meaning is inverted]. */
  condition(value: Value): readonly [Value, boolean] {
    let at = value;
    let inverted = false;
    while ((at.op === op.Eq || at.op === op.Ne) && at.args[1]?.isConstant && at.args[1].constant === 0n) {
      const inner = at.args[0] as Value;
      if (inner.type !== I32) break;
      if (at.op === op.Eq) inverted = !inverted;
      at = inner;
    }
    return [at, inverted];
  }
}
