/**
 * Interrupts of core 0. Handlers run with interrupts off, on whatever stack the loop has; they take bytes out of devices and
 * set flags, nothing more. The loop does the work. An exception is the end of Thread/C.
 */
import { readCr2, readCr3 } from '@drift-os/abi/assembly/generated/cpu';
import { FRAME_VECTOR_AT } from '@drift-os/abi/layout/interrupt-frame';
import { printException } from './exceptions';
import { ioApicRoute } from './io-apic';
import { keyboardReceive } from './keyboard';
import { VECTOR_SPURIOUS, endOfInterrupt, localApicId } from './local-apic';
import { panicAdvice, panicBegin, panicHalt } from './panic';
import { VECTOR_PIC } from './pic';
import { serialReceive } from './serial';

const EXCEPTIONS: u64 = 32;
const PIC_LINES: u64 = 16;
export const VECTOR_KEYBOARD: u32 = 0x31;
export const VECTOR_SERIAL: u32 = 0x34;
export const VECTOR_TIMER: u32 = 0x40;
/** A worker, or another core, wants Thread/C's attention. */
export const VECTOR_WAKE: u32 = 0x41;
const IRQ_KEYBOARD: u32 = 1;
const IRQ_SERIAL: u32 = 4;

/** Interrupts taken, by vector. */
const counts: usize = memory.data(256 * 4, 4);

/** Routes the devices that Thread/C serves. @returns false if one of them has no line: the loop polls then. */
export function interruptsRoute(): bool {
  const keyboard = ioApicRoute(IRQ_KEYBOARD, VECTOR_KEYBOARD, localApicId());
  const serial = ioApicRoute(IRQ_SERIAL, VECTOR_SERIAL, localApicId());
  return keyboard && serial;
}

/** How often a vector's interrupt was taken. */
export function interruptCount(vector: u32): u32 {
  return atomic.load<u32>(counts + vector * 4);
}

/** Entry from the stubs: `frame` as in abi/layout/interrupt-frame.ts. */
export function interrupt(frame: usize): void {
  const vector = load<u64>(frame, FRAME_VECTOR_AT);
  if (vector < EXCEPTIONS) exception(frame);
  atomic.add<u32>(counts + <u32>vector * 4, 1);
  if (vector == VECTOR_SERIAL) serialReceive();
  else if (vector == VECTOR_KEYBOARD) keyboardReceive();
  else if (vector == VECTOR_SPURIOUS || vector - VECTOR_PIC < PIC_LINES) return;
  endOfInterrupt();
}

function exception(frame: usize): void {
  const cr2 = readCr2();
  panicBegin();
  printException(frame, cr2, readCr3());
  panicAdvice();
  panicHalt();
}
