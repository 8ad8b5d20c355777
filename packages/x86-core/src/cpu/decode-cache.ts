/**
 * The blocks of decoded instructions of one core: found by physical address, RIP and mode; dropped by page when their code is written to.
 *
 * A dropped block's records stay where they are until the arena is emptied, and leave when they are reached. So whoever still points to them (links
 * within the page, JUMPS, the block that is running) finds out by itself.
 */
import type { Instruction } from '../decode/instruction.ts';
import type { Region, RegionEntry } from '../jit/region-store.ts';
import * as record from '../semantics/record.ts';
import {
  ENTRY_FALLBACK,
  ENTRY_KEY,
  ENTRY_NUMBER,
  ENTRY_PAGE_COUNT,
  ENTRY_PAGES,
  ENTRY_SITES,
} from '../semantics/region-entry.ts';
import * as state from '../semantics/state.ts';
import { MAX_RECORDS, type WrittenBlock } from './block-writer.ts';
import type { CodePlace } from './code-fetch.ts';
import type { CodeMode } from './code-mode.ts';
import { RegionPlaces, type RegionSites } from './region-places.ts';

export interface Block {
  readonly rip: bigint;
  readonly mode: CodeMode;
  /** Physical address of the first byte. */
  readonly physical: number;
  /** Page number of the second page of an instruction that reaches into it; else -1. */
  readonly secondPage: number;
  /** Its first record. */
  readonly at: number;
  readonly records: number;
  /** Where direct branches to other pages go. */
  readonly leadsTo: readonly bigint[];
  /** The region that stands for it, and its records as they were: see region-entry.ts. 0: it was never entered by a region. */
  region: Region | undefined;
  fallback: number;
}

/** What `goOn` (assembly/go-on.ts) may carry out. */
const usually: ReadonlyMap<string, number> = new Map([
  ['iretd', record.USUALLY_IRETD],
  ['iretq', record.USUALLY_IRETQ],
  ['syscall', record.USUALLY_SYSCALL],
  ['sysretq', record.USUALLY_SYSRETQ],
  ['swapgs', record.USUALLY_SWAPGS],
  ['stac', record.USUALLY_STAC],
  ['clac', record.USUALLY_CLAC],
]);

const PAGE = 4096;
const PAGE_MASK = ~0xfffn;

export class DecodeCache {
  readonly #view: DataView;
  readonly #core: number;
  readonly #end: number;
  #free: number;
  readonly #blocks = new Map<number, Block[]>();
  readonly #pages = new Map<number, Set<Block>>();
  /** Those that TypeScript carries out, by their records. */
  readonly #instructions = new Map<number, Instruction>();
  readonly #regions: RegionPlaces;

  constructor(view: DataView, core: number, end: number) {
    this.#view = view;
    this.#core = core;
    this.#end = end;
    this.#free = core + state.RECORDS;
    this.#regions = new RegionPlaces(view, core);
  }

  find(physical: number, rip: bigint, mode: CodeMode): Block | undefined {
    return this.#blocks.get(physical)?.find((block) => block.mode === mode && block.rip === rip);
  }

  /** Of a record that left to be carried out. */
  instructionAt(at: number): Instruction | undefined {
    return this.#instructions.get(at);
  }

  get isFull(): boolean {
    return this.#free + MAX_BLOCK_BYTES > this.#end;
  }

  /** Where the next block is to be written. */
  get free(): number {
    return this.#free;
  }

  /** Where code is to be written that is not kept: one instruction. */
  get unkept(): number {
    return this.#core + state.SCRATCH_RECORDS;
  }

  /** Keeps what was written at `free`. */
  add({ records, secondPage, leadsTo, assisted }: WrittenBlock, { rip, mode, physical }: CodePlace): Block {
    const at = this.#free;
    this.#free = at + records * record.RECORD_BYTES;
    this.noteAssisted(assisted);
    const block: Block = {
      rip,
      mode,
      physical,
      secondPage,
      at,
      records,
      leadsTo,
      region: undefined,
      fallback: 0,
    };
    const here = this.#blocks.get(physical);
    if (here === undefined) this.#blocks.set(physical, [block]);
    else here.push(block);
    this.#enterPage(Math.floor(physical / PAGE), block);
    if (secondPage >= 0) this.#enterPage(secondPage, block);
    return block;
  }

  noteAssisted(assisted: WrittenBlock['assisted']): void {
    for (const { at, instruction } of assisted) {
      this.#instructions.set(at, instruction);
      this.#view.setInt32(at + record.USUALLY, usually.get(instruction.row.mnemonic) ?? 0, true);
    }
  }

