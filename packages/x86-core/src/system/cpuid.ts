/** CPUID (SDM 2 CPUID): what features.ts offers, caches, topology, XSAVE areas, frequencies, names. */
import type { CoreContext } from './core-context.ts';
import { Cr4 } from './register-bits.ts';
import { xsaveComponents, xsaveSize } from './xsave-layout.ts';

type Answer = readonly [eax: number, ebx: number, ecx: number, edx: number];

const MAXIMUM_BASIC = 0x16;
const MAXIMUM_EXTENDED = 0x8000_0008;
const NOTHING: Answer = [0, 0, 0, 0];

/** Family 6, model F1h, stepping 1: none that was ever made, so that nobody applies another processor's errata. */
const SIGNATURE = 0xf0611;
/** Hz that the local APIC's timer counts at, before its divider. */
const APIC_FREQUENCY = 1_000_000_000n;
const BRAND = 'Drift x86-core virtual processor';
const HYPERVISOR = 'DriftMachine';

export function cpuid(core: CoreContext): void {
  const leaf = Number(BigInt.asUintN(32, core.gpr[0] as bigint));
  const subleaf = Number(BigInt.asUintN(32, core.gpr[1] as bigint));
  const [eax, ebx, ecx, edx] = answer(core, leaf, subleaf);
  core.gpr[0] = BigInt(eax >>> 0);
  core.gpr[3] = BigInt(ebx >>> 0);
  core.gpr[1] = BigInt(ecx >>> 0);
  core.gpr[2] = BigInt(edx >>> 0);
}

/** Leaves above the highest answer as the highest basic one. */
function answer(core: CoreContext, leaf: number, subleaf: number): Answer {
  if (leaf <= MAXIMUM_BASIC) return basic(core, leaf, subleaf);
  if (leaf >= 0x8000_0000 && leaf <= MAXIMUM_EXTENDED) return extended(core, leaf);
  if (leaf >= 0x4000_0000 && leaf < 0x4000_0100 && core.system.features.has('HYPERVISOR')) return hypervisor(leaf);
  return basic(core, MAXIMUM_BASIC, subleaf);
}

function basic(core: CoreContext, leaf: number, subleaf: number): Answer {
  const { features, apic, cores, timestampFrequency } = core.system;
  switch (leaf) {
    case 0:
      return vendor('GenuineIntel', MAXIMUM_BASIC);
    case 1: {
      const osxsave = (core.cr4 & Cr4.osxsave) !== 0 ? 1 << 27 : 0;
      const apicBit = apic.globallyEnabled ? 0 : 1 << 9;
      const threads = Math.min(255, powerOfTwo(cores));
      const ebx = ((apic.id & 0xff) << 24) | (threads << 16) | (8 << 8);
      return [SIGNATURE, ebx, features.bits(1, 0, 'ecx') | osxsave, features.bits(1, 0, 'edx') & ~apicBit];
    }
    case 2:
      // No TLB descriptors; leaf 4 has the caches.
      return [0x00fe_ff01, 0, 0, 0];
    case 4:
      return cache(cores, subleaf);
    case 5:
      return features.has('MONITOR') ? [64, 64, 3, 0x10] : NOTHING;
    case 6:
      // The local APIC's timer never stops.
      return [1 << 2, 0, 0, 0];
    case 7:
      if (subleaf !== 0) return NOTHING;
      return [
        0,
        features.bits(7, 0, 'ebx'),
        features.bits(7, 0, 'ecx') | ((core.cr4 & Cr4.pke) !== 0 ? 1 << 4 : 0),
        features.bits(7, 0, 'edx'),
      ];
    case 0xb:
      return topology(cores, apic.id, subleaf);
    case 0xd:
      return features.has('XSAVE') ? stateComponents(core, subleaf) : NOTHING;
    case 0x15: {
      const divisor = greatestCommonDivisor(timestampFrequency, APIC_FREQUENCY);
      const denominator = Number(APIC_FREQUENCY / divisor);
      return [denominator, Number(timestampFrequency / divisor), Number(APIC_FREQUENCY), 0];
    }
    case 0x16: {
      const megahertz = Number(timestampFrequency / 1_000_000n);
      return [megahertz, megahertz, 100, 0];
    }
    default:
      return NOTHING;
  }
}

function extended(core: CoreContext, leaf: number): Answer {
  const { features } = core.system;
  switch (leaf) {
    case 0x8000_0000:
      return [MAXIMUM_EXTENDED, 0, 0, 0];
    case 0x8000_0001: {
      const edx = features.bits(0x8000_0001, 0, 'edx');
      return [0, 0, features.bits(0x8000_0001, 0, 'ecx'), edx];
    }
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004:
      return words(BRAND.padEnd(48, '\0').slice((leaf - 0x8000_0002) * 16, (leaf - 0x8000_0001) * 16));
    case 0x8000_0006:
      return [0, 0, (1024 << 16) | (8 << 12) | 64, 0];
    case 0x8000_0007:
      return [0, 0, 0, features.bits(0x8000_0007, 0, 'edx')];
    case 0x8000_0008: {
      const linear = features.has('LA57') ? 57 : 48;
      return [features.physicalAddressBits | (linear << 8), features.bits(0x8000_0008, 0, 'ebx'), 0, 0];
    }
    default:
      return NOTHING;
  }
}

function hypervisor(leaf: number): Answer {
  if (leaf !== 0x4000_0000) return NOTHING;
  const [ebx, ecx, edx] = words(HYPERVISOR);
  return [leaf, ebx, ecx, edx];
}

function vendor(name: string, maximum: number): Answer {
  const [ebx, edx, ecx] = words(name);
  return [maximum, ebx, ecx, edx];
}

/** Up to 16 characters, four to a register. */
function words(text: string): Answer {
  const word = (at: number): number =>
    [0, 1, 2, 3].reduce((sum, byte) => sum | ((text.charCodeAt(at + byte) || 0) << (8 * byte)), 0);
  return [word(0), word(4), word(8), word(12)];
}

/** L1 data and instruction cache of 32 KiB, L2 of 1 MiB. */
function cache(cores: number, subleaf: number): Answer {
  const describe = (type: number, level: number, ways: number, sets: number): Answer => {
    const packageCores = Math.min(64, powerOfTwo(cores)) - 1;
    return [type | (level << 5) | (1 << 8) | (packageCores << 26), 63 | ((ways - 1) << 22), sets - 1, 0];
  };
  if (subleaf === 0) return describe(1, 1, 8, 64);
  if (subleaf === 1) return describe(2, 1, 8, 64);
  return subleaf === 2 ? describe(3, 2, 16, 1024) : NOTHING;
}

/** Level 0: one thread to a core. Level 1: the cores of the only package. */
function topology(cores: number, apicId: number, subleaf: number): Answer {
  if (subleaf === 0) return [0, 1, 0x100, apicId];
  if (subleaf === 1) return [Math.log2(powerOfTwo(cores)), cores, 0x201, apicId];
  return [0, 0, subleaf & 0xff, apicId];
}

function stateComponents(core: CoreContext, subleaf: number): Answer {
  const { features } = core.system;
  const all = features.stateComponents;
  if (subleaf === 0) return [all, xsaveSize(core.xcr0, false), xsaveSize(all, false), 0];
  if (subleaf === 1) return [features.bits(0xd, 1, 'eax'), xsaveSize(core.xcr0, true), 0, 0];
  const component = xsaveComponents.find(({ number }) => number === subleaf);
  if (component === undefined || (all & (1 << subleaf)) === 0) return NOTHING;
  return [component.bytes, component.offset, 0, 0];
}

function powerOfTwo(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
