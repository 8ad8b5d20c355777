/**
 * One per worker, page-aligned: all that Thread/C and Thread/W share besides their rings. Each line has one writer, and lines of
 * different writers are 128 bytes apart. `kmain` of kernel-w gets its address; GS base is WORKER_GLOBALS of it.
 *
 * ```
 * 0x000  written by Thread/C before the start, then constant
 *   0   u32 magic          "DWRK" 0x4b525744
 *   4   u32 worker         1, 2, ... (0 is Thread/C)
 *   8   u32 apicId
 *   12  u32 epoch          counts the starts of this worker
 *   16  u32 imageDirectory
 *   20  u32 stackBottom    24 u32 stackTop
 *   28  u32 controlOut     stream pair with Thread/C: ring that Thread/C writes and this worker reads
 *   32  u32 controlIn      the other direction
 *   36  u32 globalsBytes   of kernel-w, at WORKER_GLOBALS
 *   40  u64 tscHz          time-stamp counter's frequency
 *   48  u32 localApic      address of the local APIC's registers, 0 in x2APIC mode
 *   52  u32 wakeVector     vector that wakes Thread/C
 *   56  u32 controlApicId  APIC id of Thread/C's core
 *   60  u32 memory         pages that are this worker's own from the start, at least WORKER_MEMORY_BYTES, zeroed
 *   64  u32 memoryBytes
 * 0x080  written by Thread/C, read by the worker at the head of its loop
 *   0   u32 flushRequested generation of the page tables to be flushed to
 *   4   u32 stopRequested  1: leave the loop and halt
 *   8   u32 evict          marker of an eviction, outside the rings
 *   16  standOff           configuration: STAND_OFF_* below, u32 each
 * 0x100  written by the worker
 *   0   u32 state          WORKER_STARTING, RUNNING, STOPPED, FAULTED
 *   4   u32 flushDone      generation acknowledged
 *   8   u64 loops          turns of the loop
 *   16  u64 busyTsc        time spent in stages, in TSC ticks: working,
 *   24  u64 spinTsc        32 u64 pauseTsc   40 u64 mwaitTsc   48 u64 timedTsc
 *   56  u32 stage          stage it is in now
 *   60  u32 features       WORKER_FEATURE_* it has enabled
 *   64  u32 currentModule  application whose code it runs, index in the image directory + 1; 0: its own
 *   68  u32 controlBell    a counter: doorbell of Thread/C for this worker's applications, which kernel-w passes on as an interrupt
 * 0x180  doorbell line: written by whoever wants to wake the worker; the worker MONITORs it
 *   0   u32 doorbell       a counter
 * 0x200  crash record: FRAME_BYTES of interrupt-frame.ts, then
 *   176 u64 cr2            184 u64 cr3
 * 0x400  globals of kernel-w (GS base points here), up to the end of the page
 * ```
 */
export const WORKER_MAGIC = 0x4b525744;
export const WORKER_MAGIC_AT = 0x00;
export const WORKER_NUMBER_AT = 0x04;
export const WORKER_APIC_ID_AT = 0x08;
export const WORKER_EPOCH_AT = 0x0c;
export const WORKER_IMAGE_DIRECTORY_AT = 0x10;
export const WORKER_STACK_BOTTOM_AT = 0x14;
export const WORKER_STACK_TOP_AT = 0x18;
export const WORKER_CONTROL_OUT_AT = 0x1c;
export const WORKER_CONTROL_IN_AT = 0x20;
export const WORKER_GLOBALS_BYTES_AT = 0x24;
export const WORKER_TSC_HZ_AT = 0x28;
export const WORKER_LOCAL_APIC_AT = 0x30;
export const WORKER_WAKE_VECTOR_AT = 0x34;
export const WORKER_CONTROL_APIC_ID_AT = 0x38;
export const WORKER_MEMORY_AT = 0x3c;
export const WORKER_MEMORY_BYTES_AT = 0x40;
/** Least that Thread/C gives at WORKER_MEMORY_AT. */
export const WORKER_MEMORY_BYTES = 0x4000;

export const WORKER_FLUSH_REQUESTED_AT = 0x80;
export const WORKER_STOP_REQUESTED_AT = 0x84;
export const WORKER_EVICT_AT = 0x88;
export const WORKER_STAND_OFF_AT = 0x90;
/** Turns of the loop that found nothing before the next stage begins; 0 skips the stage, -1 never leaves it. */
export const STAND_OFF_SPIN_TURNS_AT = 0x00;
export const STAND_OFF_PAUSE_TURNS_AT = 0x04;
/** Greatest number of PAUSEs in one turn; it doubles from 1. */
export const STAND_OFF_PAUSE_LIMIT_AT = 0x08;
/** 1: wait on the doorbell by MONITOR/MWAIT or UMWAIT where the CPU has it. */
export const STAND_OFF_MWAIT_AT = 0x0c;
/** Longest timed sleep, in microseconds; 0: none. */
export const STAND_OFF_TIMED_MICROSECONDS_AT = 0x10;
export const STAND_OFF_BYTES = 0x14;

export const WORKER_STATE_AT = 0x100;
export const WORKER_FLUSH_DONE_AT = 0x104;
export const WORKER_LOOPS_AT = 0x108;
export const WORKER_BUSY_TSC_AT = 0x110;
export const WORKER_SPIN_TSC_AT = 0x118;
export const WORKER_PAUSE_TSC_AT = 0x120;
export const WORKER_MWAIT_TSC_AT = 0x128;
export const WORKER_TIMED_TSC_AT = 0x130;
export const WORKER_STAGE_AT = 0x138;
export const WORKER_FEATURES_AT = 0x13c;
export const WORKER_CURRENT_MODULE_AT = 0x140;
export const WORKER_CONTROL_BELL_AT = 0x144;
export const WORKER_DOORBELL_AT = 0x180;
export const WORKER_CRASH_FRAME_AT = 0x200;
export const WORKER_CRASH_CR2_AT = 0x2b0;
export const WORKER_CRASH_CR3_AT = 0x2b8;
export const WORKER_GLOBALS = 0x400;
export const WORKER_BLOCK_BYTES = 0x1000;

export const WORKER_STARTING = 0;
export const WORKER_RUNNING = 1;
export const WORKER_STOPPED = 2;
export const WORKER_FAULTED = 3;

export const STAGE_BUSY = 0;
export const STAGE_SPIN = 1;
export const STAGE_PAUSE = 2;
export const STAGE_MWAIT = 3;
export const STAGE_TIMED = 4;

export const WORKER_FEATURE_SSE = 1;
export const WORKER_FEATURE_AVX = 2;
export const WORKER_FEATURE_AVX512 = 4;
export const WORKER_FEATURE_MWAIT = 8;
export const WORKER_FEATURE_UMWAIT = 16;
