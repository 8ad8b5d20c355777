/**
 * The compiled regions of a memory, for the cores of one thread: asked for when a block is entered often, put in front of the blocks of each core that has
 * them, taken away when their code is written to.
 */
import type { DecodeCache } from '../cpu/decode-cache.ts';
import type { HandlerTable } from '../semantics/handler-table.ts';
import type { CodePage, CodeSource } from './code-source.ts';
import { exitCauses, exitsOf, type JitCounters } from './jit-counters.ts';
import type { CompiledModule, CompiledRegion, CompileEnvironment } from './compile.ts';

/** Makes modules of regions: in this thread, or in another one. */
export interface RegionCompiler {
  /** Calls `done` at once, or later; with undefined where none of the sources makes a region. Asked again only after that. */
  compile(
    sources: readonly CodeSource[],
    environment: CompileEnvironment,
    done: (compiled: CompiledModule | undefined) => void,
  ): void;
}

/** What the store needs to know of guest memory. */
export interface CodeMemory {
  readonly bytes: Uint8Array;
  hostAddress(physical: number): number;
  /** How often code of a page was dropped. */
  readonly drops: number;
  /** Notes that stores to these bytes drop the code. Others may have dropped some meanwhile. */
  markCode(physical: number, bytes: number): void;
}

export interface Region extends Omit<CompiledRegion, 'pages'> {
  readonly pages: readonly CodePage[];
  readonly source: CodeSource;
  /** Its function in the table. */
  readonly index: number;
  readonly size: number;
  /** How often it was compiled anew with more code. */
  readonly generation: number;
  extending: boolean;
}

interface Request {
  readonly source: CodeSource;
  readonly generation: number;
  /** The region that this one replaces. */
  readonly replaces: Region | undefined;
}

export interface RegionEntry {
  readonly region: Region;
  /** Number of the place in the region's dispatcher. */
  readonly number: number;
}

const MAX_GENERATIONS = 6;
const PAGE = 4096;

