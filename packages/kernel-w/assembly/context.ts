/** Makes the context of an application instance, in the pages issued for it, and puts its module's memory into its first state. */
import {
  APPLICATION_ARGUMENT,
  APPLICATION_ARGUMENT_BYTES_AT,
  APPLICATION_CHANNELS,
  APPLICATION_CONTEXT_BYTES_AT,
  APPLICATION_FROM_APPLICATION_AT,
  APPLICATION_GLOBALS,
  APPLICATION_GLOBALS_BYTES_AT,
  APPLICATION_HEAP_AT,
  APPLICATION_HEAP_BYTES_AT,
  APPLICATION_IMAGE_DIRECTORY_AT,
  APPLICATION_INSTANCE_AT,
  APPLICATION_MAGIC,
  APPLICATION_MAGIC_AT,
  APPLICATION_MODULE_AT,
  APPLICATION_PAIR,
  APPLICATION_TO_APPLICATION_AT,
  APPLICATION_TSC_HZ_AT,
  APPLICATION_WORKER_AT,
  CHANNEL_END_BYTES,
} from '@drift-os/abi/layout/application-context';
import {
  MODULE_DATA_AT,
  MODULE_DATA_BYTES_AT,
  MODULE_DATA_INITIAL_AT,
  MODULE_DATA_INITIAL_BYTES_AT,
  MODULE_GLOBALS_AT,
  MODULE_GLOBALS_BYTES_AT,
} from '@drift-os/abi/layout/image-directory';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { ringBytes, ringInitialize, StreamPair } from '@drift-os/ring/assembly';
import { RING_ALIGNMENT } from '@drift-os/ring/layout/ring';
import { Instance } from './instance';
import { imageDirectory, tscHz, workerNumber } from './worker';

/** Data of the private rings. Towards kernel-w there is more to say: lines for the log. */
const TO_APPLICATION_CAPACITY: u32 = 2048;
const FROM_APPLICATION_CAPACITY: u32 = 4096;
/** Heap that an instance begins with, at least. */
const FIRST_HEAP: usize = 16384;

/** Pages that a context of this module takes. */
export function contextPages(module: usize): u32 {
  return <u32>((heapOffset(module) + FIRST_HEAP + PAGE_BYTES - 1) / PAGE_BYTES);
}

/** `instance.context` and `contextBytes` are there, zeroed. Afterwards the instance can be started. */
export function makeContext(instance: Instance): void {
  const context = instance.context;
  const module = instance.module;
  const toApplication = context + ringsOffset(module);
  const fromApplication = toApplication + ringBytes(TO_APPLICATION_CAPACITY);
  const heap = context + heapOffset(module);
  store<u32>(context, APPLICATION_MAGIC, APPLICATION_MAGIC_AT);
  store<u32>(context, instance.number, APPLICATION_INSTANCE_AT);
  store<u32>(context, instance.moduleIndex, APPLICATION_MODULE_AT);
  store<u32>(context, workerNumber(), APPLICATION_WORKER_AT);
  store<u32>(context, <u32>toApplication, APPLICATION_TO_APPLICATION_AT);
  store<u32>(context, <u32>fromApplication, APPLICATION_FROM_APPLICATION_AT);
  store<u32>(context, <u32>heap, APPLICATION_HEAP_AT);
  store<u32>(context, <u32>(context + instance.contextBytes - heap), APPLICATION_HEAP_BYTES_AT);
  store<u64>(context, tscHz(), APPLICATION_TSC_HZ_AT);
  store<u32>(context, instance.argumentBytes, APPLICATION_ARGUMENT_BYTES_AT);
  store<u32>(context, instance.contextBytes, APPLICATION_CONTEXT_BYTES_AT);
  store<u32>(context, <u32>imageDirectory(), APPLICATION_IMAGE_DIRECTORY_AT);
  store<u32>(context, load<u32>(module, MODULE_GLOBALS_BYTES_AT), APPLICATION_GLOBALS_BYTES_AT);
  memory.copy(context + APPLICATION_ARGUMENT, instance.argument, instance.argumentBytes);

  ringInitialize(toApplication, TO_APPLICATION_CAPACITY, instance.number);
  ringInitialize(fromApplication, FROM_APPLICATION_CAPACITY, instance.number);
  instance.pair.attach(toApplication, fromApplication, instance.number);
  changetype<StreamPair>(context + APPLICATION_PAIR).attach(fromApplication, toApplication, instance.number);
  instance.ends = fromApplication + ringBytes(FROM_APPLICATION_CAPACITY);
  makeModuleNew(module, context + APPLICATION_GLOBALS);
}

/** Globals from their template, static data from its pristine copy. */
function makeModuleNew(module: usize, globals: usize): void {
  memory.copy(globals, load<u32>(module, MODULE_GLOBALS_AT), load<u32>(module, MODULE_GLOBALS_BYTES_AT));
  const data: usize = load<u32>(module, MODULE_DATA_AT);
  const initialized: usize = load<u32>(module, MODULE_DATA_INITIAL_BYTES_AT);
  memory.copy(data, load<u32>(module, MODULE_DATA_INITIAL_AT), initialized);
  memory.fill(data + initialized, 0, load<u32>(module, MODULE_DATA_BYTES_AT) - <u32>initialized);
}

function ringsOffset(module: usize): usize {
  const end = APPLICATION_GLOBALS + load<u32>(module, MODULE_GLOBALS_BYTES_AT);
  return (end + RING_ALIGNMENT - 1) & ~(RING_ALIGNMENT - 1);
}

function heapOffset(module: usize): usize {
  return (
    ringsOffset(module) +
    ringBytes(TO_APPLICATION_CAPACITY) +
    ringBytes(FROM_APPLICATION_CAPACITY) +
    APPLICATION_CHANNELS * CHANNEL_END_BYTES
  );
}
