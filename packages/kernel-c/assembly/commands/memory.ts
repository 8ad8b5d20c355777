/** mem, ledger, page: where the memory is, whose it is, and how it is mapped. */
import { E820_ACPI_NVS, E820_ACPI_RECLAIMABLE, E820_BAD, E820_USABLE } from '@drift-os/abi/layout/boot-info';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { LEDGER_NOT_RAM, OWNER_FREE, OWNER_MASK } from '../../layout/ledger';
import { regionCount, regionEnd, regionStart, regionType, usableBytes } from '../e820';
import {
  ledgerFreePages,
  ledgerLargestFree,
  ledgerLookup,
  ledgerProtection,
  ledgerPurpose,
  ledgerTotal,
} from '../ledger';
import { printOwner, printProtection, printPurpose } from '../ledger-names';
import {
  CHECK_FREE_BLOCKS,
  CHECK_FREE_COUNT,
  CHECK_OK,
  CHECK_USED_BLOCK,
  ledgerCheck,
  ledgerCheckPage,
  ledgerFragmentBytes,
  ledgerRun,
  ledgerRunEntry,
  ledgerRunPages,
} from '../ledger-walk';
import { isLargePage, mappedProtection } from '../mapping';
import { newline, print, printDecimal, printHex, printLine, printSize } from '../print';
import { argumentCount, argumentIs, failArgument, integerArgument } from '../shell/arguments';
import { AGAIN, DONE, define, heading } from '../shell/command-table';
import { fail, suggestUsage } from '../shell/error';
import { topFrame } from '../shell/frame';
import { columnTo } from '../shell/output';
import { printPlace } from './places';

const PAGE: u64 = PAGE_BYTES;

function printRegionType(type: u32): void {
  if (type == E820_USABLE) print('usable');
  else if (type == E820_ACPI_RECLAIMABLE) print('ACPI tables');
  else if (type == E820_ACPI_NVS) print('ACPI, kept by the firmware');
  else if (type == E820_BAD) print('bad');
  else print('reserved');
}

function printPages(pages: u64): void {
  printDecimal(pages, 9);
  print(' pages  ');
  printSize(pages * PAGE);
}

function memCommand(): u32 {
  print('usable   ');
  printPages(ledgerTotal());
  const rest = ledgerFragmentBytes();
  if (rest != 0) {
    print(', and ');
    printDecimal(rest);
    print(' bytes that make no whole page');
  }
  print('\nfree     ');
  printPages(ledgerFreePages());
  print(', longest run ');
  printSize(ledgerLargestFree() * PAGE);
  print('\nused     ');
  printPages(ledgerTotal() - ledgerFreePages());
  print('\nwhat the firmware (E820) says:\n');
  for (let i: u32 = 0; i < regionCount(); i++) {
    print('  ');
    printHex(regionStart(i), 12);
    print(' - ');
    printHex(regionEnd(i) - 1, 12);
    print('  ');
    printSize(regionEnd(i) - regionStart(i));
    columnTo(46);
    printRegionType(regionType(i));
    newline();
  }
  print('  usable in all: ');
  printDecimal(usableBytes());
  print(' bytes\n');
  return DONE;
}

/** Totals: u32 entry without its protection, u32 zero, u64 pages. Filled by one walk, in the order of `rank`. */
const TOTALS: u32 = 256;
const totals: usize = memory.data(4096);
let totalCount: u32 = 0;

/** Order of totals: by owner, free pages last; then by purpose. */
function rank(entry: u32): u32 {
  const owner = (entry & OWNER_MASK) == OWNER_FREE ? OWNER_MASK : entry & OWNER_MASK;
  return (owner << 8) | ledgerPurpose(entry);
}

function addTotal(entry: u32, pages: u64): void {
  let i: u32 = 0;
  while (i < totalCount && rank(load<u32>(totals + i * 16)) < rank(entry)) i++;
  const at = totals + i * 16;
  if (i == totalCount || load<u32>(at) != entry) {
    if (totalCount == TOTALS) return;
    memory.copy(at + 16, at, (totalCount - i) * 16);
    totalCount++;
    store<u32>(at, entry);
    store<u64>(at + 8, 0);
  }
  store<u64>(at + 8, load<u64>(at + 8) + pages);
}

/** Adds up pages of equal `mask` of their entries. */
function addUp(mask: u32): void {
  totalCount = 0;
  for (let at = ledgerRun(0); at >= 0; at = ledgerRun(<u64>at + ledgerRunPages())) {
    addTotal(ledgerRunEntry() & mask, ledgerRunPages());
  }
}

function printTotals(withPurpose: bool): void {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < totalCount; i++) {
    const entry = load<u32>(totals + i * 16);
    const pages = load<u64>(totals + i * 16 + 8);
    printOwner(entry);
    if (withPurpose && (entry & OWNER_MASK) != OWNER_FREE) {
      columnTo(16);
      printPurpose(ledgerPurpose(entry));
    }
    columnTo(withPurpose ? 40 : 16);
    printPages(pages);
    newline();
    sum += pages;
  }
  print('in all');
  columnTo(withPurpose ? 40 : 16);
  printPages(sum);
  newline();
}

