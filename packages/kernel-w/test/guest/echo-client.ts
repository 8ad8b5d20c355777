/** Sends records of growing length to "echo", more than fit at once, and compares what comes back. Its argument is the hash it asks with. */
import { argument, Channel, line, log, quit } from '@drift-os/kernel-w/sdk';

const RECORDS: u32 = 200;

let channel!: Channel;
let sent: u32 = 0;
let received: u32 = 0;

export function init(): void {
  channel = Channel.connect('echo', argument() == 'wrong' ? 1 : 0x1234);
}

export function message(number: u32): void {
  if (!channel.isOpen) {
    line().text('closed, status ').number(channel.status).log();
    return quit(1);
  }
  if (number != channel.number) return log('not mine');
  for (let at = channel.peek(); at != 0; at = channel.peek()) {
    if (channel.kind != received || channel.length != lengthOf(received)) return fail();
    for (let i: u32 = 0; i < channel.length; i++) if (load<u8>(at + i) != <u8>received) return fail();
    channel.release();
    received++;
  }
  while (sent < RECORDS) {
    const at = channel.reserve(lengthOf(sent));
    if (at == 0) return;
    memory.fill(at, <u8>sent, lengthOf(sent));
    channel.send(lengthOf(sent), sent);
    sent++;
  }
  if (received == RECORDS) {
    log('all came back');
    channel.close();
    quit();
  }
}

function lengthOf(record: u32): u32 {
  return (record * 7) % 300;
}

function fail(): void {
  line().text('record ').number(received).text(' came back wrong').log();
  quit(2);
}
