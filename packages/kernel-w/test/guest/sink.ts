/** Serves "sink": reads one record each time it is called, and says nothing on the channel. */
import { Channel, line, log } from '@drift-os/kernel-w/sdk';

let expected: u32 = 0;

export function init(): void {
  Channel.serve('sink', 1);
}

export function message(number: u32): void {
  const channel = Channel.of(number);
  const at = channel.peek();
  if (at == 0) {
    if (!channel.isOpen) line().text('read ').number(expected).log();
    return;
  }
  if (load<u32>(at) != expected) log('out of order');
  expected++;
  channel.release();
  channel.peek();
}