  #enterPage(page: number, block: Block): void {
    const blocks = this.#pages.get(page);
    if (blocks === undefined) this.#pages.set(page, new Set([block]));
    else blocks.add(block);
  }

  /**
   * Lets the branch whose target field is LINK go to a block directly, which is for good: only within a page, and not to an instruction that reaches
   * into the next one.
   */
  link(block: Block): void {
    const field = this.#core + state.LINK;
    const link = this.#view.getInt32(field, true);
    if (link === 0) return;
    this.#view.setInt32(link, block.secondPage < 0 ? block.at : record.TARGET_IN_JUMPS, true);
    this.#view.setInt32(field, 0, true);
  }

  /** Forgets the blocks with code on a page (by number). */
  dropPage(page: number): void {
    const blocks = this.#pages.get(page);
    if (blocks === undefined) return;
    this.#pages.delete(page);
    for (const block of blocks) {
      this.#makeStale(block.at, block.records);
      if (block.fallback !== 0) this.#makeStale(block.fallback, block.records);
      this.#forget(block);
    }
  }

  #makeStale(first: number, records: number): void {
    for (let index = 0; index < records; index++) {
      const at = first + index * record.RECORD_BYTES;
      this.#view.setInt32(at + record.HANDLER, record.STALE_HANDLER, true);
      this.#instructions.delete(at);
    }
  }

  #forget(block: Block): void {
    const here = this.#blocks.get(block.physical);
    const left = here?.filter((each) => each !== block) ?? [];
    if (left.length === 0) this.#blocks.delete(block.physical);
    else this.#blocks.set(block.physical, left);
    for (const page of [Math.floor(block.physical / PAGE), block.secondPage]) this.#pages.get(page)?.delete(block);
  }

  /** Offsets in CS where blocks of a mode begin on a page (by number) that is mapped at a linear page. */
  startsOn(page: number, linear: bigint, mode: CodeMode): bigint[] {
    const starts: bigint[] = [];
    for (const block of this.#pages.get(page) ?? []) {
      if (block.mode === mode && (block.rip & PAGE_MASK) === linear) starts.push(block.rip);
    }
    return starts;
  }

  /** Where blocks of a page lead to on other pages. */
  leadsFrom(page: number, linear: bigint, mode: CodeMode): bigint[] {
    const targets: bigint[] = [];
    for (const block of this.#pages.get(page) ?? []) {
      if (block.mode === mode && (block.rip & PAGE_MASK) === linear) targets.push(...block.leadsTo);
    }
    return targets;
  }

  /** Puts a region in front of a block that begins there, if there is one. `anew`: also where another region stands for it. */
  enterRegion(physical: number, rip: bigint, modeKey: string, entry: RegionEntry, anew: boolean): void {
    const block = this.#blocks.get(physical)?.find((each) => each.mode.key === modeKey && each.rip === rip);
    if (block !== undefined) this.enterRegionAt(block, entry, anew);
  }

  enterRegionAt(block: Block, { region, number }: RegionEntry, anew: boolean): void {
    if (block.region !== undefined && !anew) return;
    const bytes = block.records * record.RECORD_BYTES;
    if (block.fallback === 0) {
      if (this.#free + bytes + MAX_BLOCK_BYTES > this.#end) return;
      block.fallback = this.#free;
      this.#free += bytes;
      this.#copy(block.at, block.fallback, bytes);
    }
    if (block.region !== undefined) this.#regions.leave(block.region, block);
    const area = this.#regions.enter(region, block);
    if (area === undefined) {
      this.#leave(block);
      return;
    }
    const view = this.#view;
    view.setInt32(block.at + record.HANDLER, region.index, true);
    view.setInt32(block.at + ENTRY_NUMBER, number, true);
    view.setInt32(block.at + ENTRY_KEY, 0, true);
    view.setUint32(block.at + ENTRY_SITES, area.sites, true);
    view.setUint32(block.at + ENTRY_PAGES, area.pages, true);
    view.setInt32(block.at + ENTRY_PAGE_COUNT, region.pages.length, true);
    view.setUint32(block.at + ENTRY_FALLBACK, block.fallback, true);
    block.region = region;
  }

  #copy(from: number, to: number, bytes: number): void {
    new Uint8Array(this.#view.buffer).copyWithin(to, from, from + bytes);
    for (let offset = 0; offset < bytes; offset += record.RECORD_BYTES) {
      const instruction = this.#instructions.get(from + offset);
      if (instruction !== undefined) this.#instructions.set(to + offset, instruction);
    }
  }

  /** The region whose entry a record is. */
  regionAt(at: number): Region | undefined {
    return this.#regions.at(at);
  }

  sitesOf(region: Region): RegionSites | undefined {
    return this.#regions.sitesOf(region);
  }

  /** Blocks that a region stands for are interpreted again. */
  leaveRegion(region: Region): void {
    for (const block of this.#regions.blocksOf(region)) this.#leave(block);
    this.#regions.forget(region);
  }

  #leave(block: Block): void {
    block.region = undefined;
    const view = this.#view;
    if (view.getInt32(block.at + record.HANDLER, true) === record.STALE_HANDLER) return;
    new Uint8Array(view.buffer).copyWithin(block.at, block.fallback, block.fallback + record.RECORD_BYTES);
  }

  /** Forgets everything. The core must not be running, and JUMPS must be emptied. */
  clear(): void {
    this.#regions.clear();
    this.#blocks.clear();
    this.#pages.clear();
    this.#instructions.clear();
    this.#free = this.#core + state.RECORDS;
    this.#view.setInt32(this.#core + state.LINK, 0, true);
  }
}

const MAX_BLOCK_BYTES = MAX_RECORDS * record.RECORD_BYTES;
