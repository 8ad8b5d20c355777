/**
 * Which code makes a region: from its entry along direct branches, into the functions that it calls and to where they return, as far as the interpreter has
 * been there. What a branch has never been taken to is left out; coming there leaves the region.
 */
import { availabilityOf } from '../cpu/availability.ts';
import { immediateOf } from '../semantics/effective-address.ts';
import type { RegionBlock, RegionPlan } from '../semantics/region.ts';
import type { FlowNode, RegionFlow } from '../semantics/region-flow.ts';
import { decodeRun, type RunInstruction, type StraightRun } from '../semantics/straight-run.ts';
import { FeatureSet } from '../system/features.ts';
import type { CodePage, CodeSource } from './code-source.ts';
import { makeReducible, planned, type ReducibleBlocks } from './make-reducible.ts';
import { returnSitesOf } from './return-sites.ts';

const MAX_INSTRUCTIONS = 1000;
const MAX_BLOCKS = 200;
/** So many places have edges of their own; more are reached through the region's dispatcher. */
const MAX_DIRECT = 32;
const PAGE_MASK = ~0xfffn;

export interface DiscoveredRegion {
  readonly plan: RegionPlan;
  /** The pages that its code lies on. */
  readonly pages: readonly CodePage[];
  /** Offsets in CS of its blocks, by number, and their lengths in bytes. */
  readonly ranges: readonly { readonly rip: bigint; readonly bytes: number }[];
  readonly instructions: number;
}

/** How a block ends. */
export interface BlockEnd {
  readonly last: RunInstruction;
  /** Where a direct branch goes. */
  readonly target: bigint | undefined;
  readonly isCall: boolean;
  readonly isReturn: boolean;
  /** A jump or call to a computed place. */
  readonly isComputed: boolean;
  /** Behind the block, where it may go on there: not behind a jump, a return, or what always leaves. Behind a call: where that returns to. */
  readonly next: bigint | undefined;
  /** The last instruction is TypeScript's; it goes on behind it. */
  readonly resumes: bigint | undefined;
}

/** @returns undefined where there is nothing worth compiling: the first instruction is one that TypeScript carries out, or none */
export function discoverRegion(source: CodeSource): DiscoveredRegion | undefined {
  const runs = collectRuns(source);
  const first = runs.get(source.entry)?.instructions[0];
  if (first === undefined || first.assists) return undefined;
  const order = [...runs.keys()];
  const numbers = new Map(order.map((rip, number) => [rip, number]));
  const ends = order.map((rip) => endOf(runs.get(rip) as StraightRun));
  const returns = returnSitesOf(ends, numbers, source.targets);
  const entries = new Set<FlowNode>([0]);
  const inRegion = (rip: bigint | undefined): FlowNode[] => {
    const number = rip === undefined ? undefined : numbers.get(rip);
    return number === undefined ? [] : [number];
  };
  const found = order.map((rip, number): RegionBlock => {
    const run = runs.get(rip) as StraightRun;
    const end = ends[number] as BlockEnd;
    const candidates = (end.isReturn ? returns[number] : source.targets.get(end.last.rip)) ?? [];
    const known = candidates.filter((each) => numbers.has(each));
    const direct = known.length <= MAX_DIRECT ? known : [];
    for (const each of known) if (!direct.includes(each)) entries.add(numbers.get(each) as FlowNode);
    for (const each of inRegion(end.resumes)) entries.add(each);
    // What a function outside of the region returns to.
    if (end.isCall && (end.target === undefined || !numbers.has(end.target))) {
      for (const each of inRegion(end.next)) entries.add(each);
    }
    const following = end.isCall ? [] : inRegion(end.next);
    const successors = [...inRegion(end.target), ...direct.flatMap(inRegion), ...following];
    return { run, successors: [...new Set(successors)], candidates: known };
  });
  const split = makeReducible({ blocks: found, entries: [...entries] });
  const { blocks } = split;
  const flow = enteredAtLoops(split);
  const instructions = blocks.reduce((sum, { run }) => sum + run.instructions.length, 0);
  const ranges = found.map(({ run }, number) => rangeOf(order[number] as bigint, run));
  const pages = usedPages(source.pages, ranges);
  const plan = { blocks, flow, severalPages: pages.length > 1, counts: true };
  return { plan, pages, ranges, instructions };
}

/** A run that ended inside of a loop goes on there. */
function enteredAtLoops({ blocks, entries, flow }: ReducibleBlocks): RegionFlow {
  const all = new Set(entries);
  for (let node = 0; node < blocks.length; node++) if (flow.isLoop(node)) all.add(node);
  return all.size === entries.length ? flow : planned({ blocks, entries: [...all] }).flow;
}

