/** Random numbers that are the same for the same seed: a row's vectors do not depend on other rows. */

export class Random {
  #state = new Uint32Array(4);

  /** sfc32 (Doty-Humphrey), started from an FNV-1a hash of the text. */
  constructor(seed: string) {
    let hash = 0x811c_9dc5;
    for (const character of seed) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x0100_0193);
    this.#state.set([hash, 0x9e37_79b9, 0x243f_6a88, 1]);
    for (let round = 0; round < 15; round++) this.word();
  }

  /** 32 bits. */
  word(): number {
    const s = this.#state;
    const [a, b, c, d] = s as unknown as [number, number, number, number];
    const sum = (a + b + d) >>> 0;
    s[3] = d + 1;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + sum;
    return sum;
  }

  /** 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor((this.word() / 2 ** 32) * limit);
  }

  /** True in so many cases of a hundred. */
  percent(chance: number): boolean {
    return this.below(100) < chance;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  bits(count: number): bigint {
    let value = 0n;
    for (let done = 0; done < count; done += 32) value = (value << 32n) | BigInt(this.word());
    return BigInt.asUintN(count, value);
  }
}
