/**
 * Numbers of instructions by their first bytes, for one code size: a tree with a branch for each byte. A key ends where displacement and immediate begin,
 * so few keys stand for most of what is decoded, and to find one takes no length and no hash.
 */
const FIRST_NODES = 64;
/** Nodes are of 1 KiB. More are not kept: code that asks for them is no program's. */
const MAX_NODES = 8192;

export class InstructionMemo {
  /** 256 to a node: 0 nothing; above 0 the next node; below 0 the complement of an instruction's number. */
  #nodes = new Int32Array(FIRST_NODES << 8);
  #count = 1;

  /** Of the instruction at an offset, which may be longer than the bytes there are; or -1. */
  find(bytes: Uint8Array, offset: number): number {
    const nodes = this.#nodes;
    const end = bytes.length;
    let node = 0;
    for (let at = offset; at < end; at++) {
      const next = nodes[(node << 8) | (bytes[at] as number)] as number;
      if (next <= 0) return next === 0 ? -1 : ~next;
      node = next;
    }
    return -1;
  }

  /** No key is the beginning of another: what would be is not kept. */
  add(number: number, bytes: Uint8Array, offset: number, keyLength: number): void {
    const last = offset + keyLength - 1;
    let node = 0;
    for (let at = offset; at < last; at++) {
      const place = (node << 8) | (bytes[at] as number);
      let next = this.#nodes[place] as number;
      if (next < 0) return;
      if (next === 0) {
        next = this.#newNode();
        this.#nodes[place] = next;
      }
      node = next;
    }
    const place = (node << 8) | (bytes[last] as number);
    if ((this.#nodes[place] as number) <= 0) this.#nodes[place] = ~number;
  }

  get isFull(): boolean {
    return this.#count > MAX_NODES;
  }

  clear(): void {
    this.#nodes = new Int32Array(FIRST_NODES << 8);
    this.#count = 1;
  }

  #newNode(): number {
    if (this.#count << 8 === this.#nodes.length) {
      const wider = new Int32Array(2 * this.#nodes.length);
      wider.set(this.#nodes);
      this.#nodes = wider;
    }
    return this.#count++;
  }
}
