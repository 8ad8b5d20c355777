/** The stream pair with Thread/C: this end of it, and the interrupt that wakes Thread/C when it sleeps. */
import {
  WORKER_CONTROL_APIC_ID_AT,
  WORKER_CONTROL_BELL_AT,
  WORKER_CONTROL_IN_AT,
  WORKER_CONTROL_OUT_AT,
  WORKER_LOCAL_APIC_AT,
  WORKER_WAKE_VECTOR_AT,
} from '@drift-os/abi/layout/worker-block';
import { load32, pause, store32, wrmsr } from '@drift-os/abi/assembly/generated/cpu';
import { RingReader, StreamPair } from '@drift-os/ring/assembly';
import { block, controlPairState, epoch, flush, flushIsDue } from './worker';

/** Registers of the local APIC (SDM 3A 11.6.1): interrupt command register, low and high half. */
const ICR_LOW: u64 = 0x300;
const ICR_HIGH: u64 = 0x310;
const ICR_PENDING: u32 = 1 << 12;
const ICR_ASSERT: u32 = 1 << 14;
/** The same register as an MSR (SDM 3A 11.12.9). */
const X2APIC_ICR: u32 = 0x830;

/** Something was written, or room given back, since Thread/C was last asked whether it sleeps. */
let unannounced: bool = false;
/** The bell of Thread/C, which applications count up, as it was when it was passed on last. */
let heard: u32 = 0;

function pair(): StreamPair {
  return changetype<StreamPair>(controlPairState());
}

/** Joins the rings that the block names. False: they are none, and there is nobody to tell. */
export function attachControl(): bool {
  const out: usize = atomic.load<u32>(block, WORKER_CONTROL_IN_AT);
  const into: usize = atomic.load<u32>(block, WORKER_CONTROL_OUT_AT);
  return pair().attach(out, into, epoch()) == 0;
}

export function controlReader(): RingReader {
  return pair().reader;
}

/** Thread/C has closed the pair or started it over without this worker. */
export function controlClosed(): bool {
  return pair().closed != 0;
}

/**
 * Room for a message; waits while Thread/C is behind, and keeps acknowledging page tables meanwhile, as Thread/C may be waiting for
 * that. 0: the pair is closed, and what was to be said is lost.
 */
export function reserve(bytes: u32): usize {
  const writer = pair().writer;
  let at = writer.reserve(bytes);
  while (at == 0) {
    if (writer.closed != 0) return 0;
    announce();
    if (flushIsDue()) flush();
    pause();
    at = writer.reserve(bytes);
  }
  return at;
}

/** Sends what was written to the room reserved last. Thread/C is woken by `announce`. */
export function send(bytes: u32, kind: u32): void {
  pair().writer.commit(bytes, kind);
  unannounced = true;
}

/** Done with the message that `controlReader` found. */
export function release(): void {
  pair().reader.release();
  unannounced = true;
}

/**
 * Wakes Thread/C if it sleeps and something was written or read since, or if an application has found it asleep on a channel of its own.
 * Once per batch: it costs a fence.
 */
export function announce(): void {
  const bell = atomic.load<u32>(block, WORKER_CONTROL_BELL_AT);
  const rung = bell != heard;
  heard = bell;
  if (!unannounced && !rung) return;
  unannounced = false;
  if (pair().shouldNotify() || rung) wakeControl();
}

/** Before sleeping: false when there is something to read. */
export function prepareControlSleep(): bool {
  return pair().prepareSleep();
}

export function wakeControlReader(): void {
  pair().wakeUp();
}

/** An interrupt to Thread/C's core. A local APIC in x2APIC mode has no address, and takes the whole command in one MSR. */
export function wakeControl(): void {
  const registers: u64 = atomic.load<u32>(block, WORKER_LOCAL_APIC_AT);
  const command = atomic.load<u32>(block, WORKER_WAKE_VECTOR_AT) | ICR_ASSERT;
  const destination = atomic.load<u32>(block, WORKER_CONTROL_APIC_ID_AT);
  if (registers == 0) return wrmsr(X2APIC_ICR, ((<u64>destination) << 32) | command);
  while ((load32(registers + ICR_LOW) & ICR_PENDING) != 0) pause();
  store32(registers + ICR_HIGH, destination << 24);
  store32(registers + ICR_LOW, command);
}
