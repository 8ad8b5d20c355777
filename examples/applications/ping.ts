/** Plays ping-pong with whoever serves it, a ball at a time, and logs how long a ball takes there and back. Its argument says how many balls. */
import { argument, Channel, fail, line, now, quit, ticksPerSecond } from '@drift-os/kernel-w/sdk';
import { PINGPONG_HASH, Ping, Pong } from './generated/ping-pong';

let balls: u32 = 10000;
let channel!: Channel;
let played: u32 = 0;
let shortest: u64 = u64.MAX_VALUE;
let total: u64 = 0;

export function init(): void {
  if (argument().length > 0) balls = max<u32>(1, U32.parseInt(argument()));
  channel = Channel.connect('ping-pong', PINGPONG_HASH);
}

/** The channel was opened, or a ball came back, or pong is gone. */
export function message(number: u32): void {
  if (number != channel.number || !channel.isOpen) return quit(1);
  for (let at = channel.peek(); at != 0; at = channel.peek()) {
    if (Pong.at(at).count != played) fail('a ball came back that was not sent last');
    const took = now() - Pong.at(at).sent;
    channel.release();
    total += took;
    shortest = min(shortest, took);
    if (++played == balls) return report();
  }
  serve();
}

function serve(): void {
  const ball = Ping.at(channel.reserve(Ping.BYTES));
  ball.count = played;
  ball.sent = now();
  channel.send(Ping.BYTES, Ping.ID);
}

function report(): void {
  line()
    .number(balls)
    .text(' balls, there and back in ')
    .number(((total / balls) * 1_000_000_000) / ticksPerSecond())
    .text(' ns on average, ')
    .number((shortest * 1_000_000_000) / ticksPerSecond())
    .text(' ns at best')
    .log();
  quit();
}
