/** The page ledger on the host: the AssemblyScript that Thread/C runs, over any memory map. */
import {
  E820_BASE_AT,
  E820_ENTRY_BYTES,
  E820_LENGTH_AT,
  E820_MAXIMUM,
  E820_TYPE_AT,
} from '@drift-os/abi/layout/boot-info';
import { OWNER_MASK, PROTECTION_MASK, PROTECTION_SHIFT, PURPOSE_MASK, PURPOSE_SHIFT } from '../layout/ledger.ts';
import { HOST_DATA_END, HostPieceError, instantiateHostModule } from './host-module.ts';

/** An entry of the firmware's memory map (ACPI 6.5, 15): bytes; type 1 is usable RAM. */
export interface MemoryRange {
  readonly base: bigint;
  readonly length: bigint;
  readonly type: number;
}

/** Who has a page, why, and how it is mapped: values of layout/ledger.ts. */
export interface PageEntry {
  readonly owner: number;
  readonly purpose: number;
  readonly protection: number;
}

/** A run of pages with the same entry. */
export interface PageRun extends PageEntry {
  readonly page: number;
  readonly count: number;
}

export interface AllocateOptions extends PageEntry {
  /** Contiguous pages, at least 1. */
  readonly count: number;
  /** The first page's number is a multiple of this power of two. Default 1. */
  readonly alignment?: number;
  /** The run ends at or below this page number. Default: anywhere. */
  readonly limit?: number;
}

export type LedgerResult = 'ok' | 'no-memory' | 'bad-argument' | 'not-ram' | 'not-owner';

export interface Ledger {
  /** The memory map in order, without overlaps. */
  readonly regions: readonly MemoryRange[];
  /** Bytes that the ledger itself takes, in whole pages. */
  readonly metadataBytes: number;
  readonly totalPages: number;
  readonly freePages: number;
  /** Longest block that can be allocated at once, in pages. */
  readonly largestFree: number;
  /** Bytes of usable RAM at the edges of regions that make no whole page. */
  readonly fragmentBytes: number;
  /** @returns the first page's number, or why there is none. */
  allocate(options: AllocateOptions): number | Exclude<LedgerResult, 'ok'>;
  /** Takes certain pages, which must be free. */
  claim(page: number, count: number, entry: PageEntry): LedgerResult;
  /** Gives pages back; all of them must be `owner`'s. */
  free(page: number, count: number, owner: number): LedgerResult;
  /** Changes owner, purpose and protection of pages that are `owner`'s. */
  change(page: number, count: number, owner: number, entry: PageEntry): LedgerResult;
  /** @returns undefined where there is no RAM. */
  lookup(page: number): PageEntry | undefined;
  /** All pages in ascending order. */
  runs(): PageRun[];
  /** Walks all pages. @returns what is wrong, or undefined. */
  check(): string | undefined;
}

interface Exports {
  e820Normalize(list: number, entries: number): void;
  regionCount(): number;
  regionStart(index: number): bigint;
  regionEnd(index: number): bigint;
  regionType(index: number): number;
  ledgerMetadataBytes(): bigint;
  ledgerInitialize(metadata: number): void;
  ledgerEntry(owner: number, purpose: number, protection: number): number;
  ledgerAllocate(count: bigint, alignment: bigint, limit: bigint, entry: number): bigint;
  ledgerClaim(page: bigint, count: bigint, entry: number): bigint;
  ledgerFree(page: bigint, count: bigint, owner: number): bigint;
  ledgerChange(page: bigint, count: bigint, owner: number, entry: number): bigint;
  ledgerLookup(page: bigint): bigint;
  ledgerTotal(): bigint;
  ledgerFreePages(): bigint;
  ledgerLargestFree(): bigint;
  ledgerFragmentBytes(): bigint;
  ledgerCheck(): number;
  ledgerCheckPage(): bigint;
  ledgerRun(from: bigint): bigint;
  ledgerRunPages(): bigint;
  ledgerRunEntry(): number;
}

const RESULTS: readonly LedgerResult[] = ['ok', 'no-memory', 'bad-argument', 'not-ram', 'not-owner'];
const PROBLEMS: readonly string[] = [
  'a free page is not in exactly one free block',
  'a page in use is in a free block',
  'the count of free pages is wrong',
  'the pages do not add up to the memory map',
];
const LIST_BYTES = E820_MAXIMUM * E820_ENTRY_BYTES;

