/** Reads guest code through the page tables: SDM 3A 4.6, 5.3. */
import { ACCESS_EXECUTE, ACCESS_USER } from '../semantics/machine-memory.ts';
import { type CoreContext, Segment } from '../system/core-context.ts';
import { CpuFault, generalProtection } from '../system/cpu-fault.ts';
import type { CodeMode } from './code-mode.ts';
import type { DeviceMemory, LinearMemory } from './linear-memory.ts';
import type { PhysicalMemory } from './physical-memory.ts';

const PAGE = 4096;
/** Of an instruction, in bytes. */
const MAXIMUM_LENGTH = 15;

/** Code that is about to be decoded. */
export interface FetchedCode {
  readonly place: CodePlace;
  /** From there on. */
  bytes: Uint8Array;
  /** Of code in memory that other threads store to: the bytes that were decoded, and more, by their page. */
  readonly copies: CodeCopy[];
  /** Page number of the second page, once `fetchBeyond` has reached it; else -1. */
  secondPage: number;
  /** What an instruction raises that is longer than all bytes that `fetchBeyond` found. */
  fault: CpuFault | undefined;
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

  /** The bytes at a place: up to the end of its page, or 15 where stores to them are not seen; fewer where CS ends. */
  begin(place: CodePlace): FetchedCode {
    const { physical, rip, mode } = place;
    const copies: CodeCopy[] = [];
    const rest = PAGE - (physical % PAGE);
    const here = this.#bytes(physical, this.isCacheable(physical) ? rest : Math.min(MAXIMUM_LENGTH, rest), copies);
    return { place, bytes: this.#limited(here, rip, mode), copies, secondPage: -1, fault: undefined };
  }

  /** Fetches as many bytes as an instruction may have, those of the next page too. Where there are none, `fault` becomes what the instruction raises. */
  fetchBeyond(code: FetchedCode): void {
    const { rip, mode, physical } = code.place;
    const here = code.bytes;
    const isLimited = here.length < Math.min(MAXIMUM_LENGTH, PAGE - (physical % PAGE));
    code.fault = generalProtection();
    if (isLimited || here.length >= MAXIMUM_LENGTH) return;
    try {
      const next = this.#translate(BigInt.asUintN(64, rip + BigInt(here.length)), mode);
      code.secondPage = Math.floor(next / PAGE);
      const both = new Uint8Array(MAXIMUM_LENGTH);
      both.set(here);
      both.set(this.#bytes(next, MAXIMUM_LENGTH - here.length, code.copies), here.length);
      code.bytes = this.#limited(both, rip, mode);
    } catch (error) {
      if (!(error instanceof CpuFault)) throw error;
      code.fault = error;
    }
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
