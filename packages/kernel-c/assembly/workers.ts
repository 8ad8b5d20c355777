/**
 * The other cores: each gets a block, a stack, descriptor tables, page tables and a stream pair, and is started by
 * INIT-SIPI-SIPI (SDM 3A 9.4.4). A worker can be started again: its epoch counts the starts, and its rings begin anew.
 */
import { copy64, cpuid, fill64, pause, rdtsc } from '@drift-os/abi/assembly/generated/cpu';
import { APPLICATION_HASH } from '@drift-os/abi/assembly/generated/application';
import { CONTROL_HASH, Hello } from '@drift-os/abi/assembly/generated/control';
import {
  MODULE_GLOBALS_AT,
  MODULE_GLOBALS_BYTES_AT,
  MODULE_KERNEL_W,
  MODULE_KIND_AT,
} from '@drift-os/abi/layout/image-directory';
import { PAGE_BYTES, TRAMPOLINE } from '@drift-os/abi/layout/memory-map';
import { LOG_ERROR } from '@drift-os/abi/layout/messages';
import {
  SELECTOR_TASK,
  TRAMPOLINE_CR3_AT,
  TRAMPOLINE_ENTRY_AT,
  TRAMPOLINE_GDT_POINTER_AT,
  TRAMPOLINE_IDT_POINTER_AT,
  TRAMPOLINE_PARAMETERS,
  TRAMPOLINE_STACK_TOP_AT,
  TRAMPOLINE_TAKEN_AT,
  TRAMPOLINE_TASK_SELECTOR_AT,
  TRAMPOLINE_WORKER_BLOCK_AT,
} from '@drift-os/abi/layout/trampoline';
import {
  WORKER_APIC_ID_AT,
  WORKER_CONTROL_APIC_ID_AT,
  WORKER_CRASH_FRAME_AT,
  WORKER_EPOCH_AT,
  WORKER_FLUSH_DONE_AT,
  WORKER_FLUSH_REQUESTED_AT,
  WORKER_GLOBALS,
  WORKER_GLOBALS_BYTES_AT,
  WORKER_IMAGE_DIRECTORY_AT,
  WORKER_LOCAL_APIC_AT,
  WORKER_MAGIC,
  WORKER_MAGIC_AT,
  WORKER_MEMORY_AT,
  WORKER_MEMORY_BYTES,
  WORKER_MEMORY_BYTES_AT,
  WORKER_NUMBER_AT,
  WORKER_STACK_BOTTOM_AT,
  WORKER_STACK_TOP_AT,
  WORKER_STARTING,
  WORKER_STATE_AT,
  WORKER_STOPPED,
  WORKER_STOP_REQUESTED_AT,
  WORKER_TSC_HZ_AT,
  WORKER_WAKE_VECTOR_AT,
} from '@drift-os/abi/layout/worker-block';
import {
  OWNER_CONTROL,
  OWNER_WORKER,
  PROTECTION_EXECUTE,
  PROTECTION_READ,
  PROTECTION_WRITE,
  PURPOSE_HEAP,
  PURPOSE_WORKER_BLOCK,
} from '../layout/ledger';
import { spin, ticksOf, tscHz } from './clock';
import { controlCreate, controlReserve, controlReset, controlSend } from './control-stream';
import { descriptorsCreate, gdtPointer, idtCreate, idtPointer } from './descriptors';
import {
  imageDirectory,
  moduleAt,
  moduleCount,
  trampolineBytes,
  trampolineCode,
  workerEntry,
  workerStubs,
} from './image';
import { VECTOR_WAKE } from './interrupts';
import { localApicId, localApicRegisters, sendInit, sendStartup } from './local-apic';
import { logClose, logOpen } from './log';
import { processorApicId, processorTotal } from './madt';
import { protect, workerRootCreate } from './mapping';
import { allocatePages, pagesFor } from './pages';
import { print, printDecimal } from './print';
import { flushGeneration } from './quiescence';
import { stackAllocate } from './stacks';
import { standOffInitialize } from './stand-off';
import { WORKERS, workerAdd, workerBlock, workerCount, workerRing, workerState } from './worker-table';

const READ_WRITE: u32 = PROTECTION_READ | PROTECTION_WRITE;
const STACK_BYTES: u32 = 65536;
const TRAMPOLINE_PAGE: u32 = TRAMPOLINE / PAGE_BYTES;
const PARAMETERS: usize = TRAMPOLINE + TRAMPOLINE_PARAMETERS;
/** Between INIT and the start-up interrupt (SDM 3A 9.4.4.1), where the processor is not known to need none. */
const INIT_MICROSECONDS: u64 = 10_000;
/** The first four letters of what CPUID says: GenuineIntel, AuthenticAMD, HygonGenuine. */
const VENDOR_INTEL: u32 = 0x756e6547;
const VENDOR_AMD: u32 = 0x68747541;
const VENDOR_HYGON: u32 = 0x6f677948;
const STARTUP_MICROSECONDS: u64 = 200;
/** Long, because a virtual processor may be a thread of a busy host: Linux waits as long. One that answers costs nothing of it. */
const PATIENCE_MICROSECONDS: u64 = 10_000_000;

