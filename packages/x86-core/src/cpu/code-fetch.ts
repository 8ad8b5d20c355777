/** Reads guest code through the page tables, and decodes blocks of it: SDM 3A 4.6, 5.3. */
import type { Instruction } from '../decode/instruction.ts';
import { ACCESS_EXECUTE, ACCESS_USER } from '../semantics/machine-memory.ts';
import { decodeRun, type StraightRun } from '../semantics/straight-run.ts';
import { type CoreContext, Segment } from '../system/core-context.ts';
import { CpuFault, generalProtection } from '../system/cpu-fault.ts';
import { availabilityOf } from './availability.ts';
import type { CodeMode } from './code-mode.ts';
import type { DeviceMemory, LinearMemory } from './linear-memory.ts';
import type { PhysicalMemory } from './physical-memory.ts';

const PAGE = 4096;
/** Of an instruction, in bytes. */
const MAXIMUM_LENGTH = 15;

export interface FetchedRun {
  readonly run: StraightRun;
  /** Page number of the second page, or -1. */
  readonly secondPage: number;
  /** Of code in memory that other threads store to: the bytes that were decoded, and more, by their page. */
  readonly copies: readonly CodeCopy[];
}

/** Bytes as they were at some moment. */
export interface CodeCopy {
  readonly physical: number;
  readonly bytes: Uint8Array;
}

/** Where a block begins. */
export interface CodePlace {
  readonly rip: bigint;
  readonly physical: number;
  readonly mode: CodeMode;
}

export class CodeFetch {
  readonly #core: CoreContext;
  readonly #memory: PhysicalMemory;
  readonly #linear: LinearMemory;
  readonly #devices: DeviceMemory;

  constructor(core: CoreContext, memory: PhysicalMemory, linear: LinearMemory, devices: DeviceMemory) {
    this.#core = core;
    this.#memory = memory;
    this.#linear = linear;
    this.#devices = devices;
  }

  /** @throws CpuFault #PF, #GP where there is no code to run */
  locate(rip: bigint, mode: CodeMode): CodePlace {
    if (mode.shape.segmentation === 'segmented' && rip > BigInt(this.#core.segment(Segment.cs).limit)) {
      throw generalProtection();
    }
    return { rip, mode, physical: this.#translate(rip, mode) };
  }

  #translate(rip: bigint, mode: CodeMode): number {
    const address = mode.shape.mode === 64 ? rip : rip + this.#core.segment(Segment.cs).base;
    return this.#linear.translate(address, ACCESS_EXECUTE | (mode.user ? ACCESS_USER : 0));
  }

  /** Decodes from a place. @throws CpuFault where the first instruction reaches into what cannot be fetched */
  decode(place: CodePlace, isBreakpoint: ((rip: bigint) => boolean) | undefined): FetchedRun {
    const { rip: start, mode, physical } = place;
    let secondPage = -1;
    const copies: CodeCopy[] = [];
    let fault: CpuFault | undefined;
    const cacheable = this.isCacheable(physical);
    const fetch = (rip: bigint, beyond: boolean): Uint8Array => {
      const at = physical + Number(BigInt.asUintN(32, rip - start));
      const rest = PAGE - (at % PAGE);
      const here = this.#bytes(at, beyond || !cacheable ? Math.min(MAXIMUM_LENGTH, rest) : rest, copies);
      const limited = this.#limited(here, rip, mode);
      if (!beyond || limited.length < here.length || here.length === MAXIMUM_LENGTH) {
        if (beyond) fault = generalProtection();
        return limited;
      }
      try {
        const next = this.#translate(BigInt.asUintN(64, rip + BigInt(here.length)), mode);
        secondPage = Math.floor(next / PAGE);
        const both = new Uint8Array(MAXIMUM_LENGTH);
        both.set(here);
        both.set(this.#bytes(next, MAXIMUM_LENGTH - here.length, copies), here.length);
        const all = this.#limited(both, rip, mode);
        if (all.length < both.length) fault = generalProtection();
        return all;
      } catch (error) {
        if (!(error instanceof CpuFault)) throw error;
        fault = error;
        return here;
      }
    };
    const { features } = this.#core.system;
    const run = decodeRun(fetch, start, mode.shape, {
      throughBranches: true,
      maximum: mode.single || !cacheable ? 1 : 64,
      availability: (instruction: Instruction) => availabilityOf(instruction, mode, features),
      ...(isBreakpoint === undefined ? {} : { isBreakpoint }),
    });
    if (run.ending === 'truncated') throw fault ?? generalProtection();
    return { run, secondPage: run.crosses || run.instructions.length === 0 ? secondPage : -1, copies };
  }

  /** Code in memory that stores are seen to. */
  isCacheable(physical: number): boolean {
    return this.#memory.hostAddress(physical) !== 0;
  }

  #bytes(physical: number, count: number, copies: CodeCopy[]): Uint8Array {
    const host = this.#memory.hostAddress(physical);
    if (host !== 0 && this.#memory.exchange === undefined) return this.#memory.bytes.subarray(host, host + count);
    if (host !== 0) return this.#copied(physical, host, count, copies);
    return Uint8Array.from({ length: count }, (_, index) => Number(this.#devices.read(physical + index, 1)));
  }

  /** Every byte of a block is read once: another core may be writing it. */
  #copied(physical: number, host: number, count: number, copies: CodeCopy[]): Uint8Array {
    const known = copies.find(
      (copy) => copy.physical <= physical && physical + count <= copy.physical + copy.bytes.length,
    );
    if (known !== undefined) {
      return known.bytes.subarray(physical - known.physical, physical - known.physical + count);
    }
    const copy = { physical, bytes: this.#memory.bytes.slice(host, host + PAGE - (physical % PAGE)) };
    copies.push(copy);
    return copy.bytes.subarray(0, count);
  }

  /** Whether the first of these bytes are still what memory holds. */
  isUnchanged({ physical, bytes }: CodeCopy, count: number): boolean {
    const host = this.#memory.hostAddress(physical);
    const now = this.#memory.bytes;
    for (let at = 0; at < count; at++) if (now[host + at] !== bytes[at]) return false;
    return host !== 0;
  }

  /** Bytes beyond the limit of CS are not there. */
  #limited(bytes: Uint8Array, rip: bigint, mode: CodeMode): Uint8Array {
    if (mode.shape.segmentation !== 'segmented') return bytes;
    const left = BigInt(this.#core.segment(Segment.cs).limit) - rip + 1n;
    return left >= BigInt(bytes.length) ? bytes : bytes.subarray(0, left <= 0n ? 0 : Number(left));
  }
}
