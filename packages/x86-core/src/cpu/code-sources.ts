/** Gathers what a region is made from: the pages around a place, and what the decode cache knows of them. */
import type { CodePage, CodeSource } from '../jit/code-source.ts';
import { CpuFault } from '../system/cpu-fault.ts';
import type { FeatureSet } from '../system/features.ts';
import type { CodeFetch } from './code-fetch.ts';
import type { CodeMode } from './code-mode.ts';
import type { DecodeCache } from './decode-cache.ts';
import type { PhysicalMemory } from './physical-memory.ts';

/** Pages that a region may lie on. */
const MAX_PAGES = 8;
const PAGE = 4096;
const PAGE_MASK = ~0xfffn;

export class CodeSources {
  readonly #fetch: CodeFetch;
  readonly #cache: DecodeCache;
  readonly #memory: PhysicalMemory;
  readonly #missing: readonly string[];

  constructor(fetch: CodeFetch, cache: DecodeCache, memory: PhysicalMemory, features: FeatureSet) {
    this.#fetch = fetch;
    this.#cache = cache;
    this.#memory = memory;
    this.#missing = features.missing;
  }

  /** @returns undefined where there is no block, or one that a region stands for already */
  sourceAt(rip: bigint, mode: CodeMode): CodeSource | undefined {
    const physical = this.#locate(rip, mode);
    const block = physical === undefined ? undefined : this.#cache.find(physical, rip, mode);
    if (block === undefined || block.region !== undefined) return undefined;
    return this.#gather(rip, mode, [], new Map());
  }

  /** The same region with its pages as they are now, and those that it has grown to. */
  sourceFor({ entry, mode, wanted, targets }: CodeSource): CodeSource | undefined {
    return this.#gather(entry, mode, wanted, targets);
  }

  #gather(
    entry: bigint,
    mode: CodeMode,
    wanted: readonly bigint[],
    targets: ReadonlyMap<bigint, readonly bigint[]>,
  ): CodeSource | undefined {
    const pages: CodePage[] = [];
    const starts: bigint[] = [];
    const queue = [entry, ...wanted, ...[...targets.values()].flat()].map((rip) => rip & PAGE_MASK);
    const seen = new Set<bigint>();
    for (let position = 0; position < queue.length && pages.length < MAX_PAGES; position++) {
      const linear = queue[position] as bigint;
      if (seen.has(linear)) continue;
      seen.add(linear);
      const physical = this.#locate(linear, mode);
      const host = physical === undefined ? 0 : this.#memory.hostAddress(physical);
      if (physical === undefined || host === 0) continue;
      const number = Math.floor(physical / PAGE);
      const here = this.#cache.startsOn(number, linear, mode);
      if (here.length === 0) continue;
      starts.push(...here);
      pages.push({ linear, physical, bytes: this.#memory.bytes.slice(host, host + PAGE) });
      for (const target of this.#cache.leadsFrom(number, linear, mode)) {
        const page = this.#locate(target, mode);
        if (page !== undefined && this.#cache.find(page, target, mode) !== undefined) queue.push(target & PAGE_MASK);
      }
    }
    if (pages[0]?.linear !== (entry & PAGE_MASK)) return undefined;
    return { mode, missingFeatures: this.#missing, pages, entry, starts, wanted, targets };
  }

  #locate(rip: bigint, mode: CodeMode): number | undefined {
    try {
      return this.#fetch.locate(rip, mode).physical;
    } catch (error) {
      if (error instanceof CpuFault) return undefined;
      throw error;
    }
  }
}
