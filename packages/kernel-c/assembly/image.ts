/** Reads the image directory: modules, segments, and which function and line an address belongs to. */
import {
  DIRECTORY_BUILD_NAME_AT,
  DIRECTORY_CONFIGURATION_AT,
  DIRECTORY_CONTROL_STACK_AT,
  DIRECTORY_CONTROL_STACK_BYTES_AT,
  DIRECTORY_FILES_AT,
  DIRECTORY_FUNCTIONS_AT,
  DIRECTORY_FUNCTION_COUNT_AT,
  DIRECTORY_INTERRUPT_STUBS_AT,
  DIRECTORY_LINES_AT,
  DIRECTORY_LINE_COUNT_AT,
  DIRECTORY_MAGIC_AT,
  DIRECTORY_MODULES_AT,
  DIRECTORY_MODULE_COUNT_AT,
  DIRECTORY_SEGMENTS_AT,
  DIRECTORY_SEGMENT_COUNT_AT,
  DIRECTORY_TRAMPOLINE_AT,
  DIRECTORY_TRAMPOLINE_BYTES_AT,
  DIRECTORY_TRAPS_AT,
  DIRECTORY_TRAP_COUNT_AT,
  DIRECTORY_VERSION_AT,
  DIRECTORY_WORKER_ENTRY_AT,
  DIRECTORY_WORKER_STUBS_AT,
  FUNCTION_ADDRESS_AT,
  FUNCTION_BYTES,
  FUNCTION_BYTES_AT,
  FUNCTION_FRAME_BYTES_AT,
  FUNCTION_NAME_AT,
  IMAGE_DIRECTORY_MAGIC,
  IMAGE_DIRECTORY_VERSION,
  LINE_ADDRESS_AT,
  LINE_BYTES,
  LINE_FILE_AND_LINE_AT,
  LINE_FILE_SHIFT,
  LINE_MASK,
  MODULE_BYTES,
  SEGMENT_ADDRESS_AT,
  SEGMENT_BYTES,
  SEGMENT_BYTES_AT,
  SEGMENT_FLAGS_AT,
  TRAP_ADDRESS_AT,
  TRAP_BYTES,
  TRAP_REASON_AT,
} from '@drift-os/abi/layout/image-directory';

let directory: usize = 0;

/** @returns false if there is no directory of this version at the address. */
export function imageInitialize(address: usize): bool {
  directory = address;
  if (load<u32>(address, DIRECTORY_MAGIC_AT) != IMAGE_DIRECTORY_MAGIC) return false;
  return load<u32>(address, DIRECTORY_VERSION_AT) == IMAGE_DIRECTORY_VERSION;
}

export function imageDirectory(): usize {
  return directory;
}

/** Counted strings (print.ts, printCounted): the build's name, and its configuration. */
export function buildName(): usize {
  return load<u32>(directory, DIRECTORY_BUILD_NAME_AT);
}

export function configuration(): usize {
  return load<u32>(directory, DIRECTORY_CONFIGURATION_AT);
}

export function interruptStubs(): u32 {
  return load<u32>(directory, DIRECTORY_INTERRUPT_STUBS_AT);
}

export function workerStubs(): u32 {
  return load<u32>(directory, DIRECTORY_WORKER_STUBS_AT);
}

export function workerEntry(): u32 {
  return load<u32>(directory, DIRECTORY_WORKER_ENTRY_AT);
}

export function trampolineCode(): u32 {
  return load<u32>(directory, DIRECTORY_TRAMPOLINE_AT);
}

export function trampolineBytes(): u32 {
  return load<u32>(directory, DIRECTORY_TRAMPOLINE_BYTES_AT);
}

/** Lowest byte of Thread/C's stack; the page below is its guard. */
export function controlStack(): u32 {
  return load<u32>(directory, DIRECTORY_CONTROL_STACK_AT);
}

export function controlStackBytes(): u32 {
  return load<u32>(directory, DIRECTORY_CONTROL_STACK_BYTES_AT);
}