export class RegionStore {
  /** How often guest code returned to TypeScript, by Reason: the cores count. */
  readonly exits: Float64Array = new Float64Array(exitCauses.length);
  readonly #counts = {
    requested: 0,
    installed: 0,
    extended: 0,
    dropped: 0,
    refused: 0,
    evicted: 0,
    modules: 0,
    instructions: 0,
    bytes: 0,
    compileTime: 0,
  };
  /** At exits of regions that are gone. */
  #handedOver = 0;
  readonly #memory: CodeMemory;
  readonly #handlers: HandlerTable;
  readonly #compiler: RegionCompiler;
  readonly #environment: CompileEnvironment;
  readonly #maximumBytes: number;
  readonly #caches = new Set<DecodeCache>();
  /** By physical address of the entry. */
  readonly #entries = new Map<number, RegionEntry[]>();
  /** In the order in which they were made: by page, and all. */
  readonly #pages = new Map<number, Set<Region>>();
  readonly #regions = new Set<Region>();
  #size = 0;
  /** Asked for, by key, and not there yet. */
  readonly #asked = new Set<string>();
  readonly #waiting: Request[] = [];
  #isCompiling = false;

  /** `maximumBytes`: of WebAssembly in all; the oldest regions go when there is more. */
  constructor(
    memory: CodeMemory,
    handlers: HandlerTable,
    compiler: RegionCompiler,
    environment: CompileEnvironment,
    maximumBytes: number,
  ) {
    this.#environment = environment;
    this.#memory = memory;
    this.#handlers = handlers;
    this.#compiler = compiler;
    this.#maximumBytes = maximumBytes;
  }

  addCache(cache: DecodeCache): void {
    this.#caches.add(cache);
  }

  /** As they are now. */
  get counters(): JitCounters {
    let handedOver = this.#handedOver;
    for (const cache of this.#caches) for (const region of this.#regions) handedOver += timesLeft(cache, region);
    return { ...this.#counts, handedOver, exits: exitsOf(this.exits) };
  }

  /** The cache is about to forget everything. */
  beforeClear(cache: DecodeCache): void {
    for (const region of this.#regions) this.#handedOver += timesLeft(cache, region);
  }

  /** The region that stands for a block which begins there. */
  entryAt(physical: number, rip: bigint, modeKey: string): RegionEntry | undefined {
    return this.#entries.get(physical)?.findLast(({ region, number }) => {
      return region.entries[number] === rip && region.source.mode.key === modeKey;
    });
  }

  /** Asks for the region of a block that is entered often. */
  request(source: CodeSource): void {
    this.#ask({ source, generation: 0, replaces: undefined });
  }

  #ask(request: Request): void {
    const key = keyOf(request.source);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    this.#counts.requested++;
    this.#waiting.push(request);
    this.#compileNext();
  }

  #compileNext(): void {
    if (this.#isCompiling || this.#waiting.length === 0) return;
    this.#isCompiling = true;
    const requests = this.#waiting.splice(0);
    this.#compiler.compile(
      requests.map(({ source }) => source),
      this.#environment,
      (compiled) => {
        this.#isCompiling = false;
        this.#install(requests, compiled);
        this.#compileNext();
      },
    );
  }

  #install(requests: readonly Request[], compiled: CompiledModule | undefined): void {
    for (const { source, replaces } of requests) {
      this.#asked.delete(keyOf(source));
      if (replaces !== undefined) replaces.extending = false;
    }
    if (compiled === undefined) {
      this.#counts.refused += requests.length;
      return;
    }
    this.#counts.modules++;
    this.#counts.bytes += compiled.bytes;
    this.#counts.compileTime += compiled.milliseconds;
    const wanted = compiled.regions.filter((each) => each !== undefined);
    const indexes = this.#handlers.install(
      compiled.module,
      wanted.map(({ name }) => name),
    );
    for (const [position, request] of requests.entries()) {
      const made = compiled.regions[position];
      if (made === undefined) {
        this.#counts.refused++;
        continue;
      }
      const index = indexes[wanted.indexOf(made)] as number;
      const size = Math.ceil(compiled.bytes / wanted.length);
      const { source, generation } = request;
      const pages = source.pages.filter(({ linear }) => made.pages.includes(linear));
      const region: Region = { ...made, pages, source, index, size, generation, extending: false };
      if (this.#isCurrent(region)) this.#put(region, request);
      else {
        this.#counts.refused++;
        this.#handlers.free(index);
      }
    }
    this.#evict();
  }

  /** Whether memory still holds what was compiled. Stores that come from now on drop it. */
  #isCurrent({ ranges, pages }: Region): boolean {
    const { drops } = this.#memory;
    for (const { rip, bytes } of ranges) {
      for (const { page, offset, length } of partsOf(rip, bytes, pages)) {
        const host = this.#memory.hostAddress(page.physical + offset);
        if (host === 0) return false;
        this.#memory.markCode(page.physical + offset, length);
        for (let at = 0; at < length; at++) {
          if (this.#memory.bytes[host + at] !== page.bytes[offset + at]) return false;
        }
      }
    }
    return this.#memory.drops === drops;
  }

  #put(region: Region, { replaces }: Request): void {
    this.#counts.installed++;
    this.#counts.instructions += region.instructions;
    if (replaces !== undefined && this.#regions.has(replaces)) {
      this.#counts.extended++;
      this.#remove(replaces);
    }
    this.#regions.add(region);
    this.#size += region.size;
    for (const { physical } of region.pages) {
      const page = Math.floor(physical / PAGE);
      const there = this.#pages.get(page);
      if (there === undefined) this.#pages.set(page, new Set([region]));
      else there.add(region);
    }
    for (const [number, rip] of region.entries.entries()) {
      if (rip === undefined) continue;
      const physical = physicalOf(rip, region.pages);
      const here = this.#entries.get(physical);
      const entry: RegionEntry = { region, number };
      if (here === undefined) this.#entries.set(physical, [entry]);
      else here.push(entry);
      // The block that the region was asked for is its own; others only where they have none.
      for (const cache of this.#caches) {
        cache.enterRegion(physical, rip, region.source.mode.key, entry, rip === region.source.entry);
      }
    }
  }

  /** A region was often left at some of its exits: it is compiled again with what is there. */
  extend(region: Region, counts: readonly number[], targets: readonly (readonly bigint[])[]): CodeSource | undefined {
    if (region.extending || region.generation >= MAX_GENERATIONS || !this.#regions.has(region)) return undefined;
    const most = Math.max(...counts);
    const wanted = new Set(region.source.wanted);
    const computed = new Map(Array.from(region.source.targets, ([rip, known]) => [rip, new Set(known)]));
    let grows = false;
    for (const [position, site] of region.sites.entries()) {
      if ((counts[position] as number) * SHARE < most) continue;
      if (site.target !== undefined) {
        if (wanted.has(site.target)) continue;
        wanted.add(site.target);
        grows = true;
        continue;
      }
      const known = computed.get(site.rip) ?? new Set<bigint>();
      const before = known.size;
      for (const target of targets[position] as readonly bigint[]) known.add(target);
      computed.set(site.rip, known);
      if (known.size > before) grows = true;
    }
    if (!grows) return undefined;
    const known = new Map(Array.from(computed, ([rip, places]) => [rip, [...places]] as const));
    return { ...region.source, wanted: [...wanted], targets: known };
  }

  /** Asks for a region in place of another one. */
  replace(region: Region, source: CodeSource): void {
    region.extending = true;
    this.#ask({ source, generation: region.generation + 1, replaces: region });
  }

  /** Code on a page (by number) is no longer true. */
  dropPage(page: number): void {
    for (const region of this.#pages.get(page) ?? []) {
      this.#counts.dropped++;
      this.#remove(region);
    }
  }

  dropAll(): void {
    for (const region of [...this.#regions]) {
      this.#counts.dropped++;
      this.#remove(region);
    }
  }

  #evict(): void {
    for (const region of this.#regions) {
      if (this.#size <= this.#maximumBytes) return;
      this.#counts.evicted++;
      this.#remove(region);
    }
  }

  #remove(region: Region): void {
    this.#regions.delete(region);
    this.#size -= region.size;
    for (const { physical } of region.pages) this.#pages.get(Math.floor(physical / PAGE))?.delete(region);
    for (const rip of region.entries) {
      if (rip === undefined) continue;
      const physical = physicalOf(rip, region.pages);
      const left = this.#entries.get(physical)?.filter((entry) => entry.region !== region) ?? [];
      if (left.length === 0) this.#entries.delete(physical);
      else this.#entries.set(physical, left);
    }
    for (const cache of this.#caches) {
      this.#handedOver += timesLeft(cache, region);
      cache.leaveRegion(region);
    }
    this.#handlers.free(region.index);
  }
}

