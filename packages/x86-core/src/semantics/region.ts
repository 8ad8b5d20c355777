/**
 * Compiles blocks of guest code into one WebAssembly function: the region.
 *
 * The function goes from the record it was entered by (region-entry.ts) to the record to go on with, as handlers of the interpreter do. Guest
 * registers are locals; those that the region uses are loaded in front, and those that it writes stored at its only exit. Control flow inside is
 * that of WebAssembly (region-flow.ts): loops are loops, and what has one way into it knows what the flags come from. Returns are compared with the
 * places behind the region's calls, computed jumps with the places where they were seen to go.
 */
import type { Signature } from '../wasm/module-builder.ts';
import { FunctionBody, type Label } from '../wasm/function-body.ts';
import { handlerSignature } from './handler.ts';
import { meaningOf } from './instructions/index.ts';
import type { Meaning } from './language.ts';
import { lookUpJump } from './jump-lookup.ts';
import { lower } from './lowering.ts';
import { Reason } from './reason.ts';
import * as record from './record.ts';
import * as entry from './region-entry.ts';
import { settleFlagNeeds } from './region-flag-needs.ts';
import { DISPATCHER, type FlowNode, type RegionFlow } from './region-flow.ts';
import { type FactFlow, planFacts } from './float/fact-flow.ts';
import { CORE, RECORD, type RegionEdges, type RegionMemory, RegionTarget } from './region-target.ts';
import * as state from './state.ts';
import type { RunInstruction, StraightRun } from './straight-run.ts';

/** A block, and where it may go on inside of the region. */
export interface RegionBlock {
  /** It ends at a jump, or where another block of the region begins. */
  readonly run: StraightRun;
  /** Numbers of blocks, in the order in which their edges are generated. */
  readonly successors: readonly FlowNode[];
  /** Of a return or a computed jump: the offsets in CS that it is compared with, likelier ones first. Those of `successors` go there directly. */
  readonly candidates: readonly bigint[];
}

export interface RegionPlan {
  readonly blocks: readonly RegionBlock[];
  /** Of these blocks: those that the region can be entered at are among the dispatched. */
  readonly flow: RegionFlow;
  /** Its code lies on several pages, which may come to be mapped elsewhere. */
  readonly severalPages: boolean;
  /** Exits count how often they are taken. */
  readonly counts: boolean;
}

export interface RegionCode {
  readonly body: FunctionBody;
  /** Numbers of the blocks by the numbers that the dispatcher knows them by. */
  readonly dispatched: readonly FlowNode[];
  /** Instructions that its exits belong to, by the number of the site: their offset in CS; and the target, where it is always the same. */
  readonly sites: readonly RegionSite[];
}

export interface RegionSite {
  readonly rip: bigint;
  readonly target: bigint | undefined;
}

export const regionSignature: Signature = handlerSignature;

/** enterRegion(core, record): whether the pages of the region are mapped as they were: assembly/find.ts. */
export const ENTER_REGION = 'enterRegion';
export const enterRegionSignature: Signature = { parameters: ['i32', 'i32'], results: ['i32'] };

export function lowerRegion(plan: RegionPlan, memory: RegionMemory): RegionCode {
  return new RegionGenerator(plan, memory).generate();
}

/** How often a site is taken from one time that TypeScript looks at it to the next: a power of two. What grows is compiled as a whole again. */
const SITE_PERIOD = 32768;

/** So many places are compared with one after the other, in their order. */
const MAX_COMPARED = 4;

class RegionGenerator implements RegionEdges {
  readonly #plan: RegionPlan;
  readonly #flow: RegionFlow;
  readonly #needsFlags: readonly boolean[];
  readonly #facts: FactFlow;
  readonly #target: RegionTarget;
  readonly #labels = new Map<FlowNode, Label>();
  readonly #loops = new Map<FlowNode, Label>();
  readonly #number: number;
  #dispatcher: Label = 0;
  #block: FlowNode = DISPATCHER;
  #current: RunInstruction | undefined;
  readonly #sites: RegionSite[] = [];

  constructor(plan: RegionPlan, memory: RegionMemory) {
    this.#plan = plan;
    this.#target = new RegionTarget(this, memory);
    this.#number = this.#target.body.local('i32');
    const { blocks, flow } = plan;
    this.#flow = flow;
    this.#needsFlags = settleFlagNeeds(blocks);
    this.#facts = planFacts(blocks, flow, meaningFor);
    this.#target.expectFloats(this.#facts.checks);
  }