export function moduleCount(): u32 {
  return load<u32>(directory, DIRECTORY_MODULE_COUNT_AT);
}

/** Address of a module record (MODULE_* offsets). */
export function moduleAt(index: u32): usize {
  return load<u32>(directory, DIRECTORY_MODULES_AT) + index * MODULE_BYTES;
}

export function segmentCount(): u32 {
  return load<u32>(directory, DIRECTORY_SEGMENT_COUNT_AT);
}

function segment(index: u32): usize {
  return load<u32>(directory, DIRECTORY_SEGMENTS_AT) + index * SEGMENT_BYTES;
}

export function segmentAddress(index: u32): u32 {
  return load<u32>(segment(index), SEGMENT_ADDRESS_AT);
}

export function segmentBytes(index: u32): u32 {
  return load<u32>(segment(index), SEGMENT_BYTES_AT);
}

/** SEGMENT_EXECUTABLE | SEGMENT_WRITABLE */
export function segmentFlags(index: u32): u32 {
  return load<u32>(segment(index), SEGMENT_FLAGS_AT);
}

/** Last of `count` records, ascending by the u32 at `keyAt`, whose key is not above `address`; 0 if there is none. */
function lastNotAbove(records: usize, count: u32, bytes: u32, keyAt: u32, address: u64): usize {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(records + middle * bytes + keyAt) <= address) low = middle + 1;
    else high = middle;
  }
  return low == 0 ? 0 : records + (low - 1) * bytes;
}

/** The function record (FUNCTION_* offsets) that holds an address, or 0. */
export function functionAt(address: u64): usize {
  const records = load<u32>(directory, DIRECTORY_FUNCTIONS_AT);
  const count = load<u32>(directory, DIRECTORY_FUNCTION_COUNT_AT);
  const found = lastNotAbove(records, count, FUNCTION_BYTES, FUNCTION_ADDRESS_AT, address);
  if (found == 0 || address - load<u32>(found, FUNCTION_ADDRESS_AT) >= load<u32>(found, FUNCTION_BYTES_AT)) return 0;
  return found;
}

/** Counted string: the function's name. */
export function functionName(record: usize): usize {
  return load<u32>(record, FUNCTION_NAME_AT);
}

export function functionAddress(record: usize): u32 {
  return load<u32>(record, FUNCTION_ADDRESS_AT);
}

/** From rsp in the body to the return address; FRAME_UNKNOWN for assembly. */
export function functionFrameBytes(record: usize): i32 {
  return load<i32>(record, FUNCTION_FRAME_BYTES_AT);
}

/** The line record that covers an address, or 0. */
export function lineAt(address: u64): usize {
  const records = load<u32>(directory, DIRECTORY_LINES_AT);
  const found = lastNotAbove(
    records,
    load<u32>(directory, DIRECTORY_LINE_COUNT_AT),
    LINE_BYTES,
    LINE_ADDRESS_AT,
    address,
  );
  return found != 0 && lineNumber(found) != 0 ? found : 0;
}

export function lineNumber(record: usize): u32 {
  return load<u32>(record, LINE_FILE_AND_LINE_AT) & LINE_MASK;
}

/** Counted string: the path of the line's file. */
export function lineFile(record: usize): usize {
  const file = load<u32>(record, LINE_FILE_AND_LINE_AT) >> LINE_FILE_SHIFT;
  return load<u32>(load<u32>(directory, DIRECTORY_FILES_AT) + file * 4);
}

/** Counted string: why the instruction at an address traps on purpose; 0 if it does not. */
export function trapReason(address: u64): usize {
  const records = load<u32>(directory, DIRECTORY_TRAPS_AT);
  const found = lastNotAbove(
    records,
    load<u32>(directory, DIRECTORY_TRAP_COUNT_AT),
    TRAP_BYTES,
    TRAP_ADDRESS_AT,
    address,
  );
  if (found == 0 || load<u32>(found, TRAP_ADDRESS_AT) != address) return 0;
  return load<u32>(found, TRAP_REASON_AT);
}
