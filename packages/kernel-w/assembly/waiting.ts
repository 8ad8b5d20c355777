/** The instructions that wait for a store to the doorbell line: which of them this CPU has, and their use without a lost wakeup. */
import { WORKER_FEATURE_MWAIT, WORKER_FEATURE_UMWAIT } from '@drift-os/abi/layout/worker-block';
import { cpuid, monitor, mwait, pause, rdtsc, umonitor, umwait } from '@drift-os/abi/assembly/generated/cpu';
import { cpuidResult, doorbell, doorbellAddress } from './worker';

/** CPUID.1:ECX.MONITOR */
const LEAF1_ECX_MONITOR: u32 = 1 << 3;
/** CPUID.7.0:ECX.WAITPKG */
const LEAF7_ECX_WAITPKG: u32 = 1 << 5;
/** UMWAIT's shallow state C0.1, which wakes faster (SDM 2B, UMWAIT: bit 0 of the operand). */
const UMWAIT_C01: u32 = 1;

/** WORKER_FEATURE_MWAIT and WORKER_FEATURE_UMWAIT, as the CPU has them. */
export function waitFeatures(): u32 {
  const result = cpuidResult();
  let features: u32 = 0;
  cpuid(0, 0, result);
  const largest = load<u32>(result);
  cpuid(1, 0, result);
  if ((load<u32>(result, 8) & LEAF1_ECX_MONITOR) != 0) features |= WORKER_FEATURE_MWAIT;
  if (largest >= 7) {
    cpuid(7, 0, result);
    if ((load<u32>(result, 8) & LEAF7_ECX_WAITPKG) != 0) features |= WORKER_FEATURE_UMWAIT;
  }
  return features;
}

/**
 * Waits until the doorbell is no longer `seen`, without end. A store between MONITOR and MWAIT makes MWAIT return at once
 * (SDM 3A 10.10.4), and one before MONITOR shows in the comparison: there is no gap for a ring of the bell to get lost in.
 */
export function waitForDoorbell(seen: u32): void {
  monitor(doorbellAddress());
  if (doorbell() == seen) mwait(0, 0);
}

/** The same with UMWAIT, until the time-stamp counter reaches `deadline` at the latest. */
export function waitForDoorbellUntil(seen: u32, deadline: u64): void {
  umonitor(doorbellAddress());
  if (doorbell() == seen) umwait(UMWAIT_C01, deadline);
}

/** For a CPU with neither: pauses until then. */
export function pauseForDoorbellUntil(seen: u32, deadline: u64): void {
  while (doorbell() == seen && rdtsc() < deadline) pause();
}
