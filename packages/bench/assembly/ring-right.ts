/** The right side of `drift bench rings` in the guest: does the right half of whatever the left side asks for. */
import { Channel, log } from '@drift-os/kernel-w/sdk';
import { RINGS_HASH, Share } from './generated/ring-bench';
import { Control, right } from './schedule';

let area: usize = 0;
let control: usize = 0;
let turn: u32 = 0;

export function init(): void {
  Channel.serve('ring-bench', RINGS_HASH);
  log('ring-bench: the right side is there');
}

export function message(number: u32): void {
  const channel = Channel.of(number);
  const at = channel.peek();
  if (at != 0) {
    area = Share.at(at).area;
    control = Share.at(at).control;
    channel.release();
  }
  if (!channel.isOpen) {
    area = 0;
    turn = 0;
    channel.close();
  }
}

export function poll(): u32 {
  if (area == 0) return 0;
  const page = Control.at(control);
  const asked = page.turn;
  if (asked != turn) {
    turn = asked;
    page.begin(asked);
    page.end(asked, right(page.implementation, page.workload, area, page.count));
  }
  return 1;
}