function check(): void {
  const result = ledgerCheck();
  if (result == CHECK_OK) {
    print('The ledger adds up: ');
    printDecimal(ledgerTotal());
    print(' pages (');
    printDecimal(ledgerFreePages());
    print(' free) and ');
    printDecimal(ledgerFragmentBytes());
    print(' bytes at the edges of regions are the ');
    printDecimal(usableBytes());
    print(' bytes that E820 calls usable.\n');
  } else if (result == CHECK_FREE_BLOCKS || result == CHECK_USED_BLOCK) {
    print('At page ');
    printHex(ledgerCheckPage() * PAGE);
    fail(
      result == CHECK_USED_BLOCK ? 'a page in use is in a free block' : 'a free page is in no free block, or in two',
    );
  } else if (result == CHECK_FREE_COUNT) {
    fail('the count of free pages is not what the pages say');
  } else {
    fail('the pages do not add up to what E820 calls usable');
  }
}

function printRun(first: u64, pages: u64, entry: u32): void {
  printHex(first * PAGE, 12);
  print(' - ');
  printHex((first + pages) * PAGE - 1, 12);
  printDecimal(pages, 9);
  print('  ');
  printProtection(ledgerProtection(entry));
  columnTo(50);
  printOwner(entry);
  if ((entry & OWNER_MASK) != OWNER_FREE) {
    columnTo(62);
    printPurpose(ledgerPurpose(entry));
  }
  newline();
}

/** One run in a step: a long ledger can be interrupted. `counter` is the next page. */
function printAll(): u32 {
  const frame = topFrame();
  const first = ledgerRun(<u64>frame.counter);
  if (first == LEDGER_NOT_RAM) return DONE;
  printRun(<u64>first, ledgerRunPages(), ledgerRunEntry());
  frame.counter = first + <i64>ledgerRunPages();
  return AGAIN;
}

/** The run of equal pages that holds an address. */
function printRange(): void {
  const page = <u64>integerArgument(2) / PAGE;
  for (let at = ledgerRun(0); at >= 0 && <u64>at <= page; at = ledgerRun(<u64>at + ledgerRunPages())) {
    if (page >= <u64>at + ledgerRunPages()) continue;
    printRun(<u64>at, ledgerRunPages(), ledgerRunEntry());
    return;
  }
  failArgument(2, 'is not in usable RAM, so it is not in the ledger');
}

function ledgerCommand(): u32 {
  if (argumentIs(1, 'all')) return printAll();
  if (argumentIs(1, 'range') && argumentCount() == 2) {
    printRange();
  } else if (argumentCount() == 2) {
    failArgument(2, 'is one argument too many');
    suggestUsage();
  } else if (argumentIs(1, 'check')) {
    check();
  } else if (argumentIs(1, 'owners')) {
    addUp(OWNER_MASK);
    printTotals(false);
  } else if (argumentCount() == 0 || argumentIs(1, 'summary')) {
    addUp(OWNER_MASK | (0xff << 16));
    printTotals(true);
  } else {
    failArgument(1, argumentIs(1, 'range') ? 'takes an address' : 'is not something that ledger can show');
    suggestUsage();
  }
  return DONE;
}

/** page ADDRESS: the mapping, the ledger's entry, and what of the image is there. */
function pageCommand(): u32 {
  const address = <u64>integerArgument(1);
  const protection = mappedProtection(address);
  print('page     ');
  printHex(address & ~(PAGE - 1), 12);
  if (protection == 0) print(': not mapped\n');
  else {
    print(': ');
    printProtection(protection);
    printLine(isLargePage(address) ? ', in a large page' : ', in a page of 4 KiB');
  }
  const entry = ledgerLookup(address / PAGE);
  print('ledger   ');
  if (entry == LEDGER_NOT_RAM) {
    print('not usable RAM: ');
    printRegionOf(address);
  } else {
    printOwner(<u32>entry);
    if ((<u32>entry & OWNER_MASK) != OWNER_FREE) {
      print(', ');
      printPurpose(ledgerPurpose(<u32>entry));
    }
  }
  newline();
  printPlace(address);
  return DONE;
}

function printRegionOf(address: u64): void {
  for (let i: u32 = 0; i < regionCount(); i++) {
    if (address < regionStart(i) || address >= regionEnd(i)) continue;
    print('E820 calls it ');
    printRegionType(regionType(i));
    return;
  }
  print('E820 does not list it');
}

export function defineMemory(): void {
  heading('Memory');
  define('mem', '', 'Shows how much memory there is and how much is free.', 'mem', memCommand);
  define(
    'ledger',
    '[summary|owners|check|all|range] [ADDRESS]',
    'Shows who has which pages. By owner and purpose, by owner, every run of pages, or the one at an address; check adds everything up against E820.',
    'ledger range 0x100000',
    ledgerCommand,
  );
  define(
    'page',
    'ADDRESS',
    'Tells all about the page at an address. How it is mapped for Thread/C, whose it is, which function or segment of the image is there.',
    'page 0x280000',
    pageCommand,
  );
}