/** For each worker: u32 root of its page tables, u32 descriptor page. */
const places: usize = memory.data((WORKERS + 1) * 8, 4);
let idt: usize = 0;
const scratch: usize = memory.data(16, 8);

/** Creates a worker for every processor but this one, and starts them. */
export function workersStart(): void {
  if (processorTotal() > 1) idt = idtCreate(workerStubs());
  for (let i: u32 = 0; i < processorTotal() && workerCount() < WORKERS; i++) {
    if (processorApicId(i) != localApicId()) workerCreate(processorApicId(i));
  }
  trampolineOpen();
  for (let worker: u32 = 1; worker <= workerCount(); worker++) startCore(worker);
  trampolineClose();
}

/** What of a worker stays the same through all its starts. */
function workerCreate(apicId: u32): void {
  const block = allocatePages(1, OWNER_CONTROL, PURPOSE_WORKER_BLOCK, READ_WRITE);
  const worker = workerAdd(block);
  const owner = OWNER_WORKER | worker;
  const top = stackAllocate(STACK_BYTES, owner);
  atomic.store<u32>(block, WORKER_MAGIC, WORKER_MAGIC_AT);
  atomic.store<u32>(block, worker, WORKER_NUMBER_AT);
  atomic.store<u32>(block, apicId, WORKER_APIC_ID_AT);
  atomic.store<u32>(block, <u32>imageDirectory(), WORKER_IMAGE_DIRECTORY_AT);
  atomic.store<u32>(block, <u32>top - STACK_BYTES, WORKER_STACK_BOTTOM_AT);
  atomic.store<u32>(block, <u32>top, WORKER_STACK_TOP_AT);
  atomic.store<u64>(block, tscHz(), WORKER_TSC_HZ_AT);
  atomic.store<u32>(block, <u32>localApicRegisters(), WORKER_LOCAL_APIC_AT);
  atomic.store<u32>(block, VECTOR_WAKE, WORKER_WAKE_VECTOR_AT);
  atomic.store<u32>(block, localApicId(), WORKER_CONTROL_APIC_ID_AT);
  const memoryPages = <u32>pagesFor(WORKER_MEMORY_BYTES);
  atomic.store<u32>(block, <u32>allocatePages(memoryPages, owner, PURPOSE_HEAP, READ_WRITE), WORKER_MEMORY_AT);
  atomic.store<u32>(block, memoryPages * PAGE_BYTES, WORKER_MEMORY_BYTES_AT);
  standOffInitialize(block);
  controlCreate(worker);
  store<u32>(places + worker * 8, <u32>workerRootCreate());
  store<u32>(places + worker * 8, <u32>descriptorsCreate(idt, owner), 4);
  atomic.store<u32>(block + WORKER_STATE_AT, WORKER_STOPPED);
}

/** Root of a worker's page tables. */
export function workerRoot(worker: u32): usize {
  return load<u32>(places + worker * 8);
}

/** Copies the template of kernel-w's wasm globals to where GS will point. */
function copyGlobals(block: usize): void {
  for (let i: u32 = 0; i < moduleCount(); i++) {
    const module = moduleAt(i);
    if (load<u32>(module, MODULE_KIND_AT) != MODULE_KERNEL_W) continue;
    const bytes = load<u32>(module, MODULE_GLOBALS_BYTES_AT);
    atomic.store<u32>(block, bytes, WORKER_GLOBALS_BYTES_AT);
    copy64(block + WORKER_GLOBALS, load<u32>(module, MODULE_GLOBALS_AT), bytes);
  }
}

/** The block, globals, memory and rings as a start needs them. The worker does not run. */
function prepare(worker: u32): void {
  const block = workerBlock(worker);
  const epoch = atomic.load<u32>(block, WORKER_EPOCH_AT) + 1;
  atomic.store<u32>(block, epoch, WORKER_EPOCH_AT);
  fill64(block + WORKER_STATE_AT, 0, WORKER_CRASH_FRAME_AT - WORKER_STATE_AT);
  fill64(atomic.load<u32>(block, WORKER_MEMORY_AT), 0, atomic.load<u32>(block, WORKER_MEMORY_BYTES_AT));
  copyGlobals(block);
  atomic.store<u32>(block + WORKER_STOP_REQUESTED_AT, 0);
  atomic.store<u32>(block + WORKER_FLUSH_REQUESTED_AT, flushGeneration());
  atomic.store<u32>(block + WORKER_FLUSH_DONE_AT, flushGeneration());
  controlReset(worker, epoch);
  const hello = Hello.at(controlReserve(worker, Hello.BYTES));
  hello.interfaceHash = CONTROL_HASH;
  hello.applicationHash = APPLICATION_HASH;
  hello.epoch = epoch;
  hello.features = 0;
  controlSend(worker, Hello.BYTES, Hello.ID);
}

