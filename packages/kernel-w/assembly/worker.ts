/**
 * This worker: its block, and its private memory. Everything that is not constant is either here, or in a global of this module:
 * globals are per worker (relative to GS), while static data is shared by all workers and never written.
 *
 * ```
 * private memory (WORKER_MEMORY_AT), zeroed by Thread/C before the start
 * 0x000  private state of the stream pair with Thread/C
 * 0x100  where gate.enter keeps its stack pointer
 * 0x120  result of CPUID, 16 bytes
 * 0x180  state of the stand-off
 * 0x200  instances, INSTANCES of INSTANCE_BYTES
 * ```
 */
import {
  WORKER_CURRENT_MODULE_AT,
  WORKER_DOORBELL_AT,
  WORKER_EPOCH_AT,
  WORKER_FEATURES_AT,
  WORKER_FLUSH_DONE_AT,
  WORKER_FLUSH_REQUESTED_AT,
  WORKER_IMAGE_DIRECTORY_AT,
  WORKER_MEMORY_AT,
  WORKER_MEMORY_BYTES,
  WORKER_NUMBER_AT,
  WORKER_STACK_BOTTOM_AT,
  WORKER_STACK_TOP_AT,
  WORKER_STATE_AT,
  WORKER_STOP_REQUESTED_AT,
  WORKER_TSC_HZ_AT,
} from '@drift-os/abi/layout/worker-block';
import { readCr3, writeCr3 } from '@drift-os/abi/assembly/generated/cpu';

/** Stack that the kernel keeps for itself, in bytes; far more than it uses. */
const KERNEL_STACK: u32 = 8192;

const GATE_SAVE: usize = 0x100;
const CPUID_RESULT: usize = 0x120;
const STAND_OFF: usize = 0x180;
const INSTANCE_TABLE: usize = 0x200;
/** Room of one instance in the table. */
export const INSTANCE_BYTES: usize = 1024;
/** Most instances on one worker at a time. */
export const INSTANCES: u32 = (<u32>WORKER_MEMORY_BYTES - <u32>INSTANCE_TABLE) / <u32>INSTANCE_BYTES;

/** Address of the worker block. */
export let block: usize = 0;
/** Address of the private memory. */
let own: usize = 0;

/** Takes the block; the first thing that happens on a worker. */
export function takeBlock(address: usize): void {
  block = address;
  own = atomic.load<u32>(address, WORKER_MEMORY_AT);
}

export function controlPairState(): usize {
  return own;
}

export function gateSave(): usize {
  return own + GATE_SAVE;
}

export function cpuidResult(): usize {
  return own + CPUID_RESULT;
}

export function standOffState(): usize {
  return own + STAND_OFF;
}

export function instanceAt(index: u32): usize {
  return own + INSTANCE_TABLE + <usize>index * INSTANCE_BYTES;
}

export function workerNumber(): u32 {
  return atomic.load<u32>(block, WORKER_NUMBER_AT);
}

export function epoch(): u32 {
  return atomic.load<u32>(block, WORKER_EPOCH_AT);
}

export function imageDirectory(): usize {
  return atomic.load<u32>(block, WORKER_IMAGE_DIRECTORY_AT);
}

/** Bytes of stack for an entry point of an application: all of the worker's but what the kernel takes itself. */
export function stackBytes(): u32 {
  const all = atomic.load<u32>(block, WORKER_STACK_TOP_AT) - atomic.load<u32>(block, WORKER_STACK_BOTTOM_AT);
  return all - KERNEL_STACK;
}

export function tscHz(): u64 {
  return atomic.load<u64>(block, WORKER_TSC_HZ_AT);
}

export function setState(state: u32): void {
  atomic.store<u32>(block, state, WORKER_STATE_AT);
}

export function setFeatures(features: u32): void {
  atomic.store<u32>(block, features, WORKER_FEATURES_AT);
}

/** What the panic shows as running: index in the image directory + 1, or 0 for kernel-w itself. */
export function setCurrentModule(module: u32): void {
  atomic.store<u32>(block, module, WORKER_CURRENT_MODULE_AT);
}

export function stopRequested(): bool {
  return atomic.load<u32>(block, WORKER_STOP_REQUESTED_AT) != 0;
}

export function doorbell(): u32 {
  return atomic.load<u32>(block, WORKER_DOORBELL_AT);
}

/** Address to MONITOR. */
export function doorbellAddress(): usize {
  return block + WORKER_DOORBELL_AT;
}

/** Whether Thread/C has changed the page tables since the last flush. */
export function flushIsDue(): bool {
  return atomic.load<u32>(block, WORKER_FLUSH_REQUESTED_AT) != atomic.load<u32>(block, WORKER_FLUSH_DONE_AT);
}

/**
 * Acknowledges the generation of the page tables: all of this core's cached translations are dropped first (SDM 3A 4.10.4.1: MOV to
 * CR3). Thread/C reuses nothing before.
 */
export function flush(): void {
  const generation = atomic.load<u32>(block, WORKER_FLUSH_REQUESTED_AT);
  writeCr3(readCr3());
  atomic.store<u32>(block, generation, WORKER_FLUSH_DONE_AT);
}
