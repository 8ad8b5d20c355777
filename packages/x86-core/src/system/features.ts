/**
 * What this processor offers: one table, from which CPUID answers, and which says for every row of the instruction table whether it exists.
 *
 * A feature is here because it works. Names are the manuals', those of instructions as the rows spell them (SDM 2 CPUID, tables 3-8 to 3-11).
 */

import { PHYSICAL_BITS } from '../semantics/machine-memory.ts';

export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx';

export interface Feature {
  readonly name: string;
  readonly leaf: number;
  readonly subleaf: number;
  readonly register: CpuidRegister;
  readonly bit: number;
}

type Bits = Readonly<Record<string, number>>;

function at(leaf: number, subleaf: number, register: CpuidRegister, bits: Bits): Feature[] {
  return Object.entries(bits).map(([name, bit]) => ({ name, leaf, subleaf, register, bit }));
}

/** Biome would put each on a line of its own. */
// biome-ignore format: groups of a register
const all: readonly Feature[] = [
  ...at(1, 0, 'edx', {
    FPU: 0, DE: 2, PSE: 3, TSC: 4, MSR: 5, PAE: 6, MCE: 7, CX8: 8, APIC: 9, SEP: 11, MTRR: 12, PGE: 13, MCA: 14, CMOV: 15,
    PAT: 16, PSE36: 17, CLFSH: 19, MMX: 23, FXSR: 24, SSE: 25, SSE2: 26, SS: 27, HTT: 28,
  }),
  ...at(1, 0, 'ecx', {
    SSE3: 0, PCLMULQDQ: 1, MONITOR: 3, SSSE3: 9, FMA: 12, CMPXCHG16B: 13, PCID: 17, 'SSE4.1': 19, 'SSE4.2': 20, X2APIC: 21,
    MOVBE: 22, POPCNT: 23, TSC_DEADLINE: 24, AES: 25, XSAVE: 26, AVX: 28, F16C: 29, RDRAND: 30, HYPERVISOR: 31,
  }),
  ...at(7, 0, 'ebx', {
    FSGSBASE: 0, TSC_ADJUST: 1, BMI1: 3, AVX2: 5, FDP_EXCPTN_ONLY: 6, SMEP: 7, BMI2: 8, ERMS: 9, INVPCID: 10, FCS_FDS_DEPRECATED: 13, RDSEED: 18, ADX: 19, SMAP: 20, CLFLUSHOPT: 23,
    CLWB: 24, SHA: 29,
  }),
  ...at(7, 0, 'ecx', { UMIP: 2, PKU: 3, WAITPKG: 5, LA57: 16, RDPID: 22 }),
  ...at(7, 0, 'edx', { FSRM: 4, IBRS_IBPB: 26, STIBP: 27, ARCH_CAPABILITIES: 29 }),
  ...at(0xd, 1, 'eax', { XSAVEOPT: 0, XSAVEC: 1, XGETBV1: 2 }),
  ...at(0x8000_0001, 0, 'ecx', { LAHF: 0, LZCNT: 5, PREFETCHW: 8 }),
  ...at(0x8000_0001, 0, 'edx', { SYSCALL: 11, NX: 20, PDPE1GB: 26, RDTSCP: 27, LM: 29 }),
  ...at(0x8000_0007, 0, 'edx', { INVARIANT_TSC: 8 }),
  ...at(0x8000_0008, 0, 'ebx', { WBNOINVD: 9 }),
];

/** Features without a bit of CPUID here: they are reserved NOPs, or hints that do nothing, on every processor of this kind. */
const withoutBit: ReadonlySet<string> = new Set(['CET_IBT', 'PREFETCHWT1']);

/** Features that are lost with another one. */
const needs: readonly (readonly [string, string])[] = [
  ['AVX', 'XSAVE'],
  ['XSAVEOPT', 'XSAVE'],
  ['XSAVEC', 'XSAVE'],
  ['XGETBV1', 'XSAVE'],
  ['AVX2', 'AVX'],
  ['FMA', 'AVX'],
  ['F16C', 'AVX'],
  ['PKU', 'XSAVE'],
];

export type FeatureName = string;

/** The features that one core has, and the widths that go with them. */
export class FeatureSet {
  readonly physicalAddressBits: number = PHYSICAL_BITS;
  readonly #names: ReadonlySet<string>;

  /** All that there are but `without`, and what needs one of those. @throws RangeError for a name that is none. */
  constructor(without: readonly FeatureName[] = []) {
    const names = new Set(all.map(({ name }) => name));
    for (const name of without) {
      if (!names.has(name)) {
        throw new RangeError(`There is no CPU feature "${name}". There are: ${[...names].join(' ')}`);
      }
    }
    for (const name of without) names.delete(name);
    for (const [name, needed] of needs) if (!names.has(needed)) names.delete(name);
    this.#names = names;
  }

  /** The names of those that there are but which it does not have. */
  get missing(): FeatureName[] {
    return all.filter(({ name }) => !this.#names.has(name)).map(({ name }) => name);
  }

  has(name: FeatureName): boolean {
    return this.#names.has(name);
  }

  /** Whether rows with this CPUID feature exist; undefined, the base instructions, always. */
  offers(feature: string | undefined): boolean {
    return feature === undefined || this.#names.has(feature) || withoutBit.has(feature);
  }

  /** The bits of a CPUID register that features set. */
  bits(leaf: number, subleaf: number, register: CpuidRegister): number {
    let bits = 0;
    for (const feature of all) {
      const here = feature.leaf === leaf && feature.subleaf === subleaf && feature.register === register;
      if (here && this.has(feature.name)) bits |= 1 << feature.bit;
    }
    return bits >>> 0;
  }

  /** The bits of XCR0 that may be set: x87, SSE, AVX, PKRU. */
  get stateComponents(): number {
    return 3 | (this.has('AVX') ? 4 : 0) | (this.has('PKU') ? 0x200 : 0);
  }
}