/** The trampoline's page is executable only while cores are started. */
function trampolineOpen(): void {
  protect(TRAMPOLINE_PAGE, 1, READ_WRITE | PROTECTION_EXECUTE);
  memory.copy(TRAMPOLINE, trampolineCode(), trampolineBytes());
}

function trampolineClose(): void {
  protect(TRAMPOLINE_PAGE, 1, READ_WRITE);
}

function waitFor(address: usize, not: u32, microseconds: u64): bool {
  const end = rdtsc() + ticksOf(microseconds);
  while (atomic.load<u32>(address) == not) {
    if (rdtsc() > end) return false;
    pause();
  }
  return true;
}

/**
 * The 10 ms between INIT and the start-up interrupt are from when the APIC was a chip of its own (MultiProcessor Specification 1.4, B.4). What has
 * long mode takes INIT at once, but for Intel's family 15; who else makes processors is waited for.
 */
function initMicroseconds(): u64 {
  cpuid(0, 0, scratch);
  const vendor = load<u32>(scratch, 4);
  cpuid(1, 0, scratch);
  const family = (load<u32>(scratch) >> 8) & 15;
  const takesAtOnce = (vendor == VENDOR_INTEL && family != 15) || vendor == VENDOR_AMD || vendor == VENDOR_HYGON;
  return takesAtOnce ? 0 : INIT_MICROSECONDS;
}

function startCore(worker: u32): bool {
  prepare(worker);
  const block = workerBlock(worker);
  const descriptors: usize = load<u32>(places + worker * 8, 4);
  // LTR takes an available TSS; a worker that ran before has marked it busy.
  store<u8>(descriptors + SELECTOR_TASK + 5, 0x89);
  store<u64>(PARAMETERS, workerRoot(worker), TRAMPOLINE_CR3_AT);
  atomic.store<u64>(PARAMETERS, atomic.load<u32>(block, WORKER_STACK_TOP_AT), TRAMPOLINE_STACK_TOP_AT);
  store<u64>(PARAMETERS, block, TRAMPOLINE_WORKER_BLOCK_AT);
  store<u64>(PARAMETERS, workerEntry(), TRAMPOLINE_ENTRY_AT);
  store<u64>(PARAMETERS, gdtPointer(descriptors), TRAMPOLINE_GDT_POINTER_AT);
  store<u64>(PARAMETERS, idtPointer(descriptors), TRAMPOLINE_IDT_POINTER_AT);
  store<u32>(PARAMETERS, SELECTOR_TASK, TRAMPOLINE_TASK_SELECTOR_AT);
  atomic.store<u32>(PARAMETERS + TRAMPOLINE_TAKEN_AT, 0);
  const apicId = atomic.load<u32>(block, WORKER_APIC_ID_AT);
  sendInit(apicId);
  spin(initMicroseconds());
  sendStartup(apicId, TRAMPOLINE_PAGE);
  if (!waitFor(PARAMETERS + TRAMPOLINE_TAKEN_AT, 0, STARTUP_MICROSECONDS)) sendStartup(apicId, TRAMPOLINE_PAGE);
  const taken = waitFor(PARAMETERS + TRAMPOLINE_TAKEN_AT, 0, PATIENCE_MICROSECONDS);
  if (taken && waitFor(block + WORKER_STATE_AT, WORKER_STARTING, PATIENCE_MICROSECONDS)) return true;
  sendInit(apicId);
  atomic.store<u32>(block + WORKER_STATE_AT, WORKER_STOPPED);
  const previous = logOpen(LOG_ERROR);
  print('worker ');
  printDecimal(worker);
  print(taken ? ' began but did not come as far as its loop' : ' did not answer to its start-up interrupt');
  logClose(previous);
  return false;
}

/** Starts a worker that does not run, in a new epoch. What its applications had must have been taken back. */
export function workerStart(worker: u32): bool {
  trampolineOpen();
  const started = startCore(worker);
  trampolineClose();
  return started;
}

/** Asks a worker to leave its loop. */
export function workerAskStop(worker: u32): void {
  atomic.store<u32>(workerBlock(worker) + WORKER_STOP_REQUESTED_AT, 1);
  workerRing(worker);
}

/** Stops a worker whatever it does: INIT. Its registers are lost. */
export function workerReset(worker: u32): void {
  sendInit(atomic.load<u32>(workerBlock(worker), WORKER_APIC_ID_AT));
  if (workerState(worker) <= 1) atomic.store<u32>(workerBlock(worker) + WORKER_STATE_AT, WORKER_STOPPED);
}
