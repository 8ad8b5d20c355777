/** Serves "echo": sends every record back as it came. */
import { Channel, log } from '@drift-os/kernel-w/sdk';

export function init(): void {
  Channel.serve('echo', 0x1234);
}

export function message(number: u32): void {
  if (number == 0) return log('refused');
  const channel = Channel.of(number);
  for (let at = channel.peek(); at != 0; at = channel.peek()) {
    const answer = channel.reserve(channel.length);
    if (answer == 0) return;
    memory.copy(answer, at, channel.length);
    channel.send(channel.length, channel.kind);
    channel.release();
  }
  if (!channel.isOpen) {
    log('a client is gone');
    channel.close();
  }
}

export function stop(): void {
  log('echo ends');
}
