/**
 * Finds what a two-address instruction had better overwrite. `s = x + s` round a loop costs a move per round when it overwrites x,
 * and none when it overwrites s, which a phi carries: its register is where the sum is wanted again. From every input of a phi the
 * operands are searched for a way back to a value of the same phis; the values on the way overwrite the operand that leads there.
 */
import type { Graph, Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';

/** Values looked at for one input of a phi. */
const BUDGET = 24;

/** By value id: 0 where it does not matter, else 1 plus the index of the argument to overwrite. */
export function findCarried(graph: Graph): Uint8Array {
  return new CarriedFinder(graph).find();
}

class CarriedFinder {
  readonly #graph: Graph;
  /** Union-find over phis and their inputs. */
  readonly #parents: Int32Array;
  readonly #carried: Uint8Array;
  #budget = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#parents = Int32Array.from({ length: graph.valueCount }, (_, i) => i);
    this.#carried = new Uint8Array(graph.valueCount);
  }

  find(): Uint8Array {
    const phis = this.#graph.blocks.flatMap((block) => block.phis);
    for (const phi of phis)
      for (const arg of phi.args) if (!arg.isConstant) this.#parents[this.#root(arg.id)] = this.#root(phi.id);
    for (const phi of phis) {
      for (const arg of phi.args) {
        this.#budget = BUDGET;
        this.#search(arg, this.#root(phi.id));
      }
    }
    return this.#carried;
  }

  #root(id: number): number {
    let at = id;
    while (this.#parents[at] !== at) {
      this.#parents[at] = this.#parents[this.#parents[at] as number] as number;
      at = this.#parents[at] as number;
    }
    return at;
  }

  /** Marks the way from `value` to one of the family `root`, if there is one. */
  #search(value: Value, root: number): boolean {
    if (this.#budget-- <= 0 || value.op === op.Phi) return false;
    const candidates = overwritable(value);
    for (const i of candidates) {
      const arg = value.args[i] as Value;
      if (arg.isConstant || this.#root(arg.id) !== root) continue;
      this.#carried[value.id] = i + 1;
      return true;
    }
    for (const i of candidates) {
      const arg = value.args[i] as Value;
      if (arg.uses !== 1 || arg.block !== value.block || !this.#search(arg, root)) continue;
      this.#carried[value.id] = i + 1;
      return true;
    }
    return false;
  }
}

const FIRST: readonly number[] = [0];
const EITHER: readonly number[] = [0, 1];
const CHOSEN: readonly number[] = [1, 2];
const NONE: readonly number[] = [];

/** Arguments that the value's instruction may overwrite. */
function overwritable(value: Value): readonly number[] {
  const operation = value.op;
  if (operation === op.Select) return CHOSEN;
  if (value.args.length !== 2) return NONE;
  if (op.isCommutative(operation) && !op.isCompare(operation)) return EITHER;
  if (operation >= op.Sub && operation <= op.Rotr) return FIRST;
  // Scalar and vector arithmetic: those that do not commute look at their first operand only.
  return operation >= op.FIRST_WASM_CODE ? EITHER : NONE;
}
