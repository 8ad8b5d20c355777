/** The heap of this instance: what its context came with, and pages asked for when that is used up. */
import { LOG_ERROR, PURPOSE_HEAP, STATUS_OUT_OF_MEMORY, STATUS_PROTOCOL } from '@drift-os/abi/layout/messages';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { HEAP_BYTES, Heap } from '../assembly/heap';
import { firstHeap, firstHeapBytes } from './context';
import { abandon } from './kernel-w';
import { line } from './log';
import { askForPages } from './pages';

/** Pages asked for at a time, where memory is plentiful. */
const GENEROUS: usize = 16;

let heap: usize = 0;

/** The heap itself lies at the start of its first memory. */
function theHeap(): Heap {
  if (heap == 0) {
    heap = firstHeap();
    const taken = (HEAP_BYTES + 15) & ~15;
    changetype<Heap>(heap).add(heap + taken, (firstHeapBytes() - taken) & ~15);
  }
  return changetype<Heap>(heap);
}

/** Bytes in use by `new`, for whoever wants to know. */
export function heapUsed(): u32 {
  return theHeap().used;
}

/** Bytes that `new` can have without asking for pages, though perhaps not in one piece. */
export function heapFree(): u32 {
  return theHeap().free;
}

/** 16-aligned memory, not cleared. Without memory, this instance ends here. */
export function allocate(bytes: usize): usize {
  const address = theHeap().allocate(<u32>bytes);
  if (address != 0) return address;
  grow(bytes);
  return theHeap().allocate(<u32>bytes);
}

export function resize(address: usize, bytes: usize): usize {
  if (!theHeap().holds(address)) endForWrongAddress(address);
  const moved = theHeap().resize(address, <u32>bytes);
  if (moved != 0) return moved;
  grow(bytes);
  return theHeap().resize(address, <u32>bytes);
}

/** Gives memory back that `new` or `allocate` gave. */
export function release(address: usize): void {
  if (!theHeap().release(address)) endForWrongAddress(address);
}

/** Adds pages in which `bytes` fit: generously, and if that is refused, just so many. */
function grow(bytes: usize): void {
  const needed = (Heap.regionFor(<u32>bytes) + PAGE_BYTES - 1) / PAGE_BYTES;
  let pages = max(needed, GENEROUS);
  let address = askForPages(<u32>pages, PURPOSE_HEAP);
  if (address == 0 && pages > needed) {
    pages = needed;
    address = askForPages(<u32>pages, PURPOSE_HEAP);
  }
  if (address == 0) {
    line()
      .text('out of memory: new wants ')
      .number(bytes)
      .text(' bytes and Thread/C has no pages for it')
      .log(LOG_ERROR);
    abandon(STATUS_OUT_OF_MEMORY);
  }
  theHeap().add(address, pages * PAGE_BYTES);
}

function endForWrongAddress(address: usize): void {
  line().text('frees ').hexadecimal(address).text(', which is no block of its heap that is in use').log(LOG_ERROR);
  abandon(STATUS_PROTOCOL);
}
