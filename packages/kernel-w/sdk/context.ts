/** Who and where this instance is, out of its context (packages/abi, layout/application-context.ts). */
import { rdmsr, rdtsc } from '@drift-os/abi/assembly/generated/cpu';
import {
  APPLICATION_ARGUMENT,
  APPLICATION_ARGUMENT_BYTES_AT,
  APPLICATION_GLOBALS,
  APPLICATION_HEAP_AT,
  APPLICATION_HEAP_BYTES_AT,
  APPLICATION_INSTANCE_AT,
  APPLICATION_PAIR,
  APPLICATION_TSC_HZ_AT,
  APPLICATION_WORKER_AT,
} from '@drift-os/abi/layout/application-context';
import { StreamPair } from '@drift-os/ring/assembly';

const IA32_FS_BASE: u32 = 0xc0000100;

/** Known from the first use on. */
let known: usize = 0;

/** Address of the context. The globals are where FS points to, and the context is in front of them. */
export function context(): usize {
  if (known == 0) known = <usize>rdmsr(IA32_FS_BASE) - APPLICATION_GLOBALS;
  return known;
}

/** This end of the private pair with kernel-w. */
export function privatePair(): StreamPair {
  return changetype<StreamPair>(context() + APPLICATION_PAIR);
}

/** Number of this instance, unique since boot. */
export function instanceNumber(): u32 {
  return load<u32>(context(), APPLICATION_INSTANCE_AT);
}

/** Number of the worker that it runs on: 1, 2, ... */
export function worker(): u32 {
  return load<u32>(context(), APPLICATION_WORKER_AT);
}

/** What was given behind the name at the start. */
export function argument(): string {
  const bytes = load<u32>(context(), APPLICATION_ARGUMENT_BYTES_AT);
  return String.UTF8.decodeUnsafe(context() + APPLICATION_ARGUMENT, bytes);
}

/** The time-stamp counter. */
export function now(): u64 {
  return rdtsc();
}

/** Ticks of the time-stamp counter in a second. */
export function ticksPerSecond(): u64 {
  return load<u64>(context(), APPLICATION_TSC_HZ_AT);
}

/** Ticks of the time-stamp counter as microseconds, for less than half an hour. */
export function microseconds(ticks: u64): u64 {
  return (ticks * 1_000_000) / ticksPerSecond();
}

/** Heap that is there from the start: address and bytes. */
export function firstHeap(): usize {
  return load<u32>(context(), APPLICATION_HEAP_AT);
}

export function firstHeapBytes(): usize {
  return load<u32>(context(), APPLICATION_HEAP_BYTES_AT);
}
