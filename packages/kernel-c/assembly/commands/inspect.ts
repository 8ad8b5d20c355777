/** peek, poke, dump: memory by address. What is not mapped is refused, so a mistake costs a sentence and not the machine. */
import { load16, load32, load64, load8, store16, store32, store64, store8 } from '@drift-os/abi/assembly/generated/cpu';
import { PROTECTION_READ, PROTECTION_WRITE } from '../../layout/ledger';
import { isMapped } from '../mapping';
import { newline, print, printHex, printHexDigits } from '../print';
import { argumentCount, failArgument, integerArgument, numberArgument } from '../shell/arguments';
import { AGAIN, DONE, define, heading } from '../shell/command-table';
import { topFrame } from '../shell/frame';
import { columnTo, emit } from '../shell/output';
import { session } from '../shell/session';

const DEFAULT_BITS: i64 = 32;
const DEFAULT_DUMP: i64 = 128;
const LINE: u64 = 16;

/** Argument `index` as 8, 16, 32 or 64; fails where it is something else. */
function bitsArgument(index: u32): i64 {
  if (index > argumentCount()) return DEFAULT_BITS;
  const bits = integerArgument(index);
  if (bits != 8 && bits != 16 && bits != 32 && bits != 64) failArgument(index, 'is not 8, 16, 32 or 64 bits');
  return bits;
}

/** Whether `bytes` bytes at argument 1 may be accessed; fails with a sentence where not. */
function accessible(address: u64, bytes: u64, protection: u32): bool {
  if (session.failed) return false;
  if (address + bytes < address || address + bytes > (<u64>1) << 52 || !isMapped(address, bytes, PROTECTION_READ)) {
    failArgument(1, 'is not mapped, or the end of the range is not');
    return false;
  }
  if (isMapped(address, bytes, protection)) return true;
  failArgument(1, 'is mapped read-only');
  return false;
}

function read(address: u64, bits: i64): u64 {
  if (bits == 8) return load8(address);
  if (bits == 16) return load16(address);
  if (bits == 32) return load32(address);
  return load64(address);
}

/** peek ADDRESS [BITS] [COUNT] */
function peekCommand(): u32 {
  const address = <u64>integerArgument(1);
  const bits = bitsArgument(2);
  const count = argumentCount() == 3 ? numberArgument(3, 1, 256) : 1;
  const bytes = <u64>bits / 8;
  if (!accessible(address, bytes * count, PROTECTION_READ)) return DONE;
  for (let i: u64 = 0; i < <u64>count; i++) {
    if (i > 0) emit(0x20);
    printHex(read(address + i * bytes, bits), <i32>bytes * 2);
  }
  newline();
  return DONE;
}

/** poke ADDRESS VALUE [BITS] */
function pokeCommand(): u32 {
  const address = <u64>integerArgument(1);
  const value = integerArgument(2);
  const bits = bitsArgument(3);
  if (!accessible(address, <u64>bits / 8, PROTECTION_READ | PROTECTION_WRITE)) return DONE;
  if (bits < 64 && (value >= (<i64>1) << bits || value < -((<i64>1) << (bits - 1)))) {
    failArgument(2, 'does not fit in so many bits');
    return DONE;
  }
  if (bits == 8) store8(address, <u8>value);
  else if (bits == 16) store16(address, <u16>value);
  else if (bits == 32) store32(address, <u32>value);
  else store64(address, value);
  return DONE;
}

/** dump ADDRESS [BYTES]: a line in each step. `counter` is what has been shown. */
function dumpCommand(): u32 {
  const frame = topFrame();
  const start = <u64>integerArgument(1);
  const bytes = <u64>(argumentCount() == 2 ? numberArgument(2, 1, i64.MAX_VALUE) : DEFAULT_DUMP);
  if (session.failed || <u64>frame.counter >= bytes) return DONE;
  const address = start + <u64>frame.counter;
  const left = bytes - <u64>frame.counter;
  const shown = left < LINE ? left : LINE;
  if (!accessible(address, shown, PROTECTION_READ)) return DONE;
  printHexDigits(address, 12);
  print('  ');
  for (let i: u64 = 0; i < shown; i++) {
    printHexDigits(load8(address + i), 2);
    emit(0x20);
    if (i == 7) emit(0x20);
  }
  columnTo(64);
  for (let i: u64 = 0; i < shown; i++) {
    const byte = load8(address + i);
    emit(byte >= 0x20 && byte < 0x7f ? byte : 0x2e);
  }
  newline();
  frame.counter += <i64>shown;
  return AGAIN;
}

export function defineInspect(): void {
  heading('Looking into memory');
  define(
    'peek',
    'ADDRESS [8|16|32|64] [COUNT]',
    'Reads memory or device registers. 32 bits at a time where nothing else is said.',
    'peek 0xb8000 16 4',
    peekCommand,
  );
  define(
    'poke',
    'ADDRESS VALUE [8|16|32|64]',
    'Writes memory or device registers. Nothing checks whether that is a good idea.',
    'poke 0xb8000 0x4f21 16',
    pokeCommand,
  );
  define(
    'dump',
    'ADDRESS [BYTES]',
    'Shows memory in hexadecimal and as text. 128 bytes where nothing else is said.',
    'dump 0x7c00 64',
    dumpCommand,
  );
}