  generate(): RegionCode {
    const target = this.#target;
    const { body } = target;
    target.begin();
    this.#dispatcher = body.loop();
    this.#nest(DISPATCHER, this.#flow.following(DISPATCHER));
    body.end();
    target.end();
    this.#leave();
    body.prepend(this.#prologue());
    return { body, dispatched: this.#flow.dispatched, sites: this.#sites };
  }

  /** A node, with what its immediate dominance makes stand behind it. */
  #node(node: FlowNode): void {
    const { body } = this.#target;
    const isLoop = this.#flow.isLoop(node);
    if (isLoop) this.#loops.set(node, body.loop());
    this.#nest(node, this.#flow.following(node));
    if (isLoop) body.end();
  }

  #nest(node: FlowNode, [last, ...others]: readonly FlowNode[]): void {
    const { body } = this.#target;
    if (last === undefined) {
      if (node === DISPATCHER) this.#dispatch();
      else this.#code(node);
      return;
    }
    this.#labels.set(last, body.block());
    this.#nest(node, others);
    body.end();
    this.#target.knowNothing();
    this.#node(last);
  }

  #dispatch(): void {
    const target = this.#target;
    const { body } = target;
    target.mustLeave();
    body.if(true);
    target.leaveWith(Reason.budget);
    body.end();
    body.get(this.#number);
    body.branchTable(this.#flow.dispatched.map((node) => this.#labels.get(node) as Label));
  }

  #code(node: FlowNode): void {
    const target = this.#target;
    const { run } = this.#plan.blocks[node] as RegionBlock;
    const outer = { block: this.#block, current: this.#current };
    this.#block = node;
    target.beginFacts(this.#facts.factsAt(node), this.#facts.rechecks(node));
    for (const each of run.instructions) {
      this.#current = each;
      target.beginInstruction(each);
      lower(meaningFor(each), target);
      target.endInstruction();
    }
    // What is no instruction, or raises #NM, the interpreter finds out.
    if (run.ending !== 'jump') this.goTo(run.end);
    else target.body.unreachable();
    this.#block = outer.block;
    this.#current = outer.current;
  }

  goTo(rip: bigint): void {
    const { body } = this.#target;
    const from = this.#block;
    const to = this.#successor(rip);
    if (to === undefined) {
      this.#leaveTo(rip);
      return;
    }
    const kind = this.#flow.edge(from, to);
    if (this.#facts.losesFacts(from, to)) this.#target.floats?.lose();
    if (kind === 'inline') {
      this.#inline(to);
      return;
    }
    this.#target.settleBudget();
    if (this.#needsFlags[to] === true) this.#target.sourceToState();
    if (kind === 'forward') body.branch(this.#labels.get(to) as Label);
    else if (kind === 'loop') {
      this.#checkBudget(rip);
      body.branch(this.#loops.get(to) as Label);
    } else {
      this.#setRip(rip);
      this.#goToDispatcher(to);
    }
  }

  /** Of the present block, by the offset in CS; there may be several blocks for one. */
  #successor(rip: bigint): FlowNode | undefined {
    const { blocks } = this.#plan;
    return blocks[this.#block]?.successors.find((node) => blocks[node]?.run.instructions[0]?.rip === rip);
  }

  /** The block stands where the way to it leads from. */
  #inline(to: FlowNode): void {
    const current = this.#current as RunInstruction;
    const { knowledge, body } = this.#target;
    const { held } = body;
    // Inside of a loop's own label other ways lead to its head, which know other things.
    if (this.#flow.isLoop(to)) {
      this.#target.settleBudget();
      if (this.#needsFlags[to] === true) this.#target.sourceToState();
      this.#target.knowNothing();
    }
    this.#node(to);
    this.#target.knowledge = knowledge;
    body.held = held;
    this.#target.selectInstruction(current);
  }

  #checkBudget(rip: bigint): void {
    const { body } = this.#target;
    this.#target.mustLeave();
    body.if(true);
    this.#setRip(rip);
    this.#target.leaveWith(Reason.budget);
    body.end();
  }

  #setRip(rip: bigint): void {
    this.#target.body.i64(rip);
    this.#target.body.set(this.#target.rip);
  }

  /** The block of the dispatcher's that begins there. */
  #dispatchedAt(rip: bigint): FlowNode {
    const { blocks } = this.#plan;
    const node = this.#flow.dispatched.find((each) => blocks[each]?.run.instructions[0]?.rip === rip);
    if (node === undefined) throw new Error('The dispatcher does not know where a computed jump goes');
    return node;
  }

  #goToDispatcher(to: FlowNode): void {
    const { body } = this.#target;
    this.#target.sourceToState();
    this.#target.floats?.lose();
    body.i32(this.#flow.dispatched.indexOf(to));
    body.set(this.#number);
    body.branch(this.#dispatcher);
  }

  #leaveTo(rip: bigint): void {
    this.#setRip(rip);
    this.#target.leaveWith(Reason.transfer, this.#site(rip));
  }

  #site(target: bigint | undefined): number {
    if (!this.#plan.counts) return -1;
    return this.#sites.push({ rip: (this.#current as RunInstruction).rip, target }) - 1;
  }

  goToComputed(rip: number): void {
    const { candidates } = this.#plan.blocks[this.#block] as RegionBlock;
    if (candidates.length <= MAX_COMPARED) for (const each of candidates) this.#goIfEqual(rip, each);
    else
      this.#search(
        rip,
        candidates.toSorted((a, b) => (a < b ? -1 : 1)),
      );
    this.#target.leaveWith(Reason.transfer, this.#site(undefined));
  }

  #goIfEqual(rip: number, candidate: bigint): void {
    const target = this.#target;
    const { body } = target;
    const before = target.knowledge;
    body.get(rip);
    body.i64(candidate);
    body.operator('i64.eq');
    body.if();
    if (this.#successor(candidate) === undefined) {
      target.settleBudget();
      this.#goToDispatcher(this.#dispatchedAt(candidate));
    } else this.goTo(candidate);
    body.end();
    target.knowledge = before;
  }

  /** Goes to one of many places, which it finds by halves. */
  #search(rip: number, sorted: readonly bigint[]): void {
    const { body } = this.#target;
    if (sorted.length <= 2) {
      for (const each of sorted) this.#goIfEqual(rip, each);
      return;
    }
    const middle = sorted.length >> 1;
    body.get(rip);
    body.i64(sorted[middle] as bigint);
    body.operator('i64.lt_u');
    body.if();
    this.#search(rip, sorted.slice(0, middle));
    body.else();
    this.#search(rip, sorted.slice(middle));
    body.end();
  }

  /** Behind the stores of the exit: the next record, where the region left for a place that has one. */
  #leave(): void {
    const { body, left, rip } = this.#target;
    const place = body.local('i32');
    const count = body.local('i32');
    body.get(left.reason);
    body.i32(Reason.transfer);
    body.operator('i32.eq');
    body.if();
    if (this.#sites.length > 0) this.#countSite(place, count);
    lookUpJump(body, CORE, rip, place);
    body.end();
    body.i32(0);
  }

  #countSite(place: number, count: number): void {
    const { body, left, rip } = this.#target;
    body.get(left.site);
    body.i32(0);
    body.operator('i32.ge_s');
    body.if();
    body.get(RECORD);
    body.load32(entry.ENTRY_SITES);
    body.get(left.site);
    body.i32(Math.log2(entry.SITE_BYTES));
    body.operator('i32.shl');
    body.operator('i32.add');
    body.tee(place);
    body.get(place);
    body.load32();
    body.i32(1);
    body.operator('i32.add');
    body.tee(count);
    body.store32();
    body.get(place);
    body.get(count);
    body.i32(entry.SITE_TARGETS);
    body.operator('i32.rem_u');
    body.i32(2);
    body.operator('i32.shl');
    body.operator('i32.add');
    body.get(rip);
    body.operator('i32.wrap_i64');
    body.store32(4);
    body.get(count);
    body.i32(SITE_PERIOD - 1);
    body.operator('i32.and');
    body.operator('i32.eqz');
    body.if();
    body.get(CORE);
    body.i32(Reason.extend);
    body.store32(state.REASON);
    body.get(CORE);
    body.get(RECORD);
    body.store32(state.RECORD);
    body.i32(0);
    body.return();
    body.end();
    body.end();
  }

  #prologue(): FunctionBody {
    const code = new FunctionBody(2);
    if (this.#plan.severalPages) {
      code.get(RECORD);
      code.load32(entry.ENTRY_KEY);
      code.get(CORE);
      code.load32(state.JUMPS_KEY);
      code.operator('i32.ne');
      code.if(true);
      code.get(CORE);
      code.get(RECORD);
      code.callNamed(ENTER_REGION);
      code.operator('i32.eqz');
      code.if();
      code.get(RECORD);
      code.load32(entry.ENTRY_FALLBACK);
      code.return();
      code.end();
      code.end();
    }
    this.#target.writePrologue(code);
    code.get(RECORD);
    code.load32(entry.ENTRY_NUMBER);
    code.set(this.#number);
    code.get(RECORD);
    code.load(64, record.INSTRUCTION_RIP);
    code.set(this.#target.rip);
    return code;
  }
}

function meaningFor({ instruction, shape }: RunInstruction): Meaning {
  const meaning = meaningOf(shape);
  if (meaning === undefined) throw new Error(`No meaning for ${instruction.row.text}`);
  return meaning;
}
