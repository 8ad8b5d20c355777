/** Operands for tests of floating point: random ones, and those at which something happens. */

export class Random {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = seed;
  }

  /** 64 random bits (xorshift64*). */
  bits(): bigint {
    let state = this.#state;
    state ^= state >> 12n;
    state = BigInt.asUintN(64, state ^ (state << 25n));
    state ^= state >> 27n;
    this.#state = state;
    return BigInt.asUintN(64, state * 0x2545f4914f6cdd1dn);
  }

  below(limit: number): number {
    return Number((this.bits() >> 11n) % BigInt(limit));
  }

  /** A number of a format with `fraction` bits of fraction and `exponent` bits of exponent. */
  float(fraction: number, exponent: number): bigint {
    const fractionMask = (1n << BigInt(fraction)) - 1n;
    const special = (1n << BigInt(exponent)) - 1n;
    const bias = special >> 1n;
    const sign = this.bits() & 1n;
    let biased = this.bits() & special;
    let low = this.bits() & fractionMask;
    switch (this.below(12)) {
      case 0:
        biased = 0n;
        break;
      case 1:
        biased = special;
        break;
      case 2:
        biased = special - 1n;
        break;
      case 3:
        biased = 1n + (this.bits() & 1n);
        break;
      case 4:
      case 5:
      case 6:
        biased = bias + BigInt(this.below(40) - 8);
        break;
      case 7:
        biased = (bias + BigInt(this.below(fraction + 2)) * (this.below(2) === 0 ? 1n : -1n)) & special;
        break;
      default:
    }
    switch (this.below(7)) {
      case 0:
        low = 0n;
        break;
      case 1:
        low = fractionMask;
        break;
      case 2:
        low = 1n << BigInt(this.below(fraction));
        break;
      case 3:
        low &= fractionMask ^ (fractionMask >> BigInt(this.below(fraction)));
        break;
      case 4:
        low = fractionMask ^ ((1n << BigInt(this.below(fraction))) - 1n);
        break;
      default:
    }
    return (sign << BigInt(fraction + exponent)) | (biased << BigInt(fraction)) | low;
  }

  double(): bigint {
    return this.float(52, 11);
  }

  single(): bigint {
    return this.float(23, 8);
  }
}
