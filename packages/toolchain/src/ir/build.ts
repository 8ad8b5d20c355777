/**
 * WebAssembly function body -> SSA.
 *
 * The code is structured, so control flow joins only where a block or if ends and at loop headers. Where a construct ends, the
 * values that reach it are compared, for the results and for the locals assigned inside it; a phi is made where they differ.
 * A loop's header gets a phi per local assigned in the loop; those that turn out not to change are removed afterwards.
 * Unreachable code is skipped. The body is validated before (`scanBody`), so nothing is checked here.
 */
import { WasmError } from '../wasm/error.ts';
import { ByteReader } from '../wasm/reader.ts';
import { type Function, type FunctionType, type Module } from '../wasm/types.ts';
import { readLocals } from '../wasm/validate.ts';
import { scanBody } from './assigned-locals.ts';
import { type Block, Graph, VOID, type Value } from './graph.ts';
import * as op from './op.ts';
import { translateOperator } from './translate.ts';
import { ValueBuilder } from './value-builder.ts';

/** A control transfer to a construct whose target block does not exist yet. */
interface Edge {
  readonly from: Block;
  /** Which of the successors of `from`. */
  readonly slot: number;
  readonly values: readonly Value[];
  /** Of the locals assigned inside the construct, in their order. */
  readonly locals: readonly Value[];
}

interface Frame {
  readonly kind: 'block' | 'loop' | 'if' | 'else';
  readonly type: FunctionType;
  readonly assigned: readonly number[];
  /** Operands below the construct's own. */
  readonly height: number;
  readonly edges: Edge[];
  header: Block | undefined;
  /** Of an if: where the else part starts, and what the assigned locals and parameters were there. */
  otherwise: Edge | undefined;
}

/** References to values that the edges of a function may hold while it is built; a phi counts for many. About 300 MB. */
const MAX_EDGE_VALUES = 2 ** 25;
const PHI_WEIGHT = 16;

/** @throws WasmError when the body is malformed, invalid, too large or uses what is not supported. */
export function buildGraph(module: Module, functionIndex: number, name: string): Graph {
  return new GraphBuilder(module, module.functions[functionIndex] as Function, name).build();
}

class GraphBuilder extends ValueBuilder {
  readonly #definition: Function;
  readonly #frames: Frame[] = [];
  /** Constructs opened inside unreachable code. */
  #skipped = 0;
  #construct = 0;
  #edgeValues = 0;

  constructor(module: Module, definition: Function, name: string) {
    super(module, new Graph(name, definition.type));
    this.#definition = definition;
  }

