/** The exception that a fault reports: fields of the state. */
import {
  EXCEPTION_ACCESS,
  EXCEPTION_ADDRESS,
  EXCEPTION_CODE,
  EXCEPTION_HAS_CODE,
  EXCEPTION_VECTOR,
  SEGMENT_BYTES,
  SEGMENTS,
} from '../src/semantics/state';

const STACK_FAULT: i32 = 12;
const GENERAL_PROTECTION: i32 = 13;
const PAGE_FAULT: i32 = 14;
const SS: i32 = 2;

export function raise(core: usize, vector: i32, errorCode: i32, hasCode: i32): void {
  store<i32>(core + EXCEPTION_VECTOR, vector);
  store<i32>(core + EXCEPTION_CODE, errorCode);
  store<i32>(core + EXCEPTION_HAS_CODE, hasCode);
  store<i32>(core + EXCEPTION_ACCESS, 0);
}

/** An access outside of a segment's limits or against its type: `segment` is the address of its state (SDM 3A 5.3, 6.15). */
export function segmentFault(core: usize, segment: usize): void {
  const isStack = segment == core + SEGMENTS + SS * SEGMENT_BYTES;
  raise(core, isStack ? STACK_FAULT : GENERAL_PROTECTION, 0, 1);
}

export function pageFault(core: usize, address: u64, errorCode: i32): void {
  raise(core, PAGE_FAULT, errorCode, 1);
  store<u64>(core + EXCEPTION_ADDRESS, address);
}

/** A linear address that is not canonical. TypeScript makes it #SS where the operand's segment turns out to be SS. */
export function notCanonical(core: usize, stack: bool): void {
  raise(core, stack ? STACK_FAULT : GENERAL_PROTECTION, 0, 1);
  store<i32>(core + EXCEPTION_ACCESS, 1);
}
