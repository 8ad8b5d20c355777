/** The left side of `drift bench rings` in the guest: leads through the measurements and logs a line for each. */
import { pause } from '@drift-os/abi/assembly/generated/cpu';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { Channel, line, log, now, quit, requestPages, ticksPerSecond } from '@drift-os/kernel-w/sdk';
import { RINGS_HASH, Share } from './generated/ring-bench';
import {
  AREA_PAGES,
  BATCHES,
  C,
  Control,
  countOf,
  DRIFT,
  left,
  prepare,
  ROUND_TRIP,
  WORDS,
  WORKLOADS,
} from './schedule';

const ROUNDS: u32 = 7;

let channel!: Channel;
let area: usize = 0;
let control: usize = 0;
let turn: u32 = 0;

export function init(): void {
  area = requestPages(AREA_PAGES + 1);
  if (area == 0) {
    log('ring-bench: no memory');
    return quit(1);
  }
  control = area + AREA_PAGES * PAGE_BYTES;
  channel = Channel.connect('ring-bench', RINGS_HASH);
}

/** The channel is open: the right side gets to know the memory. */
export function message(_number: u32): void {
  if (turn != 0 || !channel.isOpen) return;
  const share = Share.at(channel.reserve(Share.BYTES));
  share.area = <u32>area;
  share.control = <u32>control;
  channel.send(Share.BYTES, Share.ID);
  turn = 1;
}

/** One measurement to a turn of the worker's loop. */
export function poll(): u32 {
  if (turn == 0) return 0;
  const done = turn - 1;
  if (done == ROUNDS * WORKLOADS * 2) {
    log('ring-bench: done');
    quit();
    return 0;
  }
  measure(done % 2 == 0 ? DRIFT : C, (done / 2) % WORKLOADS);
  turn++;
  return 1;
}

function measure(implementation: u32, workload: u32): void {
  if (prepare(implementation, area) == 0) return;
  const count = countOf(workload);
  const page = Control.at(control);
  page.ask(turn, implementation, workload, count);
  while (page.ready != turn) pause();
  const begun = now();
  left(implementation, workload, area, count);
  while (page.done != turn) pause();
  const ticks = now() - begun;
  let expected: u32 = 0;
  for (let i: u32 = 0; i < count; i++) expected += i;
  line()
    .text(page.sum == expected ? 'ring-bench: ' : 'ring-bench: WRONG ')
    .text(implementation == DRIFT ? 'drift ' : 'c ')
    .text(
      workload == ROUND_TRIP
        ? 'roundTrip '
        : workload == WORDS
          ? 'words '
          : workload == BATCHES
            ? 'batches '
            : 'records ',
    )
    .number(count)
    .text(' ')
    .number((ticks * 1_000_000_000) / ticksPerSecond())
    .log();
}
