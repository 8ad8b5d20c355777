/**
 * The allocator behind `new`: segregated free lists over pages that were issued, with coalescing and no garbage collector.
 * One thread owns a heap. Constant time, but for the last resort before "out of memory", which walks one list.
 *
 * ```
 * block   -4  u32 bytes | flags      payload, 12 modulo 16: blocks follow each other without gaps, payloads are 16-aligned
 *          0      payload ...        of a free block: u32 next, u32 previous in its list
 *    bytes-4  u32 back               of a free block only: address of its payload, for the block to its right
 * region   0  u32 next region, u32 bytes, u32 0, then blocks, the last of them empty and never free
 * ```
 */

/** Payload of a block is free. */
const FREE: u32 = 1;
/** The block to the left is free, so that `back` lies in front of this header. */
const LEFT_FREE: u32 = 2;
const FLAGS: u32 = 3;
const HEADER: usize = 4;
/** `next`, `previous` and `back`. */
const SMALLEST: u32 = 12;
/** `next`, `bytes`, a word that is 0, and the first block's header. */
const REGION_HEADER: usize = 16;

/** Sizes below 2^LINEAR_BITS have a class for each multiple of 16; above, every power of two has 4. */
const LINEAR_BITS: u32 = 8;
const LINEAR_CLASSES: u32 = 16;
const CLASSES: u32 = LINEAR_CLASSES + (30 - LINEAR_BITS) * 4;
const BITMAP_WORDS: u32 = (CLASSES + 31) / 32;

/** Largest request, in bytes. */
export const HEAP_LARGEST: u32 = 1 << 29;
/** Memory that a Heap itself takes, in bytes; zeroed before use. */
export const HEAP_BYTES: usize = 16 + BITMAP_WORDS * 4 + CLASSES * 4;

@unmanaged
export class Heap {
  /** Bytes of payload in use. */
  used: u32;
  /** Bytes of payload that are free. */
  free: u32;
  /** Blocks in use. */
  blocks: u32;
  /** First region, 0: none. */
  regions: usize;

  /** Adds memory, which has to be 16-aligned, a multiple of 16 bytes and zeroed or not; false when it is too small to be of use. */
  add(address: usize, bytes: usize): bool {
    if (((address | bytes) & 15) != 0 || bytes < REGION_HEADER + 16) return false;
    for (let region = this.regions; region != 0; region = load<u32>(region)) {
      const end = region + load<u32>(region, 4);
      if (end != address) continue;
      // The empty block at the end of that region becomes the head of the new memory.
      store<u32>(region, load<u32>(region, 4) + <u32>bytes, 4);
      this.adopt(end, bytes - HEADER);
      return true;
    }
    store<u32>(address, <u32>this.regions);
    store<u32>(address, <u32>bytes, 4);
    store<u32>(address, 0, 8);
    this.regions = address;
    store<u32>(address, 0, 12);
    this.adopt(address + REGION_HEADER, bytes - REGION_HEADER - HEADER);
    return true;
  }

  /** Bytes that a region must have for a block of `bytes` to fit for certain. */
  static regionFor(bytes: u32): usize {
    return REGION_HEADER + roundUp(bytes) + HEADER;
  }

  /** 16-aligned memory with whatever was in it before, or 0: no room. */
  allocate(bytes: u32): usize {
    if (bytes > HEAP_LARGEST) return 0;
    const size = roundUp(bytes);
    let payload = this.firstFrom(classHolding(size));
    if (payload == 0) {
      payload = this.searchClass(classOf(size), size);
      if (payload == 0) return 0;
    }
    this.unlink(payload);
    this.free -= sizeOf(payload);
    store<u32>(payload - HEADER, load<u32>(payload - HEADER) & ~FREE);
    this.setLeftFree(payload, false);
    this.used += sizeOf(payload);
    this.blocks++;
    this.trim(payload, size);
    return payload;
  }

  /** Gives a block back. False: it is not one that is in use, and nothing was changed. */
  release(payload: usize): bool {
    if (!this.holds(payload)) return false;
    this.used -= sizeOf(payload);
    this.blocks--;
    this.insert(payload);
    return true;
  }

