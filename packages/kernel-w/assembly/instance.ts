/** A running application as this worker knows it. Records lie in the worker's private memory, so nothing an application does reaches them. */
import { APPLICATION_CHANNELS, CHANNEL_END_BYTES } from '@drift-os/abi/layout/application-context';
import { RING_STATE_BYTES } from '@drift-os/ring/layout/ring';
import { StreamPair } from '@drift-os/ring/assembly';
import { ChannelEnd } from './channel-end';
import { INSTANCE_BYTES, INSTANCES, instanceAt } from './worker';

/** Waits for the pages of its context. */
export const INSTANCE_WAITING: u32 = 1;
/** Its context is made; none of its code has run. */
export const INSTANCE_READY: u32 = 2;
export const INSTANCE_RUNNING: u32 = 3;
/** `stop` is to be called. */
export const INSTANCE_STOPPING: u32 = 4;
/** None of its code runs again. */
export const INSTANCE_ENDED: u32 = 5;

const PAIR: usize = 128;
const ARGUMENT: usize = PAIR + 2 * RING_STATE_BYTES;

/**
 * INSTANCE_BYTES of memory:
 *
 * ```
 * 0    the fields below
 * 128  private state of kernel-w's end of the private pair
 * 384  argument, kept until the context is there
 * ```
 */
@unmanaged
export class Instance {
  /** As Thread/C counts them; 0: this place is free. */
  number: u32;
  /** INSTANCE_* */
  state: u32;
  /** APPLICATION_STOPPED or APPLICATION_FAILED once it ends, and why. */
  outcome: u32;
  status: u32;
  /** Record of its module in the image directory, and the index of it. */
  module: usize;
  moduleIndex: u32;
  /** Its context (layout/application-context.ts); 0 before the pages are there. */
  context: usize;
  contextBytes: u32;
  /** Its table of channel ends. */
  ends: usize;
  /** `message(0)` is due. */
  event: u32;
  argumentBytes: u32;
  /** When `poll` is to be called at the latest, 0: whenever. */
  deadline: u64;

  @inline
  get pair(): StreamPair {
    return changetype<StreamPair>(changetype<usize>(this) + PAIR);
  }

  @inline
  get argument(): usize {
    return changetype<usize>(this) + ARGUMENT;
  }

  @inline
  end(index: u32): ChannelEnd {
    return changetype<ChannelEnd>(this.ends + index * CHANNEL_END_BYTES);
  }

  /** The end of the channel with this number, or null. Number 0 finds a free place. */
  findEnd(channel: u32): ChannelEnd | null {
    for (let i: u32 = 0; i < <u32>APPLICATION_CHANNELS; i++) {
      const end = this.end(i);
      if (end.number == channel) return end;
    }
    return null;
  }

  /** Ends it for a reason that is not its own: no more of its code runs. */
  fail(status: u32, outcome: u32): void {
    this.state = INSTANCE_ENDED;
    this.outcome = outcome;
    this.status = status;
  }
}

export function instance(index: u32): Instance {
  return changetype<Instance>(instanceAt(index));
}

/** The instance with this number, or null. Number 0 finds a free place. */
export function findInstance(number: u32): Instance | null {
  for (let i: u32 = 0; i < INSTANCES; i++) {
    if (instance(i).number == number) return instance(i);
  }
  return null;
}

/** Makes the place free. */
export function forget(instance: Instance): void {
  memory.fill(changetype<usize>(instance), 0, INSTANCE_BYTES);
}
