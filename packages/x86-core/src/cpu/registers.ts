/** The registers of a core by their names, for whoever runs, debugs and tests it. */
import { gpr64 } from '../register.ts';
import { type CoreContext, Segment, type SegmentRegister } from '../system/core-context.ts';

export type SegmentName = keyof typeof Segment;

export class Registers {
  readonly #core: CoreContext;

  constructor(core: CoreContext) {
    this.#core = core;
  }

  /** A general-purpose register by its 64-bit name: `rax` to `r15`. @throws RangeError for another name */
  get(name: string): bigint {
    return this.#core.gpr[numberOf(name)] as bigint;
  }

  /** @param value taken modulo 2^64 */
  set(name: string, value: bigint | number): void {
    this.#core.gpr[numberOf(name)] = BigInt.asUintN(64, BigInt(value));
  }

  /** Offset in CS. */
  get rip(): bigint {
    return this.#core.rip;
  }
  set rip(value: bigint) {
    this.#core.rip = value;
  }

  get rflags(): number {
    return this.#core.rflags;
  }
  set rflags(value: number) {
    this.#core.rflags = value;
  }

  segment(name: SegmentName): SegmentRegister {
    return this.#core.segment(Segment[name]);
  }

  /** Sets selector and hidden part, checked by nobody. */
  setSegment(name: SegmentName, value: SegmentRegister): void {
    this.#core.setSegment(Segment[name], value);
  }

  /** The 32 bytes of ymm n, the low ones first; xmm n is the first 16. A view: writing it writes the register. */
  vector(number: number): Uint8Array {
    if (!(number >= 0 && number < 16)) throw new RangeError(`There is no ymm${number}`);
    return this.#core.vectors.subarray(32 * number, 32 * number + 32);
  }

  /** RAX to R15, RIP and RFLAGS in hexadecimal, four to a line. */
  toString(): string {
    const hex = (value: bigint): string => value.toString(16).padStart(16, '0');
    const words = gpr64.map(({ name, number }) => `${name.padStart(3)} ${hex(this.#core.gpr[number] as bigint)}`);
    words.push(`rip ${hex(this.rip)}`, `flags ${this.rflags.toString(16)}`);
    const lines: string[] = [];
    for (let first = 0; first < words.length; first += 4) lines.push(words.slice(first, first + 4).join('  '));
    return lines.join('\n');
  }
}

function numberOf(name: string): number {
  const register = gpr64.find((each) => each.name === name);
  if (register === undefined) throw new RangeError(`There is no register "${name}". Name one of rax to r15.`);
  return register.number;
}
