/**
 * What is known of floating-point numbers (ordered-facts.ts) where the blocks of a region begin.
 *
 * Ways into a block bring what holds at their beginnings; what they have in common holds. From the dispatcher nothing holds: it makes numbers odd
 * (host-floats.ts), and a block that it goes to looks at what it will use, once. So does the head of a loop, where the facts need to hold for the
 * ways back into it only.
 */
import type { HostCheck, Meaning, Statement } from '../language.ts';
import type { RegionBlock } from '../region.ts';
import type { FlowNode, RegionFlow } from '../region-flow.ts';
import type { RunInstruction } from '../straight-run.ts';
import { EVERYTHING, OrderedFacts, VECTOR_HALVES } from './ordered-facts.ts';

export interface FactFlow {
  /** Of all checks; none: nobody asks for facts. */
  readonly checks: readonly HostCheck[];
  /** By half of a vector register. */
  factsAt(node: FlowNode): Uint8Array;
  /** Whether a block begins by looking at what its facts say, where numbers are odd. */
  rechecks(node: FlowNode): boolean;
  /** Whether the facts of a block need not hold where this way leads into it. */
  losesFacts(from: FlowNode, to: FlowNode): boolean;
}

type MeaningOf = (instruction: RunInstruction) => Meaning;

export function planFacts(blocks: readonly RegionBlock[], flow: RegionFlow, meaningOf: MeaningOf): FactFlow {
  return new Planner(blocks, flow, meaningOf).plan();
}

class Planner {
  readonly #blocks: readonly RegionBlock[];
  readonly #flow: RegionFlow;
  readonly #meaningOf: MeaningOf;
  /** Facts where a block is left, by its number: those of all its branches. */
  readonly #outs: (Uint8Array | undefined)[] = [];
  readonly #ins: Uint8Array[] = [];
  readonly #predecessors: FlowNode[][];

  constructor(blocks: readonly RegionBlock[], flow: RegionFlow, meaningOf: MeaningOf) {
    this.#blocks = blocks;
    this.#flow = flow;
    this.#meaningOf = meaningOf;
    this.#predecessors = blocks.map(() => []);
    for (const [from, { successors }] of blocks.entries()) {
      if (!flow.isReached(from)) continue;
      for (const to of successors) if (flow.edge(from, to) !== 'dispatcher') this.#predecessors[to]?.push(from);
    }
  }

