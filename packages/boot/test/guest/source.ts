/** Sends numbered records to the drain as fast as the ring takes them, and logs when all have come. Its argument says how many: a multiple of PERIOD. */
import { argument, Channel, fail, line, quit } from '@drift-os/kernel-w/sdk';
import { RECORD, STREAM_HASH, STREAM_SERVICE, wordOf, wordsOf } from './stream';

let channel!: Channel;
let total: u32 = 0;
let sent: u32 = 0;
let arrived: u32 = 0;

export function init(): void {
  total = U32.parseInt(argument());
  channel = Channel.connect(STREAM_SERVICE, STREAM_HASH);
}

/** The channel was opened, or has room again, or the drain says how many records have come, or is gone. */
export function message(number: u32): void {
  if (number != channel.number || !channel.isOpen) fail('the drain is gone');
  for (let at = channel.peek(); at != 0; at = channel.peek()) {
    const count = load<u32>(at);
    channel.release();
    if (count <= arrived || count > sent) fail('the drain tells of records that were not sent, or again');
    arrived = count;
  }
  if (arrived == total) {
    line().number(total).text(' records arrived').log();
    return quit();
  }
  while (sent < total && send(sent)) sent++;
}

function send(record: u32): bool {
  const words = wordsOf(record);
  const at = channel.reserve(4 * words);
  if (at == 0) return false;
  for (let i: u32 = 0; i < words; i++) store<u32>(at + 4 * i, wordOf(record, i));
  channel.send(4 * words, RECORD);
  return true;
}
