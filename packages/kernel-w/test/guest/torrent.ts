/** Sends numbered records to "sink", as many as fit, and again whenever there is room. */
import { Channel, line, quit } from '@drift-os/kernel-w/sdk';

const RECORDS: u32 = 500;

let channel!: Channel;
let sent: u32 = 0;
let calls: u32 = 0;

export function init(): void {
  channel = Channel.connect('sink', 1);
}

/** The sink says nothing: only the room that it makes leads here. */
export function message(number: u32): void {
  calls++;
  for (; sent < RECORDS; sent++) {
    const at = channel.reserve(100);
    if (at == 0) return;
    store<u32>(at, sent);
    channel.send(100, number);
  }
  line()
    .text('all sent, ')
    .text(calls > 50 ? 'bit by bit' : 'at once')
    .log();
  quit();
}
