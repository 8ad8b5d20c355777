/**
 * Which of the places that branches go to again and again are worth a region.
 *
 * Compiling an instruction takes as long as to interpret some ten thousand, and most of what a booting kernel executes some thousand times it
 * never executes again. So a place is hot when it has been seen PATIENCE times; but at once when the time since it was seen last says that the guest does
 * little else: a loop.
 */
import { TAKEN_PERIOD } from '../semantics/record.ts';

const PATIENCE = 16;
/** Instructions for each time that a branch to the place was taken. */
const LOOP_INSTRUCTIONS = 128;
/** Places that are remembered. */
const MOST = 4096;

interface Seen {
  times: number;
  at: number;
}

export class Warmth {
  readonly #places = new Map<number, Seen>();

  /** A branch to a place was taken TAKEN_PERIOD times more. `now`: instructions that the core has carried out. */
  isHot(rip: bigint, now: number): boolean {
    const key = Number(BigInt.asUintN(32, rip));
    const seen = this.#places.get(key);
    if (seen === undefined) {
      if (this.#places.size >= MOST) this.#places.clear();
      this.#places.set(key, { times: 1, at: now });
      return false;
    }
    const isLoop = now - seen.at < TAKEN_PERIOD * LOOP_INSTRUCTIONS;
    seen.times++;
    seen.at = now;
    return isLoop || seen.times >= PATIENCE;
  }
}
