/** Regions to WebAssembly modules: several regions to a module, which any thread that shares the memory can use. */
import { calledSignature } from '../semantics/lowering.ts';
import {
  ENTER_REGION,
  enterRegionSignature,
  lowerRegion,
  regionSignature,
  type RegionSite,
} from '../semantics/region.ts';
import type { RegionMemory } from '../semantics/region-target.ts';
import {
  COMMITTED,
  committedFunction,
  MISSED,
  missedFunction,
  type ModuleFunction,
} from '../semantics/region-calls.ts';
import { SETTLE, settleFunction } from '../semantics/region-flags.ts';
import { ModuleBuilder } from '../wasm/module-builder.ts';
import type { CodeSource } from './code-source.ts';
import { discoverRegion } from './discover.ts';

/** One region of a module. A plain value. */
export interface CompiledRegion {
  /** Name of its function in the module. */
  readonly name: string;
  /** Linear addresses of the pages that its code lies on. */
  readonly pages: readonly bigint[];
  /** The bytes that its code was made from: offset in CS, and how many. */
  readonly ranges: readonly { readonly rip: bigint; readonly bytes: number }[];
  /**
   * Offsets in CS where it can be entered, by the numbers that its function knows them by. undefined: not there, where TypeScript carries out the first
   * instruction: the region would leave at once, for itself.
   */
  readonly entries: readonly (bigint | undefined)[];
  readonly sites: readonly RegionSite[];
  readonly instructions: number;
}

export interface CompiledModule {
  readonly module: WebAssembly.Module;
  /** Size of the module in bytes. */
  readonly bytes: number;
  /** That it took to make it. */
  readonly milliseconds: number;
  /** For each source: undefined where there is nothing to compile. */
  readonly regions: readonly (CompiledRegion | undefined)[];
}

/** The memory that a module is for. A plain value. */
export interface CompileEnvironment extends Pick<RegionMemory, 'ordered' | 'guestStart'> {
  /** Its maximum in pages of 64 KiB, where it is shared. */
  readonly sharedMaximum: number | undefined;
}

/** Of every module, by name: the same for all memories that are shared, and for all that are not. */
const ownFunctions = new Map<boolean, ReadonlyMap<string, ModuleFunction>>();

function functionsFor(isShared: boolean): ReadonlyMap<string, ModuleFunction> {
  let own = ownFunctions.get(isShared);
  if (own === undefined) {
    own = new Map([
      [SETTLE, settleFunction()],
      [MISSED, missedFunction(isShared)],
      [COMMITTED, committedFunction(isShared)],
    ]);
    ownFunctions.set(isShared, own);
  }
  return own;
}

export function compileSources(
  sources: readonly CodeSource[],
  { sharedMaximum, ordered, guestStart }: CompileEnvironment,
): CompiledModule | undefined {
  const begun = performance.now();
  const memory: RegionMemory = { ordered, guestStart, isShared: sharedMaximum !== undefined };
  const found = sources.map((source) => {
    const discovered = discoverRegion(source);
    return discovered === undefined ? undefined : { discovered, code: lowerRegion(discovered.plan, memory) };
  });
  if (found.every((each) => each === undefined)) return undefined;
  const builder = new ModuleBuilder(sharedMaximum === undefined ? undefined : { maximum: sharedMaximum });
  const own = functionsFor(memory.isShared);
  const bodies = [...found.map((each) => each?.code.body), ...[...own.values()].map(({ body }) => body)];
  for (const name of bodies.flatMap((body) => body?.calls ?? [])) {
    if (name === ENTER_REGION) builder.import(name, enterRegionSignature);
    else if (!own.has(name)) builder.import(name, calledSignature(name));
  }
  for (const [name, { signature, body }] of own) builder.function(name, signature, body);
  const regions = found.map((each, index): CompiledRegion | undefined => {
    if (each === undefined) return undefined;
    const { discovered, code } = each;
    const { pages, ranges, instructions, plan } = discovered;
    const name = `region${index}`;
    builder.function(name, regionSignature, code.body);
    const entries = code.dispatched.map((node) => {
      const first = plan.blocks[node]?.run.instructions[0];
      return first?.assists === true ? undefined : first?.rip;
    });
    return { name, pages: pages.map(({ linear }) => linear), ranges, entries, sites: code.sites, instructions };
  });
  const bytes = builder.encode();
  const module = new WebAssembly.Module(bytes);
  return { module, bytes: bytes.length, milliseconds: performance.now() - begun, regions };
}
