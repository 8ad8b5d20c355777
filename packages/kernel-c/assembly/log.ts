/**
 * The log: the last 255 or so lines with time, source and level, in a ring of fixed records; and their way to the console.
 *
 * ```
 * record (256 bytes)
 * 0  u64 time     microseconds since boot
 * 8  u16 worker   0: Thread/C
 * 10 u8  level    LOG_ERROR .. LOG_DEBUG
 * 11 u8  bytes
 * 12 u32 instance 0: the kernel of that thread
 * 16 text
 * ```
 */
import { LOG_DEBUG, LOG_ERROR, LOG_INFORMATION, LOG_TEXT_LIMIT, LOG_WARNING } from '@drift-os/abi/layout/messages';
import { OWNER_CONTROL, PROTECTION_READ, PROTECTION_WRITE, PURPOSE_BUFFER } from '../layout/ledger';
import { uptime } from './clock';
import { allocatePages } from './pages';
import { newline, print, printBytes, printDecimal } from './print';
import { redirect } from './sink';

const RECORD_BYTES: u32 = 256;
const RECORDS: u32 = 256;
const PAGES: u32 = (RECORD_BYTES * RECORDS) / 4096;
const TEXT_AT: usize = 16;

let records: usize = 0;
/** Lines ever written; the last RECORDS of them are there. */
let written: u32 = 0;
/** Lines that the console has not shown yet begin here. */
let shown: u32 = 0;
let consoleLevel: u32 = LOG_INFORMATION;
let fill: u32 = 0;

export function logInitialize(): void {
  records = allocatePages(PAGES, OWNER_CONTROL, PURPOSE_BUFFER, PROTECTION_READ | PROTECTION_WRITE);
}

function recordAt(line: u32): usize {
  return records + (line & (RECORDS - 1)) * RECORD_BYTES;
}

/** Adds a line of somebody's; text beyond LOG_TEXT_LIMIT is cut off. */
export function logText(worker: u32, instance: u32, level: u32, text: usize, bytes: u32): void {
  logBegin(worker, instance, level);
  const record = recordAt(written);
  const kept = min<u32>(bytes, LOG_TEXT_LIMIT);
  memory.copy(record + TEXT_AT, text, kept);
  store<u8>(record, <u8>kept, 11);
  written++;
}

function logBegin(worker: u32, instance: u32, level: u32): void {
  const record = recordAt(written);
  store<u64>(record, uptime());
  store<u16>(record, <u16>worker, 8);
  store<u8>(record, <u8>level, 10);
  store<u8>(record, 0, 11);
  store<u32>(record, instance, 12);
}

/** Receives what is printed between `logOpen` and `logClose`. */
function logByte(byte: u8): void {
  if (fill < <u32>LOG_TEXT_LIMIT) store<u8>(recordAt(written) + TEXT_AT + fill++, byte);
}

/** Begins a line of Thread/C's own whose text is printed. @returns what `logClose` needs. */
export function logOpen(level: u32): u32 {
  logBegin(0, 0, level);
  fill = 0;
  return redirect(logByte.index);
}

export function logClose(previous: u32): void {
  redirect(previous);
  store<u8>(recordAt(written), <u8>fill, 11);
  written++;
}

/** A line of Thread/C's own that is one literal. */
export function log(level: u32, text: string): void {
  const previous = logOpen(level);
  print(text);
  logClose(previous);
}

/** First line that is still there, and one past the last. */
export function logFirst(): u32 {
  return written > RECORDS ? written - RECORDS : 0;
}

export function logEnd(): u32 {
  return written;
}

export function logLevelOf(line: u32): u32 {
  return load<u8>(recordAt(line), 10);
}

/** Lines above this level stay off the console; LOG_ERROR shows least, 0 nothing. */
export function logSetConsoleLevel(level: u32): void {
  consoleLevel = level;
}

/** `[   1.234567] worker 2, instance 7: warning: text` */
export function logPrint(line: u32): void {
  const record = recordAt(line);
  const time = load<u64>(record);
  print('[');
  printDecimal(time / 1_000_000, 5);
  print('.');
  const rest = time % 1_000_000;
  for (let digit: u64 = 100_000; digit > 0; digit /= 10) printDecimal((rest / digit) % 10);
  print('] ');
  const worker = load<u16>(record, 8);
  const instance = load<u32>(record, 12);
  if (worker == 0) {
    print('Thread/C');
  } else {
    print('worker ');
    printDecimal(worker);
  }
  if (instance != 0) {
    print(', instance ');
    printDecimal(instance);
  }
  print(': ');
  const level = load<u8>(record, 10);
  if (level == LOG_ERROR) print('error: ');
  else if (level == LOG_WARNING) print('warning: ');
  else if (level >= <u8>LOG_DEBUG) print('debug: ');
  printBytes(record + TEXT_AT, load<u8>(record, 11));
  newline();
}

/** True if there are lines that the console has yet to show. */
export function logPending(): bool {
  shown = max(shown, logFirst());
  while (shown < written && logLevelOf(shown) > consoleLevel) shown++;
  return shown < written;
}

/** Shows them. */
export function logShow(): void {
  while (logPending()) logPrint(shown++);
}