  plan(): FactFlow {
    const checks = this.#blocks.map((block) => this.#checksOf(block));
    if (checks.every((each) => each.length === 0)) {
      const nothing = new Uint8Array(VECTOR_HALVES);
      return { checks: [], factsAt: () => nothing, rechecks: () => false, losesFacts: () => false };
    }
    const needs = this.#needs();
    const ahead = this.#checksAhead(checks.map((each) => each.length > 0));
    for (const [node] of this.#blocks.entries()) this.#ins[node] = new Uint8Array(VECTOR_HALVES).fill(EVERYTHING);
    for (let changed = true; changed; ) {
      changed = false;
      for (const [node] of this.#blocks.entries()) {
        if (!this.#flow.isReached(node)) continue;
        const before = this.#ins[node] as Uint8Array;
        const facts = this.#meet(node, needs[node] as Uint8Array);
        if (this.#outs[node] !== undefined && facts.every((each, half) => each === before[half])) continue;
        this.#ins[node] = facts;
        this.#outs[node] = this.#walk(node, facts);
        changed = true;
      }
    }
    return {
      checks: checks.flat(),
      factsAt: (node) => this.#ins[node] as Uint8Array,
      rechecks: (node) => this.#isEntered(node) && ahead[node] === true,
      losesFacts: (from, to) => {
        if (!this.#isLoop(to) || this.#flow.edge(from, to) === 'loop') return false;
        const brought = this.#outs[from] as Uint8Array;
        return (this.#ins[to] as Uint8Array).some((facts, half) => (facts & ~(brought[half] as number)) !== 0);
      },
    };
  }

  #isLoop(node: FlowNode): boolean {
    return this.#flow.isLoop(node);
  }

  #isEntered(node: FlowNode): boolean {
    return this.#isLoop(node) || this.#flow.dispatched.includes(node);
  }

  /** What holds on all ways into a block; of one that looks itself, no more than it needs. */
  #meet(node: FlowNode, needed: Uint8Array): Uint8Array {
    const facts = new Uint8Array(VECTOR_HALVES).fill(EVERYTHING);
    if (this.#isEntered(node)) facts.set(needed);
    for (const from of this.#predecessors[node] as FlowNode[]) {
      const brought = this.#outs[from];
      if (brought === undefined || (this.#isLoop(node) && this.#flow.edge(from, node) !== 'loop')) continue;
      for (const [half, each] of brought.entries()) facts[half] = (facts[half] as number) & each;
    }
    return facts;
  }

  #walk(node: FlowNode, facts: Uint8Array): Uint8Array {
    const known = new OrderedFacts();
    known.registers = facts;
    return this.#follow(node, known);
  }

  #follow(node: FlowNode, known: OrderedFacts): Uint8Array {
    const { run } = this.#blocks[node] as RegionBlock;
    const out = new Uint8Array(VECTOR_HALVES).fill(EVERYTHING);
    const leave = (): void => {
      for (const [half, each] of known.registers.entries()) out[half] = (out[half] as number) & each;
    };
    for (const each of run.instructions) {
      const { statements } = this.#meaningOf(each);
      if (touchesVectors(statements)) {
        known.begin(each.instruction);
        for (const statement of statements) known.statement(statement);
      }
      if (each.branches) leave();
    }
    leave();
    return out;
  }

  #checksOf({ run }: RegionBlock): HostCheck[] {
    const checks: HostCheck[] = [];
    for (const each of run.instructions) {
      // Few instructions have any.
      const found = checksIn(this.#meaningOf(each).statements);
      if (found.length > 0) checks.push(...found);
    }
    return checks;
  }

  /** What blocks will look at, unless it is known. */
  #needs(): Uint8Array[] {
    const kept: boolean[][] = [];
    const needs = this.#blocks.map((_, node) => {
      const needed = new Uint8Array(VECTOR_HALVES);
      const known = new OrderedFacts((half, fact) => {
        needed[half] = (needed[half] as number) | fact;
      });
      if (this.#flow.isReached(node)) this.#follow(node, known);
      kept.push([...needed.keys()].map((half) => !known.isWritten(half)));
      return needed;
    });
    for (let changed = true; changed; ) {
      changed = false;
      for (const [node, { successors }] of this.#blocks.entries()) {
        const needed = needs[node] as Uint8Array;
        for (const to of successors) {
          for (const [half, each] of (needs[to] as Uint8Array).entries()) {
            const more = (needed[half] as number) | each;
            if (more === needed[half] || kept[node]?.[half] !== true) continue;
            needed[half] = more;
            changed = true;
          }
        }
      }
    }
    return needs;
  }

  /** Blocks from which checks can be reached before other blocks that look. */
  #checksAhead(hasChecks: readonly boolean[]): boolean[] {
    const ahead = [...hasChecks];
    for (let changed = true; changed; ) {
      changed = false;
      for (const [node, { successors }] of this.#blocks.entries()) {
        if (ahead[node] === true || !successors.some((to) => ahead[to] === true && !this.#isEntered(to))) continue;
        ahead[node] = true;
        changed = true;
      }
    }
    return ahead;
  }
}

const touching = new WeakMap<readonly Statement[], boolean>();

/** Whether a meaning writes vector registers, or asks for facts. */
function touchesVectors(statements: readonly Statement[]): boolean {
  let touches = touching.get(statements);
  if (touches === undefined) {
    touches = statements.some(touchesVector);
    touching.set(statements, touches);
  }
  return touches;
}

function touchesVector(statement: Statement): boolean {
  if (statement.kind === 'set') return statement.location.file === 'vector';
  if (statement.kind === 'if')
    return statement.condition.kind === 'isHosts' || [...statement.body, ...statement.otherwise].some(touchesVector);
  return statement.kind === 'loop' && statement.body.some(touchesVector);
}

const asked = new WeakMap<readonly Statement[], readonly HostCheck[]>();

function checksIn(statements: readonly Statement[]): readonly HostCheck[] {
  let checks = asked.get(statements);
  if (checks === undefined) {
    checks = statements.flatMap((each) =>
      each.kind === 'if' && each.condition.kind === 'isHosts' ? [each.condition.check] : [],
    );
    asked.set(statements, checks);
  }
  return checks;
}
