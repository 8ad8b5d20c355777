/** Lines for Thread/C's log, put together where they lie in the ring. One line at a time: begin, text and numbers, end. */
import { Log } from '@drift-os/abi/assembly/generated/control';
import { LOG_TEXT_LIMIT } from '@drift-os/abi/layout/messages';
import { reserve, send } from './control';

/** Record that is being written, 0: none; and the bytes of text in it. */
let line: usize = 0;
let length: u32 = 0;

/** `instance` 0: kernel-w itself. */
export function logBegin(level: u32, instance: u32): void {
  length = 0;
  line = reserve(Log.BYTES + LOG_TEXT_LIMIT);
  if (line == 0) return;
  const log = Log.at(line);
  log.level = level;
  log.instance = instance;
}

/** ASCII, and only literals: nothing here allocates. */
export function logText(text: string): void {
  const characters = changetype<usize>(text);
  for (let i = 0; i < text.length; i++) logByte(load<u8>(characters + ((<usize>i) << 1)));
}

export function logBytes(address: usize, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i++) logByte(load<u8>(address + i));
}

/** A string of the image directory: its length in front. */
export function logCounted(address: usize): void {
  logBytes(address + 4, load<u32>(address));
}

export function logNumber(value: u64): void {
  let divisor: u64 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor != 0; divisor /= 10) logByte(<u8>(48 + ((value / divisor) % 10)));
}

export function logEnd(): void {
  if (line == 0) return;
  send(Log.BYTES + length, Log.ID);
  line = 0;
}

/** What is too long is cut. */
function logByte(byte: u8): void {
  if (line == 0 || length == LOG_TEXT_LIMIT) return;
  store<u8>(Log.at(line).text + length, byte);
  length++;
}
