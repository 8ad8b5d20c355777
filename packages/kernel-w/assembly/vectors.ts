/** Turns on SSE, and AVX and AVX-512 as far as this CPU has them. Compiled without vector registers, and run before any other code. */
import { WORKER_FEATURE_AVX, WORKER_FEATURE_AVX512, WORKER_FEATURE_SSE } from '@drift-os/abi/layout/worker-block';
import { cpuid, readCr0, readCr4, writeCr0, writeCr4, writeMxcsr, xsetbv } from '@drift-os/abi/assembly/generated/cpu';
import { cpuidResult } from './worker';

/** CR0 (SDM 3A 2.5): monitor coprocessor, emulation, task switched, numeric error. */
const CR0_MP: u64 = 1 << 1;
const CR0_EM: u64 = 1 << 2;
const CR0_TS: u64 = 1 << 3;
const CR0_NE: u64 = 1 << 5;
/** CR4: FXSAVE and SSE, unmasked SIMD exceptions, XSAVE and XCR0. */
const CR4_OSFXSR: u64 = 1 << 9;
const CR4_OSXMMEXCPT: u64 = 1 << 10;
const CR4_OSXSAVE: u64 = 1 << 18;
/** XCR0 (SDM 1 13.3). */
const XCR0_X87_SSE: u64 = 3;
const XCR0_AVX: u64 = 4;
const XCR0_AVX512: u64 = 0xe0;
/** All exceptions masked, rounding to nearest (SDM 1 10.2.3): the value after reset, which INIT does not restore. */
const MXCSR_DEFAULT: u32 = 0x1f80;

/** CPUID.1:ECX.XSAVE */
const LEAF1_ECX_XSAVE: u32 = 1 << 26;

/** Returns WORKER_FEATURE_* of what is on now. */
export function enableVectors(): u32 {
  writeCr0((readCr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE);
  writeCr4(readCr4() | CR4_OSFXSR | CR4_OSXMMEXCPT);
  writeMxcsr(MXCSR_DEFAULT);
  const result = cpuidResult();
  cpuid(1, 0, result);
  if ((load<u32>(result, 8) & LEAF1_ECX_XSAVE) == 0) return WORKER_FEATURE_SSE;
  writeCr4(readCr4() | CR4_OSXSAVE);
  // Leaf 0Dh, 0: EDX:EAX are the bits that XCR0 may have (SDM 1 13.2).
  cpuid(0x0d, 0, result);
  const offered = load<u32>(result) | ((<u64>load<u32>(result, 12)) << 32);
  let enabled = XCR0_X87_SSE;
  let features: u32 = WORKER_FEATURE_SSE;
  if ((offered & XCR0_AVX) != 0) {
    enabled |= XCR0_AVX;
    features |= WORKER_FEATURE_AVX;
    if ((offered & XCR0_AVX512) == XCR0_AVX512) {
      enabled |= XCR0_AVX512;
      features |= WORKER_FEATURE_AVX512;
    }
  }
  xsetbv(0, enabled);
  return features;
}