/** An exit counts where it is taken at least one time for so many of the one that is taken most. */
const SHARE = 16;

/** What the exits of a region have counted on one core. */
function timesLeft(cache: DecodeCache, region: Region): number {
  return cache.sitesOf(region)?.counts.reduce((sum, count) => sum + count, 0) ?? 0;
}

function keyOf({ entry, mode, pages }: CodeSource): string {
  return `${physicalOf(entry, pages)} ${entry} ${mode.key}`;
}

function pageOf(rip: bigint, pages: readonly CodePage[]): CodePage {
  return pages.find(({ linear }) => linear === (rip & ~0xfffn)) as CodePage;
}

function physicalOf(rip: bigint, pages: readonly CodePage[]): number {
  return pageOf(rip, pages).physical + Number(rip & 0xfffn);
}

interface Part {
  readonly page: CodePage;
  readonly offset: number;
  readonly length: number;
}

/** Bytes of code, by the pages that they lie on. */
function* partsOf(rip: bigint, bytes: number, pages: readonly CodePage[]): Generator<Part> {
  for (let done = 0; done < bytes; ) {
    const at = rip + BigInt(done);
    const offset = Number(at & 0xfffn);
    const length = Math.min(bytes - done, PAGE - offset);
    yield { page: pageOf(at, pages), offset, length };
    done += length;
  }
}