  build(): Graph {
    const definition = this.#definition;
    const { assigned } = scanBody(this.module, definition);
    const reader = new ByteReader(this.module.bytes, definition.start, definition.end);
    const types = readLocals(reader, definition.type);
    types.forEach((type, i) => {
      if (i >= definition.type.parameters.length) return this.locals.push(this.zero(type));
      const parameter = this.graph.newValue(op.Param, type, []);
      parameter.offset = i;
      parameter.block = this.graph.entry;
      this.graph.parameters.push(parameter);
      return this.locals.push(parameter);
    });
    this.#frames.push({
      kind: 'block',
      type: { parameters: [], results: definition.type.results },
      assigned: [],
      height: 0,
      edges: [],
      header: undefined,
      otherwise: undefined,
    });
    const wide = this.module.memories[0]?.wide ?? false;
    while (this.#frames.length > 0) {
      this.instruction.read(reader, this.module.types, wide);
      this.#translate(assigned);
    }
    return this.graph;
  }

  #translate(assigned: readonly (readonly number[])[]): void {
    const code = this.instruction.operator.code;
    if (this.block === undefined) return this.#skip(code);
    switch (code) {
      case 0x00:
        return this.#trap('unreachable');
      case 0x02:
      case 0x03:
      case 0x04:
        return this.#open(code, assigned[this.#construct++] as readonly number[]);
      case 0x05:
        return this.#else();
      case 0x0b:
        return this.#end();
      case 0x0c:
        this.#jump(this.instruction.index);
        this.block = undefined;
        return;
      case 0x0d:
        return this.#branchIf();
      case 0x0e:
        return this.#branchTable();
      case 0x0f:
        return this.#return();
      case 0x12:
      case 0x13:
        return this.#tailCall();
      default:
        translateOperator(this);
    }
  }

  /** Every branch notes the locals that its target may change: a hostile function has many of both. */
  #spend(count: number): void {
    this.#edgeValues += count;
    if (this.#edgeValues > MAX_EDGE_VALUES)
      throw new WasmError(
        'WASM_TOO_LARGE',
        this.instruction.offset,
        'function with too many locals at too many branches',
      );
  }

  #skip(code: number): void {
    if (code >= 0x02 && code <= 0x04) {
      this.#skipped++;
      this.#construct++;
    } else if (code === 0x0b) {
      if (this.#skipped > 0) this.#skipped--;
      else this.#end();
    } else if (code === 0x05 && this.#skipped === 0) this.#else();
  }

  #close(end: Block['end']): Block {
    const block = this.block as Block;
    block.end = end;
    block.origin = this.instruction.offset;
    return block;
  }

  #trap(reason: string): void {
    this.#close('trap').reason = reason;
    this.block = undefined;
  }

  #open(code: number, assigned: readonly number[]): void {
    const type = this.instruction.blockType;
    const condition = code === 0x04 ? this.pop() : undefined;
    const height = this.stack.length - type.parameters.length;
    const frame: Frame = {
      kind: code === 0x02 ? 'block' : code === 0x03 ? 'loop' : 'if',
      type,
      assigned,
      height,
      edges: [],
      header: undefined,
      otherwise: undefined,
    };
    this.#frames.push(frame);
    if (code === 0x03) this.#openLoop(frame);
    if (condition !== undefined) this.#openIf(frame, condition);
  }

  #openLoop(frame: Frame): void {
    const before = this.#close('jump');
    const header = this.graph.newBlock();
    header.isLoopHeader = true;
    frame.header = header;
    before.successors.push(header);
    header.predecessors.push(before);
    const phi = (value: Value): Value => {
      const made = this.graph.newValue(op.Phi, value.type, [value]);
      made.block = header;
      made.origin = this.instruction.offset;
      header.phis.push(made);
      return made;
    };
    this.#spend(PHI_WEIGHT * (this.stack.length - frame.height + frame.assigned.length));
    for (let i = frame.height; i < this.stack.length; i++) this.stack[i] = phi(this.stack[i] as Value);
    for (const local of frame.assigned) this.locals[local] = phi(this.locals[local] as Value);
    this.block = header;
  }

  #openIf(frame: Frame, condition: Value): void {
    this.#spend(frame.assigned.length);
    const values = this.stack.slice(frame.height);
    const locals = frame.assigned.map((local) => this.locals[local] as Value);
    const [tested, inverted] = this.condition(condition);
    if (tested.isConstant) {
      const taken = (tested.constant !== 0n) !== inverted;
      const block = this.block as Block;
      frame.otherwise = taken ? undefined : { from: block, slot: -1, values, locals };
      if (!taken) this.block = undefined;
      else frame.otherwise = { from: block, slot: -2, values, locals };
      return;
    }
    const block = this.#close('branch');
    block.condition = tested;
    const then = this.graph.newBlock();
    then.predecessors.push(block);
    block.successors[inverted ? 1 : 0] = then;
    frame.otherwise = { from: block, slot: inverted ? 0 : 1, values, locals };
    this.block = then;
  }

  /** Goes on where an if's condition did not hold. */
  #enterOtherwise(frame: Frame): void {
    const edge = frame.otherwise as Edge;
    frame.otherwise = undefined;
    this.stack.length = frame.height;
    this.stack.push(...edge.values);
    frame.assigned.forEach((local, i) => {
      this.locals[local] = edge.locals[i] as Value;
    });
    if (edge.slot === -2) this.block = undefined;
    else if (edge.slot === -1) this.block = edge.from;
    else {
      const block = this.graph.newBlock();
      edge.from.successors[edge.slot] = block;
      block.predecessors.push(edge.from);
      this.block = block;
    }
  }

  #else(): void {
    const frame = this.#frames.at(-1) as Frame;
    if (this.block !== undefined) this.#jump(0);
    this.#enterOtherwise(frame);
  }

  #end(): void {
    const frame = this.#frames.at(-1) as Frame;
    if (this.#frames.length === 1) {
      if (this.block !== undefined) this.#return();
      this.#frames.pop();
      return;
    }
    if (frame.kind === 'loop') {
      // Only falling out leaves a loop at its end: results and locals stay as they are.
      if (this.block !== undefined) this.#keep(frame);
      this.#frames.pop();
      return;
    }
    if (this.block !== undefined) this.#jump(0);
    if (frame.otherwise !== undefined) {
      this.#enterOtherwise(frame);
      if (this.block !== undefined) this.#jump(0);
    }
    this.#frames.pop();
    this.#join(frame);
  }

  #keep(frame: Frame): void {
    const count = frame.type.results.length;
    const results = this.stack.splice(this.stack.length - count, count);
    this.stack.length = frame.height;
    this.stack.push(...results);
  }

  /** Continues in one block where all edges to the end of `frame` come together. */
  #join(frame: Frame): void {
    this.stack.length = frame.height;
    const edges = frame.edges;
    const first = edges[0];
    if (first === undefined) {
      this.block = undefined;
      return;
    }
    const values = (edge: Edge): readonly Value[] => [...edge.values, ...edge.locals];
    let merged: Value[];
    if (edges.length === 1 && first.from.end === 'jump') {
      first.from.end = 'open';
      first.from.successors.length = 0;
      this.block = first.from;
      merged = [...values(first)];
    } else {
      const block = this.graph.newBlock();
      for (const edge of edges) {
        edge.from.successors[edge.slot] = block;
        block.predecessors.push(edge.from);
      }
      const lists = edges.map(values);
      merged = (lists[0] as readonly Value[]).map((value, i) => {
        if (lists.every((list) => list[i] === value)) return value;
        const phi = this.graph.newValue(
          op.Phi,
          value.type,
          lists.map((list) => list[i] as Value),
        );
        phi.block = block;
        phi.origin = this.instruction.offset;
        block.phis.push(phi);
        return phi;
      });
      this.block = block;
    }
    const results = frame.type.results.length;
    this.stack.push(...merged.slice(0, results));
    frame.assigned.forEach((local, i) => {
      this.locals[local] = merged[results + i] as Value;
    });
  }

  /** Adds the edge from successor `slot` of `from` to label `depth`. */
  #edge(depth: number, from: Block, slot: number): void {
    const frame = this.#frames[this.#frames.length - 1 - depth] as Frame;
    const arity = frame.header === undefined ? frame.type.results.length : frame.type.parameters.length;
    this.#spend(arity + frame.assigned.length);
    const values = this.stack.slice(this.stack.length - arity);
    const locals = frame.assigned.map((local) => this.locals[local] as Value);
    if (frame.header === undefined) {
      frame.edges.push({ from, slot, values, locals });
      return;
    }
    from.successors[slot] = frame.header;
    frame.header.predecessors.push(from);
    [...values, ...locals].forEach((value, i) => frame.header?.phis[i]?.args.push(value));
  }

  #isReturn(depth: number): boolean {
    return depth === this.#frames.length - 1;
  }

  #jump(depth: number): void {
    if (this.#isReturn(depth)) return this.#return();
    this.#edge(depth, this.#close('jump'), 0);
  }

  #branchIf(): void {
    const depth = this.instruction.index;
    const [condition, inverted] = this.condition(this.pop());
    if (condition.isConstant) {
      if ((condition.constant !== 0n) === inverted) return;
      this.#jump(depth);
      this.block = undefined;
      return;
    }
    const block = this.#close('branch');
    block.condition = condition;
    const taken = inverted ? 1 : 0;
    if (this.#isReturn(depth)) {
      block.successors[taken] = this.#returnBlock(block);
    } else this.#edge(depth, block, taken);
    const next = this.graph.newBlock();
    block.successors[1 - taken] = next;
    next.predecessors.push(block);
    this.block = next;
  }

  #branchTable(): void {
    const index = this.pop();
    const { labels, index: defaultLabel, offset } = this.instruction;
    if (index.isConstant) {
      const at = Number(BigInt.asUintN(32, index.constant));
      this.instruction.offset = offset;
      this.#jump(labels[at] ?? defaultLabel);
      this.block = undefined;
      return;
    }
    const block = this.#close('switch');
    block.condition = index;
    const slots = new Map<number, number>();
    block.cases = [...labels, defaultLabel].map((label) => {
      let slot = slots.get(label);
      if (slot === undefined) {
        slot = slots.size;
        slots.set(label, slot);
        if (this.#isReturn(label)) block.successors[slot] = this.#returnBlock(block);
        else this.#edge(label, block, slot);
      }
      return slot;
    });
    this.block = undefined;
  }

  #returnBlock(from: Block): Block {
    const block = this.graph.newBlock();
    block.predecessors.push(from);
    block.end = 'return';
    block.origin = this.instruction.offset;
    block.results = this.stack.slice(this.stack.length - this.#definition.type.results.length);
    return block;
  }

  #return(): void {
    const block = this.#close('return');
    block.results = this.stack.slice(this.stack.length - this.#definition.type.results.length);
    this.block = undefined;
  }

  #tailCall(): void {
    const indirect = this.instruction.operator.code === 0x13;
    const type = indirect
      ? (this.module.types[this.instruction.index] as FunctionType)
      : (this.module.functions[this.instruction.index] as Function).type;
    const count = type.parameters.length + (indirect ? 1 : 0);
    const call = this.graph.newValue(indirect ? op.CallIndirect : op.Call, VOID, []);
    call.index = this.instruction.index;
    call.index2 = this.instruction.index2;
    call.origin = this.instruction.offset;
    const block = this.#close('tail-call');
    block.call = call;
    block.results = this.stack.splice(this.stack.length - count, count);
    this.block = undefined;
  }
}