  /** Moves or resizes; the content up to the smaller size stays. 0: no room, and the old block is as it was. */
  resize(payload: usize, bytes: u32): usize {
    if (bytes > HEAP_LARGEST || !this.holds(payload)) return 0;
    const size = roundUp(bytes);
    const old = sizeOf(payload);
    const right = payload + old + HEADER;
    const rightHeader = load<u32>(right - HEADER);
    if (size > old && (rightHeader & FREE) != 0 && old + <u32>HEADER + (rightHeader & ~FLAGS) >= size) {
      this.unlink(right);
      this.free -= sizeOf(right);
      const grown = old + <u32>HEADER + sizeOf(right);
      store<u32>(payload - HEADER, grown | (load<u32>(payload - HEADER) & FLAGS));
      this.setLeftFree(payload, false);
      this.used += grown - old;
    }
    if (size <= sizeOf(payload)) {
      this.trim(payload, size);
      return payload;
    }
    const moved = this.allocate(bytes);
    if (moved == 0) return 0;
    memory.copy(moved, payload, old);
    this.release(payload);
    return moved;
  }

  /** Whether `payload` is the address of a block in use, as far as its surroundings tell. */
  holds(payload: usize): bool {
    if (payload < 32 || (payload & 15) != 0) return false;
    let end: usize = 0;
    for (let region = this.regions; region != 0; region = load<u32>(region)) {
      if (payload > region && payload < region + load<u32>(region, 4)) end = region + load<u32>(region, 4);
    }
    if (end == 0) return false;
    const header = load<u32>(payload - HEADER);
    if ((header & FREE) != 0 || (header & 12) != 12 || (header & ~FLAGS) >= <u32>(end - payload)) return false;
    return (load<u32>(payload + (header & ~FLAGS)) & LEFT_FREE) == 0;
  }

  /** Walks everything; 0: consistent, otherwise the number of the rule that is broken. For tests. */
  check(): u32 {
    let used: u32 = 0;
    let free: u32 = 0;
    let blocks: u32 = 0;
    for (let region = this.regions; region != 0; region = load<u32>(region)) {
      const end = region + load<u32>(region, 4);
      let payload = region + 16;
      let leftFree = false;
      while (payload < end) {
        const header = load<u32>(payload - HEADER);
        if (((header & LEFT_FREE) != 0) != leftFree) return 1;
        if ((header & 12) != 12) return 2;
        if ((header & FREE) != 0) {
          if (leftFree) return 3;
          if (load<u32>(payload + sizeOf(payload) - 4) != payload) return 4;
          if (this.searchClass(classOf(sizeOf(payload)), sizeOf(payload)) == 0) return 5;
          free += sizeOf(payload);
        } else {
          used += sizeOf(payload);
          blocks++;
        }
        leftFree = (header & FREE) != 0;
        payload += sizeOf(payload) + HEADER;
      }
      if (payload != end) return 6;
      if ((load<u32>(end - HEADER) & ~LEFT_FREE) != 0) return 7;
    }
    return used == this.used && free == this.free && blocks == this.blocks ? 0 : 8;
  }

  /** Makes a free block of new memory, with the empty block behind it that ends the region. */
  private adopt(payload: usize, size: usize): void {
    const header = payload - HEADER;
    store<u32>(header, <u32>size | (load<u32>(header) & LEFT_FREE));
    store<u32>(payload + size, 0);
    this.insert(payload);
  }

  /** Cuts what a block in use has beyond `size` off and frees it. */
  private trim(payload: usize, size: u32): void {
    const spare = sizeOf(payload) - size;
    if (spare < SMALLEST + <u32>HEADER) return;
    store<u32>(payload - HEADER, size | (load<u32>(payload - HEADER) & FLAGS));
    const rest = payload + size + HEADER;
    store<u32>(rest - HEADER, spare - <u32>HEADER);
    this.used -= spare;
    this.insert(rest);
  }

