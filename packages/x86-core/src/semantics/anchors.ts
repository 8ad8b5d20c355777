/**
 * Addresses that lie near each other, while a block of a region is compiled.
 *
 * An access that is looked up in the TLB becomes an anchor: two locals keep where in its page it lay, and its host address. A later access of the
 * block at a known distance from it is on the same page, with the same rights, if its place in the page says so: one comparison, no look-up.
 *
 * Distances are known by origins: a register is some unknown value, the root, plus a constant. Roots are numbers; a register that gets a value
 * of its own gets a fresh one.
 *
 * What becomes of the TLB within a block: nothing is taken out of it but by what `translate` and `commit` do at devices; behind these all
 * anchors are lost. What the TLB does not hold (devices, pages with code, all pages while accesses are looked at) is no anchor: TRANSLATED says so.
 */
import { NOWHERE } from './state.ts';
import type { FunctionBody } from '../wasm/function-body.ts';

export interface Origin {
  /** Equal for equal roots. */
  readonly root: string;
  readonly distance: bigint;
}

export interface Anchor {
  readonly origin: Origin;
  readonly write: boolean;
  /** Local: where the page begins, seen from the anchor, times -1; or NOWHERE. */
  readonly place: number;
  /** Local: host address. */
  readonly host: number;
}

/** What is known at one place. */
export interface AnchorKnowledge {
  readonly registers: readonly (Origin | undefined)[];
  readonly anchors: readonly Anchor[];
  readonly aligned: readonly Alignment[];
}

/** An address that is a multiple of so many bytes, a power of two. */
interface Alignment {
  readonly origin: Origin;
  readonly bytes: bigint;
}

/** Anchors that are kept. */
const MOST = 6;
const PAGE = 4096n;

export class Anchors {
  readonly #body: FunctionBody;
  /** By number. */
  #registers: (Origin | undefined)[] = [];
  /** `knowledge` has handed the array out: it is copied before it changes. */
  #isLent = false;
  #anchors: readonly Anchor[] = [];
  #aligned: readonly Alignment[] = [];
  #roots = 0;

  constructor(body: FunctionBody) {
    this.#body = body;
  }

  /** Nothing is known: control may come from elsewhere. */
  forget(): void {
    this.#registers = [];
    this.#isLent = false;
    this.#anchors = [];
    this.#aligned = [];
  }

  get knowledge(): AnchorKnowledge {
    this.#isLent = true;
    return { registers: this.#registers, anchors: this.#anchors, aligned: this.#aligned };
  }

  set knowledge({ registers, anchors, aligned }: AnchorKnowledge) {
    this.#registers = registers as (Origin | undefined)[];
    this.#isLent = true;
    this.#anchors = anchors;
    this.#aligned = aligned;
  }

  /** Whether an address is known to be a multiple of so many bytes. */
  isAligned({ root, distance }: Origin, bytes: bigint): boolean {
    return this.#aligned.some(
      ({ origin, bytes: known }) =>
        origin.root === root && known % bytes === 0n && (distance - origin.distance) % bytes === 0n,
    );
  }

  /** Code that comes here has found an address to be a multiple of so many bytes. */
  align(origin: Origin, bytes: bigint): void {
    this.#aligned = [{ origin, bytes }, ...this.#aligned].slice(0, MOST);
  }

  ofRegister(register: number): Origin {
    let origin = this.#registers[register];
    if (origin === undefined) {
      origin = { root: String(this.#roots++), distance: 0n };
      this.setRegister(register, origin);
    }
    return origin;
  }

  /** A general-purpose register changes; undefined: to what is not known. */
  setRegister(register: number, origin: Origin | undefined): void {
    if (this.#isLent) {
      this.#registers = this.#registers.slice();
      this.#isLent = false;
    }
    this.#registers[register] = origin;
  }

  /** An anchor within a page's length that has the right. */
  near(
    origin: Origin,
    write: boolean,
    linearBits: number,
  ): { readonly anchor: Anchor; readonly distance: number } | undefined {
    for (const anchor of this.#anchors) {
      if (anchor.origin.root !== origin.root || (write && !anchor.write)) continue;
      const distance = BigInt.asIntN(linearBits === 32 ? 32 : 64, origin.distance - anchor.origin.distance);
      if (distance > -PAGE && distance < PAGE) return { anchor, distance: Number(distance) };
    }
    return undefined;
  }

  add(origin: Origin, write: boolean): Anchor {
    const anchor = { origin, write, place: this.#body.temporary('i32'), host: this.#body.temporary('i32') };
    this.#anchors = [anchor, ...this.#anchors].slice(0, MOST);
    return anchor;
  }

  /** The same for all but one, where the condition that is pushed holds. */
  loseOthers(anchor: Anchor, pushCondition: () => void): void {
    const others = this.#anchors.filter((each) => each !== anchor);
    if (others.length === 0) return;
    pushCondition();
    this.#body.if();
    this.#lose(others);
    this.#body.end();
  }

  /** Adds the locals of those that are kept. */
  addLocals(locals: number[]): void {
    for (const { place, host } of this.#anchors) locals.push(place, host);
  }

  /** Code for where any of them may be no longer true. */
  lose(): void {
    this.#lose(this.#anchors);
  }

  #lose(anchors: readonly Anchor[]): void {
    for (const { place } of anchors) {
      this.#body.i32(NOWHERE);
      this.#body.set(place);
    }
  }
}

export function moved(origin: Origin | undefined, by: bigint): Origin | undefined {
  return origin === undefined ? undefined : { root: origin.root, distance: origin.distance + by };
}
