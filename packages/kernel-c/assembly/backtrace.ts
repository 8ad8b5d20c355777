/**
 * Who called whom, with the names and lines of the TypeScript sources. Compiled functions keep rsp constant in their bodies,
 * so the frame size that the image directory gives is all that unwinding needs.
 */
import { FRAME_UNKNOWN } from '@drift-os/abi/layout/image-directory';
import { functionAddress, functionAt, functionFrameBytes, functionName, lineAt, lineFile, lineNumber } from './image';
import { newline, print, printCounted, printDecimal, printHex, printLine } from './print';

/** Table index of a `(address: u64) => bool` that tells whether a stack can be read there; 0: all of it can. */
let reader: u32 = 0;

/** From here on, nothing is read that `check` does not allow. */
export function backtraceCheckWith(check: u32): void {
  reader = check;
}

function isReadable(address: u64): bool {
  return reader == 0 || call_indirect<bool>(reader, address);
}

/** Most lines of a backtrace. */
const DEPTH: i32 = 32;

/** `shell/parse (assembly/shell/parse.ts:41)`, or the bare address where nothing is known. */
export function printLocation(address: u64): void {
  const record = functionAt(address);
  if (record == 0) {
    printHex(address, 8);
    return;
  }
  printCounted(functionName(record));
  print('+');
  printHex(address - functionAddress(record));
  const line = lineAt(address);
  if (line == 0) return;
  print(' (');
  printCounted(lineFile(line));
  print(':');
  printDecimal(lineNumber(line));
  print(')');
}

/** The same call so many times in a row is shown as one line. */
function printRepeats(repeats: u32): void {
  if (repeats == 0) return;
  print('  ... the same ');
  printDecimal(repeats);
  printLine(repeats == 1 ? ' more time' : ' more times');
}

/**
 * Prints the calls that led to `instruction`, whose function has `stackPointer` as rsp in its body. Stops where a frame is
 * not known or the stack is not mapped.
 */
export function printBacktrace(instruction: u64, stackPointer: u64): void {
  let address = instruction;
  let stack = stackPointer;
  let shown: u64 = 0;
  let repeats: u32 = 0;
  for (let depth: i32 = 0; depth < DEPTH; ) {
    const record = functionAt(shown == 0 ? address : address - 1);
    if (address == shown) {
      repeats++;
    } else {
      printRepeats(repeats);
      repeats = 0;
      print('  ');
      printLocation(address);
      newline();
      depth++;
    }
    shown = address;
    const frame = record == 0 ? FRAME_UNKNOWN : functionFrameBytes(record);
    if (frame == FRAME_UNKNOWN) break;
    stack += frame;
    if (stack >= 0xffff_fff8 || !isReadable(stack)) {
      print('  (the stack cannot be read further)\n');
      break;
    }
    address = load<u64>(<usize>stack);
    stack += 8;
    if (address == 0) break;
  }
  printRepeats(repeats);
}
