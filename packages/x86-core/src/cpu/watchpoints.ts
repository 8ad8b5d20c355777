/** Bytes that a debugger outside of the guest watches. The guest's debug registers are its own. */

export interface Watchpoint {
  /** Linear address of the first byte. */
  readonly linear: bigint;
  /** 1 or more. */
  readonly bytes: number;
  /** access: both. */
  readonly kind: 'read' | 'write' | 'access';
}

/** An access to watched bytes. */
export interface WatchHit {
  readonly watchpoint: Watchpoint;
  /** Of the first byte that was accessed. */
  readonly linear: bigint;
  readonly write: boolean;
}

export class Watchpoints {
  #all: readonly Watchpoint[] = [];
  /** The first hit since it was set to undefined. */
  hit: WatchHit | undefined;

  get any(): boolean {
    return this.#all.length > 0;
  }

  add(watchpoint: Watchpoint): void {
    this.#all = [...this.#all, watchpoint];
  }

  setAll(all: readonly Watchpoint[]): void {
    this.#all = all;
  }

  remove({ linear, bytes, kind }: Watchpoint): void {
    const at = this.#all.findIndex((each) => each.linear === linear && each.bytes === bytes && each.kind === kind);
    if (at >= 0) this.#all = this.#all.toSpliced(at, 1);
  }

  /** Told of accesses of the program while there are any. */
  see(linear: bigint, bytes: number, write: boolean): void {
    this.hit ??= this.#find(linear, bytes, write);
  }

  #find(linear: bigint, bytes: number, write: boolean): WatchHit | undefined {
    const watchpoint = this.#all.find(
      (each) =>
        linear < each.linear + BigInt(each.bytes) &&
        each.linear < linear + BigInt(bytes) &&
        each.kind !== (write ? 'read' : 'write'),
    );
    return watchpoint === undefined ? undefined : { watchpoint, linear, write };
  }
}
