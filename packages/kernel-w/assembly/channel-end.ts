/** One end of a channel, in the context of the application that has it. Kernel-w and the application share it, as they share a thread. */
import { CHANNEL_END_PAIR_AT } from '@drift-os/abi/layout/application-context';
import { StreamPair } from '@drift-os/ring/assembly';

@unmanaged
export class ChannelEnd {
  /** Of the channel, 0: this place is free. */
  number: u32;
  /** Doorbell of the peer's worker. */
  doorbell: u32;
  /** Bytes that the application waits for room for, 0: none. */
  room: u32;
  /** `message` is due whether there is a record or not. */
  event: u32;
  /** 1: the application was told that the channel is closed. */
  closedSeen: u32;

  @inline
  get pair(): StreamPair {
    return changetype<StreamPair>(changetype<usize>(this) + CHANNEL_END_PAIR_AT);
  }

  /** After writing or reading: wakes the peer's worker if its end sleeps. */
  announce(): void {
    if (this.pair.shouldNotify()) atomic.add<u32>(this.doorbell, 1);
  }

  /** Whether the application is to be called: a record, room it waited for, news, or the end. */
  isDue(): bool {
    if (this.event != 0 || this.pair.reader.peek() != 0) return true;
    if (this.pair.closed != 0) return this.closedSeen == 0;
    return this.room != 0 && this.hasRoom();
  }

  /** Takes the reasons away that are not seen again by themselves. */
  clearDue(): void {
    this.event = 0;
    this.room = 0;
    if (this.pair.closed != 0 && this.pair.reader.peek() == 0) this.closedSeen = 1;
  }

  private hasRoom(): bool {
    const writer = this.pair.writer;
    const fits = writer.reserve(this.room) != 0;
    writer.abort();
    return fits;
  }
}
