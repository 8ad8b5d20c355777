/** The heap as a module of its own, for programs on the host (src/heap.ts). `heap` is the address of HEAP_BYTES of zeroed memory. */
import { HEAP_BYTES, Heap } from '../heap';

export function heapBytes(): usize {
  return HEAP_BYTES;
}

export function regionFor(bytes: u32): usize {
  return Heap.regionFor(bytes);
}

export function add(heap: usize, address: usize, bytes: usize): bool {
  return changetype<Heap>(heap).add(address, bytes);
}

export function allocate(heap: usize, bytes: u32): usize {
  return changetype<Heap>(heap).allocate(bytes);
}

export function resize(heap: usize, payload: usize, bytes: u32): usize {
  return changetype<Heap>(heap).resize(payload, bytes);
}

export function release(heap: usize, payload: usize): bool {
  return changetype<Heap>(heap).release(payload);
}

export function check(heap: usize): u32 {
  return changetype<Heap>(heap).check();
}

export function used(heap: usize): u32 {
  return changetype<Heap>(heap).used;
}

export function free(heap: usize): u32 {
  return changetype<Heap>(heap).free;
}

export function blocks(heap: usize): u32 {
  return changetype<Heap>(heap).blocks;
}
