/**
 * The blocks of decoded instructions of one core: found by physical address, RIP and mode; dropped by page when their code is written to.
 *
 * A dropped block's records stay where they are until the arena is emptied, and leave when they are reached. So whoever still points to them (links
 * within the page, JUMPS, the block that is running) finds out by itself.
 */
import type { Instruction } from '../decode/instruction.ts';
import type { Region, RegionEntry } from '../jit/region-store.ts';
import { immediateOf } from '../semantics/effective-address.ts';
import type { HandlerTable } from '../semantics/handler-table.ts';
import * as record from '../semantics/record.ts';
import { writePlainRecord, writeRecord } from '../semantics/record-writer.ts';
import {
  ENTRY_FALLBACK,
  ENTRY_KEY,
  ENTRY_NUMBER,
  ENTRY_PAGE_COUNT,
  ENTRY_PAGES,
  ENTRY_SITES,
} from '../semantics/region-entry.ts';
import * as state from '../semantics/state.ts';
import type { StraightRun } from '../semantics/straight-run.ts';
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

const PAGE = 4096;
const PAGE_MASK = ~0xfffn;

export class DecodeCache {
  readonly #view: DataView;
  readonly #handlers: HandlerTable;
  readonly #core: number;
  readonly #end: number;
  #free: number;
  readonly #blocks = new Map<number, Block[]>();
  readonly #pages = new Map<number, Set<Block>>();
  /** Those that TypeScript carries out, by their records. */
  readonly #instructions = new Map<number, Instruction>();
  readonly #regions: RegionPlaces;

  constructor(view: DataView, handlers: HandlerTable, core: number, end: number) {
    this.#view = view;
    this.#handlers = handlers;
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

  /** Writes a run as a block. The caller has seen that there is room. */
  add(run: StraightRun, rip: bigint, mode: CodeMode, physical: number, secondPage: number): Block {
    const at = this.#free;
    const records = this.#write(run, rip);
    this.#free = at + records * record.RECORD_BYTES;
    const leadsTo = targetsElsewhere(run, rip);
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

  /** Writes a run that is not kept: it holds one instruction. @returns its first record */
  addUnkept(run: StraightRun, rip: bigint): number {
    const free = this.#free;
    this.#free = this.#core + state.SCRATCH_RECORDS;
    const at = this.#free;
    this.#write(run, rip);
    this.#free = free;
    return at;
  }

  #enterPage(page: number, block: Block): void {
    const blocks = this.#pages.get(page);
    if (blocks === undefined) this.#pages.set(page, new Set([block]));
    else blocks.add(block);
  }

  #write({ instructions, end, ending }: StraightRun, rip: bigint): number {
    const view = this.#view;
    this.#handlers.prepare(instructions.map(({ shape }) => shape));
    let at = this.#free;
    let isSecond = false;
    for (const [position, each] of instructions.entries()) {
      // The second of a pair keeps a handler of its own: a branch may go to it.
      const pair: number | undefined = isSecond ? undefined : this.#pairAt(instructions, position);
      isSecond = pair !== undefined;
      writeRecord(view, this.#core, at, each, pair ?? this.#handlers.indexOf(each.shape), position + 1);
      if (leavesPage(view.getBigUint64(at + record.IMMEDIATE, true), rip)) {
        view.setInt32(at + record.TARGET, record.TARGET_IN_JUMPS, true);
      }
      if (each.assists) this.#instructions.set(at, each.instruction);
      at += record.RECORD_BYTES;
    }
    if (ending !== 'jump') {
      const isCut = ending === 'cut';
      const handler = this.#handlers.special(isCut ? 'goOn' : failures[ending]);
      writePlainRecord(view, at, handler, instructions.length + (isCut ? 0 : 1), end, 0);
      view.setBigUint64(at + record.IMMEDIATE, end, true);
      if (leavesPage(end, rip)) view.setInt32(at + record.TARGET, record.TARGET_IN_JUMPS, true);
      at += record.RECORD_BYTES;
    }
    return (at - this.#free) / record.RECORD_BYTES;
  }

  #pairAt(instructions: StraightRun['instructions'], position: number): number | undefined {
    const first = instructions[position];
    const second = instructions[position + 1];
    if (first?.leads !== true || second === undefined) return undefined;
    return this.#handlers.pairOf(first.shape, second.shape);
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

/** 64 instructions and an ending. */
const MAX_BLOCK_BYTES = 65 * record.RECORD_BYTES;
const failures = {
  invalid: 'undefined',
  notAvailable: 'notAvailable',
  'too long': 'tooLong',
  truncated: 'undefined',
} as const;

/** Where a block's direct branches go that leave its page. */
function targetsElsewhere({ instructions, end, ending }: StraightRun, rip: bigint): bigint[] {
  const targets: bigint[] = [];
  for (const { instruction, shape, next, branches } of instructions) {
    if (!branches || typeof instruction.operands[0] !== 'number') continue;
    const target = immediateOf(instruction, shape, next);
    if (target !== undefined && leavesPage(target, rip)) targets.push(target);
  }
  if (ending === 'cut' && leavesPage(end, rip)) targets.push(end);
  return targets;
}

function leavesPage(target: bigint, rip: bigint): boolean {
  return (target & PAGE_MASK) !== (rip & PAGE_MASK);
}
