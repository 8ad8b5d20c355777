/** Drift's heap allocator on the host: the module that runs in ring 0, over a memory of the caller's. */
import { loadModule } from './module.ts';

export interface HeapOptions {
  /** Memory to manage; the heap uses only what `add` gives it, and `state`. */
  readonly memory: WebAssembly.Memory;
  /** Address of `bytesOfState` zeroed bytes, 16-aligned. */
  readonly state: number;
  /** The compiled heap module. Default: the package's own. */
  readonly module?: WebAssembly.Module;
}

/** Sizes and addresses are in bytes. */
export interface Heap {
  readonly bytesOfState: number;
  /** Payload in use, and payload that is free. */
  readonly used: number;
  readonly free: number;
  /** Blocks in use. */
  readonly blocks: number;
  /** Adds memory at a 16-aligned address; false when it is too small or not aligned. */
  add(address: number, bytes: number): boolean;
  /** Bytes to `add` for a block of `bytes` to fit for certain. */
  regionFor(bytes: number): number;
  /** 16-aligned memory, not cleared; 0: no room. */
  allocate(bytes: number): number;
  /** 0: no room, and the old block is as it was. */
  resize(address: number, bytes: number): number;
  /** False: no block in use begins there, and nothing was changed. */
  release(address: number): boolean;
  /** 0: the heap is consistent; otherwise the number of the rule in assembly/heap.ts that is broken. */
  check(): number;
}

interface HeapExports {
  heapBytes(): number;
  used(heap: number): number;
  free(heap: number): number;
  blocks(heap: number): number;
  add(heap: number, address: number, bytes: number): number;
  regionFor(bytes: number): number;
  allocate(heap: number, bytes: number): number;
  resize(heap: number, address: number, bytes: number): number;
  release(heap: number, address: number): number;
  check(heap: number): number;
}

/**
 * Instantiates the heap.
 *
 * @throws ModuleMissingError when no module was given and the package has not been built.
 */
export async function createHeap({ memory, state, module }: HeapOptions): Promise<Heap> {
  const instance = await WebAssembly.instantiate(module ?? (await loadModule('heap')), { env: { memory } });
  const heap = instance.exports as unknown as HeapExports;
  return {
    bytesOfState: heap.heapBytes(),
    get used() {
      return heap.used(state) >>> 0;
    },
    get free() {
      return heap.free(state) >>> 0;
    },
    get blocks() {
      return heap.blocks(state) >>> 0;
    },
    add: (address, bytes) => heap.add(state, address, bytes) !== 0,
    regionFor: (bytes) => heap.regionFor(bytes) >>> 0,
    allocate: (bytes) => heap.allocate(state, bytes) >>> 0,
    resize: (address, bytes) => heap.resize(state, address, bytes) >>> 0,
    release: (address) => heap.release(state, address) !== 0,
    check: () => heap.check(state) >>> 0,
  };
}