  /** Frees a block, joined with its free neighbours, and puts it into the list of its class. */
  private insert(payload: usize): void {
    let size = sizeOf(payload);
    const right = payload + size + HEADER;
    if ((load<u32>(right - HEADER) & FREE) != 0) {
      this.unlink(right);
      this.free -= sizeOf(right);
      size += <u32>HEADER + sizeOf(right);
    }
    if ((load<u32>(payload - HEADER) & LEFT_FREE) != 0) {
      const left: usize = load<u32>(payload - HEADER - 4);
      this.unlink(left);
      this.free -= sizeOf(left);
      size += <u32>HEADER + sizeOf(left);
      // Now inside a free block: marked, so that freeing it a second time is noticed.
      store<u32>(payload - HEADER, FREE);
      payload = left;
    }
    store<u32>(payload - HEADER, size | FREE | (load<u32>(payload - HEADER) & LEFT_FREE));
    store<u32>(payload + size - 4, <u32>payload);
    this.setLeftFree(payload, true);
    this.free += size;
    const list = classOf(size);
    const head = this.head(list);
    store<u32>(payload, head);
    store<u32>(payload, 0, 4);
    if (head != 0) store<u32>(head, <u32>payload, 4);
    this.setHead(list, <u32>payload);
  }

  private unlink(payload: usize): void {
    const next = load<u32>(payload);
    const previous = load<u32>(payload, 4);
    if (next != 0) store<u32>(next, previous, 4);
    if (previous != 0) store<u32>(previous, next);
    else this.setHead(classOf(sizeOf(payload)), next);
  }

  private setLeftFree(payload: usize, free: bool): void {
    const right = payload + sizeOf(payload);
    const header = load<u32>(right);
    store<u32>(right, free ? header | LEFT_FREE : header & ~LEFT_FREE);
  }

  /** First block of the first list that is not empty, from `list` on. */
  private firstFrom(list: u32): usize {
    let word = list >> 5;
    if (word >= BITMAP_WORDS) return 0;
    let bits = this.bitmap(word) & ((<u32>-1) << (list & 31));
    while (bits == 0) {
      if (++word == BITMAP_WORDS) return 0;
      bits = this.bitmap(word);
    }
    return this.head((word << 5) + ctz(bits));
  }

  private searchClass(list: u32, size: u32): usize {
    let payload: usize = this.head(list);
    while (payload != 0 && sizeOf(payload) < size) payload = load<u32>(payload);
    return payload;
  }

  @inline private bitmap(word: u32): u32 {
    return load<u32>(changetype<usize>(this) + word * 4, 16);
  }

  @inline private head(list: u32): u32 {
    return load<u32>(changetype<usize>(this) + list * 4, 16 + BITMAP_WORDS * 4);
  }

  private setHead(list: u32, payload: u32): void {
    store<u32>(changetype<usize>(this) + list * 4, payload, 16 + BITMAP_WORDS * 4);
    const word = changetype<usize>(this) + (list >> 5) * 4;
    const bit: u32 = 1 << (list & 31);
    store<u32>(word, payload != 0 ? load<u32>(word, 16) | bit : load<u32>(word, 16) & ~bit, 16);
  }
}

/** Payload that a request of `bytes` gets. */
function roundUp(bytes: u32): u32 {
  return ((max(bytes, SMALLEST) + 3) & ~15) + 12;
}

function sizeOf(payload: usize): u32 {
  return load<u32>(payload - HEADER) & ~FLAGS;
}

/** Class whose list a block of this size is in. */
function classOf(size: u32): u32 {
  if (size < 1 << LINEAR_BITS) return size >> 4;
  const power: u32 = 31 - clz(size);
  return min(LINEAR_CLASSES + (power - LINEAR_BITS) * 4 + ((size >> (power - 2)) & 3), CLASSES - 1);
}

/** First class all of whose blocks have at least this size. */
function classHolding(size: u32): u32 {
  if (size < 1 << LINEAR_BITS) return size >> 4;
  const power: u32 = 31 - clz(size);
  return classOf(size + (1 << (power - 2)) - 1);
}
