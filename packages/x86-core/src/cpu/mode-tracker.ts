/** Which mode code is decoded for now: found again by a number that is cheap to make, because calls, interrupts and returns change it often. */
import * as state from '../semantics/state.ts';
import { Segment } from '../system/core-context.ts';
import { Attribute } from '../system/descriptor.ts';
import { hasBreakpoints } from '../system/debug.ts';
import { Cr0, Cr4, Rflags, Xcr0 } from '../system/register-bits.ts';
import { type CodeMode, codeModeOf } from './code-mode.ts';
import type { StateContext } from './core-context.ts';
import type { CoreState } from './core-state.ts';

/** A mode, the same for one instruction at a time, and the number of both in JUMPS_KEY. */
export interface KnownMode {
  readonly mode: CodeMode;
  readonly single: CodeMode;
  readonly number: number;
}

/** Bits of JUMPS_KEY that stand for the mode. */
export const MODE_BITS = 8;

export class ModeTracker {
  readonly #context: StateContext;
  readonly #state: CoreState;
  readonly #known = new Map<number, KnownMode>();
  readonly #modes = new Map<string, KnownMode>();

  constructor(context: StateContext) {
    this.#context = context;
    this.#state = context.state;
  }

  get current(): KnownMode {
    const fingerprint = this.#fingerprint();
    let known = this.#known.get(fingerprint);
    if (known === undefined) {
      const mode = codeModeOf(this.#context, false);
      known = this.#modes.get(mode.key);
      if (known === undefined) {
        if (this.#modes.size === 1 << MODE_BITS) throw new Error('There are more modes of code than were thought of');
        known = { mode, single: codeModeOf(this.#context, true), number: this.#modes.size };
        this.#modes.set(mode.key, known);
      }
      this.#known.set(fingerprint, known);
    }
    return known;
  }

  /** Every bit that codeModeOf looks at, in one number. */
  #fingerprint(): number {
    const core = this.#state;
    const cr0 = core.get32(state.CR0);
    const cr4 = core.get32(state.CR4);
    const flags = core.get32(state.RFLAGS_SYSTEM);
    const code = attributes(core, Segment.cs);
    let bits = core.get32(state.LONG_MODE) | (core.get32(state.CPL) === 3 ? 2 : 0);
    if ((code & Attribute.long) !== 0) bits |= 4;
    if ((code & Attribute.big) !== 0) bits |= 8;
    if ((attributes(core, Segment.ss) & Attribute.big) !== 0) bits |= 16;
    if ((flags & Rflags.vm) !== 0) bits |= 32;
    if ((cr0 & Cr0.pe) !== 0) bits |= 64;
    if ((cr0 & Cr0.ts) !== 0) bits |= 128;
    if ((cr0 & Cr0.mp) !== 0) bits |= 256;
    if ((cr0 & Cr0.em) !== 0) bits |= 512;
    if ((cr4 & Cr4.osfxsr) !== 0) bits |= 1024;
    if ((cr4 & Cr4.osxsave) !== 0) bits |= 2048;
    if ((cr4 & Cr4.la57) !== 0) bits |= 4096;
    if ((core.get32(state.XCR0) & Xcr0.avx) !== 0) bits |= 8192;
    if ((bits & 5) !== 5 && isFlat(core)) bits |= 16384;
    return bits;
  }

  /** Whether data breakpoints want to see every access. */
  get watches(): boolean {
    if ((this.#state.get32(state.DR + 7 * 8) & 0xff) === 0) return false;
    return hasBreakpoints(this.#context, 'write') || hasBreakpoints(this.#context, 'access');
  }

  /** The TLB set for the accesses of the present mode. */
  tlbSet(watches: boolean): number {
    const core = this.#state;
    const ac = (core.get32(state.RFLAGS_SYSTEM) & Rflags.ac) !== 0;
    if (watches) return state.TLB_CHECKED;
    if (core.get32(state.CPL) === 3) {
      return ac && (core.get32(state.CR0) & Cr0.am) !== 0 ? state.TLB_CHECKED : state.TLB_USER;
    }
    return ac && (core.get32(state.CR4) & Cr4.smap) !== 0 ? state.TLB_SUPERVISOR_AC : state.TLB_SUPERVISOR;
  }
}

function attributes(core: CoreState, segment: number): number {
  const at = core.base + state.SEGMENTS + segment * state.SEGMENT_BYTES + state.SEGMENT_ATTRIBUTES;
  return core.view.getUint16(at, true);
}

/** The segments that Segmentation `flat` speaks of lie from 0 to 4 GiB, and may be used as code and for reading and writing. */
function isFlat(core: CoreState): boolean {
  return isWhole(core, Segment.cs) && [Segment.es, Segment.ss, Segment.ds].every((number) => isWhole(core, number));
}

function isWhole(core: CoreState, segment: number): boolean {
  const at = state.SEGMENTS + segment * state.SEGMENT_BYTES;
  if (core.get32(at) !== 0 || core.get32(at + 4) !== 0 || core.get32(at + state.SEGMENT_LIMIT) !== 0xffff_ffff)
    return false;
  const range = segment === Segment.cs ? state.SEGMENT_LIMIT : state.SEGMENT_WRITE + 4;
  const first = segment === Segment.cs ? 0 : core.get32(at + state.SEGMENT_WRITE);
  return first === 0 && core.get32(at + range) === 0xffff_ffff;
}