/**
 * Makes a ledger of a memory map, all pages free.
 *
 * @param wasm dist/host.wasm of this package, as bytes or compiled.
 * @throws HostPieceError HOST_ARGUMENT when there are more than E820_MAXIMUM ranges, or more RAM than 32-bit bookkeeping holds.
 */
export async function createLedger(
  wasm: BufferSource | WebAssembly.Module,
  e820: readonly MemoryRange[],
): Promise<Ledger> {
  if (e820.length > E820_MAXIMUM) {
    throw new HostPieceError('HOST_ARGUMENT', `A memory map has at most ${E820_MAXIMUM} ranges, not ${e820.length}.`);
  }
  const usable = e820.reduce((sum, range) => sum + (range.type === 1 ? range.length : 0n), 0n);
  if (usable > 1n << 40n) {
    throw new HostPieceError('HOST_ARGUMENT', 'The ledger on the host holds up to 1 TiB of RAM.');
  }
  const room = LIST_BYTES + Math.ceil(Number(usable / 4096n) * 4.5) + e820.length * 8192 + 65536;
  const { exports, view } = await instantiateHostModule<Exports>(wasm, room);
  e820.forEach((range, index) => {
    const at = HOST_DATA_END + index * E820_ENTRY_BYTES;
    view.setBigUint64(at + E820_BASE_AT, range.base, true);
    view.setBigUint64(at + E820_LENGTH_AT, range.length, true);
    view.setUint32(at + E820_TYPE_AT, range.type, true);
  });
  exports.e820Normalize(HOST_DATA_END, e820.length);
  exports.ledgerInitialize(HOST_DATA_END + LIST_BYTES);
  return wrap(exports);
}

function wrap(exports: Exports): Ledger {
  const pack = (entry: PageEntry): number => exports.ledgerEntry(entry.owner, entry.purpose, entry.protection);
  const result = (code: bigint): LedgerResult => RESULTS[-Number(code)] ?? 'bad-argument';
  return {
    regions: Array.from({ length: exports.regionCount() }, (_, index) => ({
      base: exports.regionStart(index),
      length: exports.regionEnd(index) - exports.regionStart(index),
      type: exports.regionType(index),
    })),
    get metadataBytes() {
      return Number(exports.ledgerMetadataBytes());
    },
    get totalPages() {
      return Number(exports.ledgerTotal());
    },
    get freePages() {
      return Number(exports.ledgerFreePages());
    },
    get largestFree() {
      return Number(exports.ledgerLargestFree());
    },
    get fragmentBytes() {
      return Number(exports.ledgerFragmentBytes());
    },
    allocate: (options) => {
      const limit = options.limit === undefined ? (1n << 64n) - 1n : BigInt(options.limit);
      const page = exports.ledgerAllocate(BigInt(options.count), BigInt(options.alignment ?? 1), limit, pack(options));
      return page < 0n ? (result(page) as Exclude<LedgerResult, 'ok'>) : Number(page);
    },
    claim: (page, count, entry) => result(exports.ledgerClaim(BigInt(page), BigInt(count), pack(entry))),
    free: (page, count, owner) => result(exports.ledgerFree(BigInt(page), BigInt(count), owner)),
    change: (page, count, owner, entry) =>
      result(exports.ledgerChange(BigInt(page), BigInt(count), owner, pack(entry))),
    lookup: (page) => {
      const entry = exports.ledgerLookup(BigInt(page));
      return entry < 0n ? undefined : unpack(Number(entry));
    },
    runs: () => {
      const runs: PageRun[] = [];
      for (let page = exports.ledgerRun(0n); page >= 0n; page = exports.ledgerRun(page + exports.ledgerRunPages())) {
        const count = Number(exports.ledgerRunPages());
        runs.push({ page: Number(page), count, ...unpack(exports.ledgerRunEntry()) });
      }
      return runs;
    },
    check: () => {
      const problem = exports.ledgerCheck();
      return problem === 0 ? undefined : `${PROBLEMS[problem - 1]} (page ${exports.ledgerCheckPage()})`;
    },
  };
}

function unpack(entry: number): PageEntry {
  return {
    owner: entry & OWNER_MASK,
    purpose: (entry >>> PURPOSE_SHIFT) & PURPOSE_MASK,
    protection: (entry >>> PROTECTION_SHIFT) & PROTECTION_MASK,
  };
}
