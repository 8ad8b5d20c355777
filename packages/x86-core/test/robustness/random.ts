/** Random numbers that a seed stands for: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e37_79b1);
  }

  /** 0 to 2^32 - 1. */
  u32(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.u32() % limit;
  }

  /** True once in so many times. */
  once(of: number): boolean {
    return this.below(of) === 0;
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.u32() & 255);
  }

  /** Some of these bits. */
  bits(mask: number): number {
    return (this.u32() & mask) >>> 0;
  }

  /** A number from where things end: around powers of two and their negatives, or any. */
  edge(): bigint {
    if (this.once(4)) return this.u64();
    const near = (1n << BigInt(this.below(65))) + BigInt(this.below(33) - 16);
    return BigInt.asUintN(64, this.once(2) ? near : -near);
  }
}
