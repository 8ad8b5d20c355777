/** Serves "ping-pong": sends every ball back. Start it on one worker, and ping on another. */
import { Channel, log } from '@drift-os/kernel-w/sdk';
import { PINGPONG_HASH, Ping, Pong } from './generated/ping-pong';

export function init(): void {
  Channel.serve('ping-pong', PINGPONG_HASH);
  log('pong serves ping-pong');
}

/** Something happened on this channel: it was opened, there is a message, or it was closed. */
export function message(number: u32): void {
  const channel = Channel.of(number);
  for (let at = channel.peek(); at != 0; at = channel.peek()) {
    const answer = channel.reserve(Pong.BYTES);
    if (answer == 0) return; // No room: `message` is called again when there is some.
    Pong.at(answer).count = Ping.at(at).count;
    Pong.at(answer).sent = Ping.at(at).sent;
    channel.send(Pong.BYTES, Pong.ID);
    channel.release();
  }
  if (!channel.isOpen) channel.close();
}