function rangeOf(rip: bigint, { instructions }: StraightRun): { rip: bigint; bytes: number } {
  return { rip, bytes: instructions.reduce((sum, { instruction }) => sum + instruction.length, 0) };
}

function usedPages(
  pages: readonly CodePage[],
  ranges: readonly { readonly rip: bigint; readonly bytes: number }[],
): CodePage[] {
  const used = new Set<bigint>();
  for (const { rip, bytes } of ranges) {
    used.add(rip & PAGE_MASK);
    used.add((rip + BigInt(Math.max(1, bytes) - 1)) & PAGE_MASK);
  }
  return pages.filter(({ linear }) => used.has(linear));
}

/** Blocks by their starts, the entry first; each up to where another begins. */
function collectRuns(source: CodeSource): Map<bigint, StraightRun> {
  const decoder = new RunDecoder(source);
  const starts = new Set(source.starts);
  for (const each of source.wanted) starts.add(each);
  for (const targets of source.targets.values()) for (const each of targets) starts.add(each);
  const runs = new Map<bigint, StraightRun>();
  const queue: bigint[] = [source.entry, ...source.wanted];
  let instructions = 0;
  for (let position = 0; position < queue.length; position++) {
    const rip = queue[position] as bigint;
    if (runs.has(rip) || !decoder.has(rip)) continue;
    if (runs.size >= MAX_BLOCKS || instructions >= MAX_INSTRUCTIONS) break;
    const run = decoder.decode(rip);
    if (run.instructions.length === 0) continue;
    runs.set(rip, run);
    instructions += run.instructions.length;
    const end = endOf(run);
    const { target, next, resumes, isCall } = end;
    const isInside = target !== undefined && starts.has(target);
    if (isInside) queue.push(target);
    if (next !== undefined && (!isCall || isInside || starts.has(next))) queue.push(next);
    if (resumes !== undefined && starts.has(resumes)) queue.push(resumes);
    queue.push(...(source.targets.get(end.last.rip) ?? []));
  }
  for (const [rip, run] of runs) runs.set(rip, cutAt(run, runs));
  return runs;
}

class RunDecoder {
  readonly #source: CodeSource;
  readonly #pages = new Map<bigint, CodePage>();
  readonly #features: FeatureSet;

  constructor(source: CodeSource) {
    this.#source = source;
    this.#features = new FeatureSet(source.missingFeatures);
    for (const page of source.pages) this.#pages.set(page.linear, page);
  }

  has(rip: bigint): boolean {
    return this.#pages.has(rip & PAGE_MASK);
  }

  decode(rip: bigint): StraightRun {
    const { mode } = this.#source;
    return decodeRun((at, beyond) => this.#fetch(at, beyond), rip, mode.shape, {
      throughBranches: false,
      availability: (instruction) => availabilityOf(instruction, mode, this.#features),
    });
  }

  #fetch(rip: bigint, beyond: boolean): Uint8Array {
    const here = this.#rest(rip);
    if (!beyond || here.length >= 15) return here;
    const there = this.#pages.get(BigInt.asUintN(64, (rip & PAGE_MASK) + 4096n));
    if (there === undefined) return here;
    const both = new Uint8Array(15);
    both.set(here);
    both.set(there.bytes.subarray(0, 15 - here.length), here.length);
    return both;
  }

  /** To the end of the page. */
  #rest(rip: bigint): Uint8Array {
    const offset = Number(rip & 0xfffn);
    return (this.#pages.get(rip & PAGE_MASK) as CodePage).bytes.subarray(offset);
  }
}

function cutAt(run: StraightRun, starts: ReadonlyMap<bigint, unknown>): StraightRun {
  const cut = run.instructions.findIndex(({ rip }, position) => position > 0 && starts.has(rip));
  if (cut < 0) return run;
  const end = run.instructions[cut]?.rip as bigint;
  return { instructions: run.instructions.slice(0, cut), end, ending: 'cut', crosses: false };
}

function endOf(run: StraightRun): BlockEnd {
  const last = run.instructions.at(-1) as RunInstruction;
  const { instruction, shape, next, branches } = last;
  const ends = run.ending === 'jump';
  const direct = branches && typeof instruction.operands[0] === 'number';
  const { mnemonic } = instruction.row;
  const isCall = branches && mnemonic === 'call';
  const isReturn = branches && mnemonic === 'ret';
  const goesOn = ends ? isCall : run.ending === 'cut';
  return {
    last,
    target: direct ? immediateOf(instruction, shape, next) : undefined,
    isCall,
    isReturn,
    isComputed: branches && !direct && !isReturn,
    next: goesOn ? next : undefined,
    resumes: ends && !branches ? next : undefined,
  };
}
