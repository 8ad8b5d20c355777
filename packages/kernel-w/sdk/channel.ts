/** Channels to other applications, brokered by Thread/C by the name of a service. */
import { ChannelClose, ChannelConnect, ChannelServe } from '@drift-os/abi/assembly/generated/application';
import { SERVICE_NAME_LIMIT, STATUS_OK, STATUS_PEER_GONE } from '@drift-os/abi/layout/messages';
import { ChannelEnd } from '../assembly/channel-end';
import { ChannelRecord, channelByNumber, dropChannel, keepChannel } from './channel-list';
import { readNews } from './inbox';
import { fail } from './life';
import { newRequest, reserve, send } from './outbox';

/**
 * One end of a channel. Whenever something has happened on it, `message` is called with its number, and again as long as there is a
 * record to read:
 *
 * ```ts
 * export function message(number: u32): void {
 *   const channel = Channel.of(number);
 *   for (let at = channel.peek(); at != 0; at = channel.peek()) {
 *     ...                                  // at, channel.length, channel.kind
 *     channel.release();
 *   }
 * }
 * ```
 */
@unmanaged
export class Channel extends ChannelRecord {
  /** Asks for a channel to whoever serves the name, now or later. `message` is called once it is open. */
  static connect(service: string, interfaceHash: u64): Channel {
    const channel = new Channel();
    channel.request = newRequest();
    keepChannel(channel);
    const bytes = serviceBytes(service);
    const message = ChannelConnect.at(reserve(ChannelConnect.BYTES + bytes));
    message.request = channel.request;
    message.interfaceHash = interfaceHash;
    String.UTF8.encodeUnsafe(changetype<usize>(service), service.length, message.service);
    send(ChannelConnect.BYTES + bytes, ChannelConnect.ID);
    return channel;
  }

  /** Serves the name from now on: for every client, `message` is called with the number of a new channel. */
  static serve(service: string, interfaceHash: u64): void {
    const bytes = serviceBytes(service);
    const message = ChannelServe.at(reserve(ChannelServe.BYTES + bytes));
    message.request = newRequest();
    message.interfaceHash = interfaceHash;
    String.UTF8.encodeUnsafe(changetype<usize>(service), service.length, message.service);
    send(ChannelServe.BYTES + bytes, ChannelServe.ID);
  }

  /** The channel with the number that `message` was given. It must not be 0. */
  static of(number: u32): Channel {
    readNews();
    const channel = channelByNumber(number);
    if (channel === null) fail('Channel.of was given a number that is no channel of this application');
    return changetype<Channel>(channel!);
  }

  /** The same on both ends; 0 until it is open. */
  get number(): u32 {
    readNews();
    return this.known;
  }

  /** STATUS_OK, or why there is no channel; STATUS_PEER_GONE when the other end is done. */
  get status(): u32 {
    readNews();
    if (this.told != STATUS_OK || this.end == 0) return this.told;
    return this.place.pair.closed == 0 ? STATUS_OK : STATUS_PEER_GONE;
  }

  /** Whether something can be sent. */
  get isOpen(): bool {
    return this.status == STATUS_OK && this.end != 0;
  }

  /** Address of the next record, 0: none. Its `length` and `kind` say what it is. */
  peek(): usize {
    if (this.end == 0) readNews();
    if (this.end == 0) return 0;
    const at = this.place.pair.reader.peek();
    if (at == 0) this.place.announce();
    return at;
  }

  /** Bytes of the record that `peek` found. */
  get length(): u32 {
    return this.place.pair.reader.length;
  }

  /** ID of the message that `peek` found. */
  get kind(): u32 {
    return this.place.pair.reader.kind;
  }

  /** Done with the record that `peek` found. */
  release(): void {
    this.place.pair.reader.release();
  }

  /** Room for a message, to be written and then sent. 0: not open, or no room; `message` is called when there is some. */
  reserve(bytes: u32): usize {
    if (this.end == 0) readNews();
    if (this.end == 0) return 0;
    const at = this.place.pair.writer.reserve(bytes);
    if (at == 0) this.place.room = bytes;
    return at;
  }

  /** Sends what was written, and wakes the other end if it sleeps. */
  send(bytes: u32, kind: u32): void {
    this.place.pair.writer.commit(bytes, kind);
    this.place.announce();
  }

  /** This end is done. The object is freed. */
  close(): void {
    if (this.end != 0) {
      ChannelClose.at(reserve(ChannelClose.BYTES)).channel = this.known;
      send(ChannelClose.BYTES, ChannelClose.ID);
    }
    dropChannel(this);
    heap.free(changetype<usize>(this));
  }

  private get place(): ChannelEnd {
    return changetype<ChannelEnd>(this.end);
  }
}

function serviceBytes(service: string): u32 {
  const bytes = String.UTF8.byteLength(service);
  if (bytes == 0 || bytes > SERVICE_NAME_LIMIT) fail('the name of a service has 1 to 48 bytes');
  return <u32>bytes;
}
