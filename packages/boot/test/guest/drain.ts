/** Serves the sources: looks at every word of every record, and ends with a sentence in the log where one is not what is due. */
import { Channel, line, quit } from '@drift-os/kernel-w/sdk';
import { LOG_ERROR } from '@drift-os/abi/layout/messages';
import { ARRIVED, PERIOD, STREAM_HASH, STREAM_SERVICE, wordOf, wordsOf } from './stream';

/** By client: u32 number of its channel, u32 records that have come. */
const CLIENTS: u32 = 8;
const clients: usize = memory.data(8 * 8, 4);

export function init(): void {
  Channel.serve(STREAM_SERVICE, STREAM_HASH);
}

export function message(number: u32): void {
  const channel = Channel.of(number);
  const client = clientOf(number);
  for (let at = channel.peek(); at != 0; at = channel.peek()) {
    const count = load<u32>(client, 4);
    if (!check(at, channel.length, count)) return quit(1);
    if ((count + 1) % PERIOD == 0) {
      const answer = channel.reserve(4);
      if (answer == 0) return; // No room: `message` is called again when there is some.
      store<u32>(answer, count + 1);
      channel.send(4, ARRIVED);
    }
    store<u32>(client, count + 1, 4);
    channel.release();
  }
  if (channel.isOpen) return;
  store<u32>(client, 0);
  channel.close();
}

function clientOf(number: u32): usize {
  let free: usize = 0;
  for (let i: u32 = 0; i < CLIENTS; i++) {
    const client = clients + 8 * i;
    if (load<u32>(client) == number) return client;
    if (load<u32>(client) == 0) free = client;
  }
  store<u32>(free, number);
  store<u32>(free, 0, 4);
  return free;
}

function check(at: usize, bytes: u32, record: u32): bool {
  const words = wordsOf(record);
  let is = bytes == 4 * words;
  for (let i: u32 = 0; is && i < words; i++) is = load<u32>(at + 4 * i) == wordOf(record, i);
  if (!is) {
    line()
      .text('lost: where record ')
      .number(record)
      .text(' is due, ')
      .number(load<u32>(at))
      .text(' is')
      .log(LOG_ERROR);
  }
  return is;
}
