/** The functions of a guest by linear address. */

export interface GuestFunction {
  /** Linear. */
  readonly address: bigint;
  /** Undefined, or 0: up to the next one. */
  readonly bytes?: number;
  readonly name: string;
  /** Where it begins in its source. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From RSP to the return address, the same everywhere in its body. Undefined: not known. */
  readonly frameBytes?: number;
}

/** What a function without a size, behind which none is known, may be long. */
const LAST_BYTES = 4096;

export class FunctionTable {
  readonly #functions: readonly GuestFunction[];

  constructor(functions: Iterable<GuestFunction>) {
    // Of several at one address the one whose size is known is found.
    this.#functions = [...functions].sort(
      (a, b) => Number(a.address > b.address) - Number(a.address < b.address) || (a.bytes ?? 0) - (b.bytes ?? 0),
    );
  }

  /** The function that an address is in. */
  at(address: bigint): GuestFunction | undefined {
    let low = 0;
    let high = this.#functions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#functions[middle] as GuestFunction).address <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.#functions[low - 1];
    if (found === undefined) return undefined;
    const limit = found.bytes || (low === this.#functions.length ? LAST_BYTES : undefined);
    return limit === undefined || address < found.address + BigInt(limit) ? found : undefined;
  }
}
