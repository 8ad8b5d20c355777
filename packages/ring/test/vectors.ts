/**
 * Test vectors of the protocol, for every implementation: a capacity, and steps `operation arguments -> result`.
 *
 * `w.` is the writer, `r.` the reader; without a dot, whoever looks on. Offsets are bytes from the start of the data, `none` where an
 * operation gives nothing. `r.peek` gives offset, length and kind. `see` and `poke` are u32s at an offset into the ring, in hexadecimal:
 * 80 is the writer's position, 100 the reader's, 180 and 200 the states, 184 and 204 the epochs, 280 the data.
 */
export interface Vector {
  readonly name: string;
  /** Bytes of data. */
  readonly capacity: number;
  /** Both positions at the start, in units. Default 0. */
  readonly start?: number;
  /** A ring of u32 words instead of records. */
  readonly words?: boolean;
  readonly steps: string;
}

export const vectors: readonly Vector[] = [
  {
    name: 'one record',
    capacity: 64,
    steps: `
      w.maximum -> 24
      r.peek -> none
      w.reserve 5 -> 8
      r.peek -> none
      w.commit 5 77
      see 80 -> 2
      see 280 -> 5
      see 284 -> 4d
      r.peek -> 8 5 77
      r.peek -> 8 5 77
      r.release
      see 100 -> 2
      r.peek -> none
      w.closed -> 0
      r.closed -> 0`,
  },
  {
    name: 'an empty record takes a header',
    capacity: 64,
    steps: `
      w.reserve 0 -> 8
      w.commit 0 9
      see 80 -> 1
      r.peek -> 8 0 9
      r.release
      see 100 -> 1`,
  },
  {
    name: 'committing less than was reserved',
    capacity: 64,
    steps: `
      w.reserve 24 -> 8
      w.commit 1 3
      see 80 -> 2
      r.peek -> 8 1 3`,
  },
  {
    name: 'an aborted record leaves nothing behind',
    capacity: 64,
    steps: `
      w.reserve 24 -> 8
      w.abort
      see 80 -> 0
      r.peek -> none
      w.reserve 0 -> 8
      w.commit 0 1
      r.peek -> 8 0 1`,
  },
  {
    name: 'a record that is longer than the maximum never fits',
    capacity: 64,
    steps: `
      w.reserve 25 -> none
      w.reserve 4294967295 -> none
      w.sleep 25 -> false
      w.closed -> 0
      w.reserve 24 -> 8`,
  },
  {
    name: 'full, and then not',
    capacity: 64,
    steps: `
      w.reserve 24 -> 8
      w.commit 24 1
      w.reserve 16 -> 40
      w.commit 16 2
      w.reserve 0 -> 64
      w.commit 0 3
      w.reserve 0 -> none
      r.peek -> 8 24 1
      r.release
      w.reserve 25 -> none
      w.reserve 24 -> 8
      w.commit 24 4
      w.reserve 0 -> none
      r.peek -> 40 16 2
      r.release
      r.peek -> 64 0 3
      r.release
      r.peek -> 8 24 4
      r.release
      r.peek -> none
      see 80 -> c
      see 100 -> c`,
  },
  {
    name: 'a record that does not fit behind the last one starts at the front, behind a marker',
    capacity: 64,
    steps: `
      w.reserve 24 -> 8
      w.commit 24 1
      w.reserve 8 -> 40
      w.commit 8 2
      r.peek -> 8 24 1
      r.release
      w.reserve 16 -> 8
      see 2b0 -> 0
      w.commit 16 3
      see 2b0 -> ffffffff
      see 80 -> b
      r.peek -> 40 8 2
      r.release
      r.peek -> 8 16 3
      see 100 -> 6
      r.release
      see 100 -> b`,
  },
  {
    name: 'aborting behind a marker takes the marker back',
    capacity: 64,
    steps: `
      w.reserve 24 -> 8
      w.commit 24 1
      w.reserve 8 -> 40
      w.commit 8 2
      r.peek -> 8 24 1
      r.release
      w.reserve 24 -> 8
      w.abort
      w.reserve 8 -> 56
      w.commit 8 5
      see 80 -> 8
      r.peek -> 40 8 2
      r.release
      r.peek -> 56 8 5`,
  },
  {
    name: 'a batch is published at once, and released at once',
    capacity: 128,
    steps: `
      w.reserve 4 -> 8
      w.stage 4 1
      w.reserve 4 -> 24
      w.stage 4 2
      see 80 -> 0
      r.peek -> none
      w.publish
      see 80 -> 4
      r.peek -> 8 4 1
      r.advance
      r.peek -> 24 4 2
      r.advance
      see 100 -> 0
      r.peek -> none
      r.releaseAll
      see 100 -> 4`,
  },
  {
    name: 'a commit publishes what was staged before',
    capacity: 128,
    steps: `
      w.reserve 4 -> 8
      w.stage 4 1
      w.reserve 4 -> 24
      w.commit 4 2
      see 80 -> 4`,
  },
  {
    name: 'staged records count as used',
    capacity: 64,
    steps: `
      w.reserve 24 -> 8
      w.stage 24 1
      w.reserve 24 -> 40
      w.stage 24 2
      w.reserve 0 -> none
      w.publish
      r.peek -> 8 24 1
      r.advance
      w.reserve 0 -> none
      r.releaseAll
      w.reserve 0 -> 8`,
  },
  {
    name: 'positions wrap at 2^32',
    capacity: 64,
    start: 0xfffffffe,
    steps: `
      w.reserve 0 -> 56
      w.commit 0 1
      w.reserve 16 -> 8
      w.commit 16 2
      see 80 -> 3
      r.peek -> 56 0 1
      r.release
      see 100 -> ffffffff
      r.peek -> 8 16 2
      r.release
      see 100 -> 3
      w.reserve 24 -> 32
      w.commit 24 3
      r.peek -> 32 24 3`,
  },
  {
    name: 'closing: what was published can be read first',
    capacity: 64,
    steps: `
      w.reserve 4 -> 8
      w.commit 4 1
      w.reserve 4 -> 24
      w.stage 4 2
      w.close 2
      w.closed -> 2
      see 180 -> 2
      w.reserve 4 -> none
      r.peek -> 8 4 1
      r.closed -> 0
      r.release
      r.peek -> none
      r.closed -> 2
      r.sleep -> false`,
  },
  {
    name: 'the reader closes: the writer learns it when it looks',
    capacity: 32,
    steps: `
      r.close 256
      see 200 -> 100
      w.reserve 8 -> none
      w.closed -> 256
      w.sleep 8 -> false
      r.peek -> none
      r.closed -> 256`,
  },
  {
    name: 'a sleeping reader is notified once',
    capacity: 64,
    steps: `
      w.notify -> false
      r.sleep -> true
      see 200 -> 1
      w.reserve 4 -> 8
      w.commit 4 1
      w.notify -> true
      see 200 -> 0
      w.notify -> false
      r.wake
      r.peek -> 8 4 1
      r.sleep -> false
      see 200 -> 0
      r.release
      r.sleep -> true
      r.wake
      see 200 -> 0
      w.notify -> false`,
  },
  {
    name: 'a sleeping writer is notified once',
    capacity: 32,
    steps: `
      w.reserve 8 -> 8
      w.commit 8 1
      w.sleep 8 -> false
      w.reserve 8 -> 24
      w.commit 8 2
      w.sleep 8 -> true
      see 180 -> 1
      r.notify -> true
      r.notify -> false
      w.wake
      w.sleep 8 -> true
      r.peek -> 8 8 1
      r.release
      r.notify -> true
      w.wake
      w.reserve 8 -> 8`,
  },
  {
    name: 'a side that sleeps is woken by closing',
    capacity: 64,
    steps: `
      r.sleep -> true
      w.closeQuietly 2
      w.notify -> true
      r.wake
      r.peek -> none
      r.closed -> 2`,
  },
  {
    name: 'the writer died: its supervisor says so, and what was published can be read',
    capacity: 64,
    steps: `
      w.reserve 4 -> 8
      w.commit 4 1
      writerDied
      r.peek -> 8 4 1
      r.release
      r.peek -> none
      r.closed -> 3`,
  },
  {
    name: 'the reader died while the writer slept',
    capacity: 32,
    steps: `
      w.reserve 8 -> 8
      w.commit 8 1
      w.reserve 8 -> 24
      w.commit 8 2
      w.sleep 8 -> true
      readerDied
      see 180 -> 0
      w.wake
      w.reserve 8 -> none
      w.closed -> 3`,
  },
  {
    name: 'a side declared dead while it lives finds out when it wants to sleep',
    capacity: 64,
    steps: `
      readerDied
      r.sleep -> false
      r.closed -> 3`,
  },
  {
    name: 'a restarted writer: the reader sees the epoch, and joins it',
    capacity: 64,
    steps: `
      w.reserve 4 -> 8
      w.commit 4 1
      r.peek -> 8 4 1
      r.release
      w.attach 5 -> 0
      w.notify -> true
      w.notify -> false
      see 184 -> 5
      see 80 -> 0
      w.reserve 4 -> none
      w.closed -> 0
      r.peek -> none
      r.closed -> 4
      r.peek -> none
      r.rejoin -> true
      r.rejoin -> false
      r.epoch -> 5
      see 204 -> 5
      see 100 -> 0
      r.peek -> none
      w.reserve 4 -> 8
      w.commit 4 2
      r.peek -> 8 4 2`,
  },
  {
    name: 'a restarted reader: what the writer still publishes in the old epoch is not for it',
    capacity: 64,
    steps: `
      w.reserve 4 -> 8
      w.commit 4 1
      r.attach 2 -> 0
      r.peek -> none
      w.reserve 4 -> 24
      w.commit 4 2
      r.peek -> none
      r.closed -> 0
      w.reserve 24 -> 40
      w.commit 24 3
      w.reserve 0 -> none
      w.closed -> 4
      r.peek -> none
      w.rejoin -> true
      w.reserve 4 -> 8
      w.commit 4 3
      r.peek -> 8 4 3`,
  },
  {
    name: 'a peer in the middle of starting over is neither the old nor the new one',
    capacity: 64,
    steps: `
      r.peek -> none
      poke 184 0
      r.peek -> none
      r.closed -> 4
      r.rejoin -> false
      poke 184 9
      r.rejoin -> true
      r.peek -> none
      r.closed -> 0`,
  },
  {
    name: 'an older epoch is waited for, a newer one is joined',
    capacity: 64,
    steps: `
      r.attach 7 -> 0
      r.peek -> none
      r.closed -> 0
      poke 184 6
      r.peek -> none
      r.closed -> 0
      poke 184 8
      r.peek -> none
      r.closed -> 4
      r.rejoin -> true
      r.epoch -> 8`,
  },
  {
    name: 'epochs wrap',
    capacity: 64,
    steps: `
      poke 184 ffffffff
      r.attach 4294967295 -> 0
      w.attach 0 -> 0
      w.reserve 4 -> 8
      w.commit 4 1
      r.peek -> 8 4 1
      w.attach 1 -> 0
      r.release
      r.peek -> none
      r.closed -> 4
      r.rejoin -> true
      r.epoch -> 1`,
  },
  {
    name: 'going on in the same epoch: positions and closing stay',
    capacity: 64,
    steps: `
      w.reserve 4 -> 8
      w.commit 4 1
      w.attach 0 -> 0
      r.attach 0 -> 0
      r.peek -> 8 4 1
      r.release
      r.attach 0 -> 0
      r.peek -> none
      w.reserve 4 -> 24
      w.commit 4 2
      r.peek -> 24 4 2
      w.close 300
      w.attach 0 -> 300
      w.reserve 4 -> none`,
  },
  {
    name: 'words',
    capacity: 16,
    words: true,
    steps: `
      r.available -> 0
      w.push 7 -> true
      see 280 -> 7
      see 80 -> 1
      w.stage 8 -> true
      see 80 -> 1
      r.available -> 1
      w.push 4294967295 -> true
      w.push 10 -> true
      w.push 11 -> false
      w.free -> 0
      r.pop -> 7
      see 100 -> 1
      r.available -> 3
      r.take -> 8
      r.take -> 4294967295
      see 100 -> 1
      r.releaseAll
      see 100 -> 3
      w.free -> 3
      r.pop -> 10
      r.available -> 0`,
  },
  {
    name: 'words in batches',
    capacity: 16,
    words: true,
    start: 0xfffffffd,
    steps: `
      w.pushBatch 1,2,3 -> 3
      w.pushBatch 4,5 -> 1
      w.pushBatch 6 -> 0
      see 80 -> 1
      see 284 -> 1
      see 28c -> 3
      see 280 -> 4
      r.popBatch 3 -> 1,2,3
      r.popBatch 3 -> 4
      r.popBatch 3 -> none
      w.pushBatch 7,8,9,10,11 -> 4
      r.popBatch 9 -> 7,8,9,10`,
  },
  {
    name: 'words: sleeping and closing',
    capacity: 8,
    words: true,
    steps: `
      r.sleep -> true
      w.push 1 -> true
      w.notify -> true
      r.wake
      r.sleep -> false
      w.push 2 -> true
      w.sleep -> true
      r.pop -> 1
      r.notify -> true
      w.wake
      w.close 2
      r.available -> 1
      r.pop -> 2
      r.available -> 0
      r.closed -> 2`,
  },
];
