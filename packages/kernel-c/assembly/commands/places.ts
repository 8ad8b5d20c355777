/** What of the image is at an address: segment, function, line of TypeScript. */
import { SEGMENT_EXECUTABLE, SEGMENT_WRITABLE } from '@drift-os/abi/layout/image-directory';
import {
  functionAddress,
  functionAt,
  functionName,
  lineAt,
  lineFile,
  lineNumber,
  segmentAddress,
  segmentBytes,
  segmentCount,
  segmentFlags,
} from '../image';
import { newline, print, printCounted, printDecimal, printHex } from '../print';

/** Lines about segment, function and source line, as far as there are any. */
export function printPlace(address: u64): void {
  for (let i: u32 = 0; i < segmentCount(); i++) {
    if (address < segmentAddress(i) || address - segmentAddress(i) >= segmentBytes(i)) continue;
    print('image    segment of ');
    printDecimal(segmentBytes(i));
    print(' bytes at ');
    printHex(segmentAddress(i), 8);
    const flags = segmentFlags(i);
    print(flags & SEGMENT_EXECUTABLE ? ', code' : flags & SEGMENT_WRITABLE ? ', data' : ', read-only data');
    newline();
  }
  const record = functionAt(address);
  if (record == 0) return;
  print('function ');
  printCounted(functionName(record));
  print(' + ');
  printDecimal(address - functionAddress(record));
  const line = lineAt(address);
  if (line != 0) {
    print(', ');
    printCounted(lineFile(line));
    print(':');
    printDecimal(lineNumber(line));
  }
  newline();
}
