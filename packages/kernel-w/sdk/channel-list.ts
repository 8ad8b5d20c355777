/** This application's channels, and what kernel-w says about them. */
import { ChannelClosed, ChannelGrant, ChannelRefused } from '@drift-os/abi/assembly/generated/application';
import { ROLE_SERVER, STATUS_OK, STATUS_PEER_GONE } from '@drift-os/abi/layout/messages';

/** What is known of a channel. */
@unmanaged
export class ChannelRecord {
  /** Its number, 0 until it is open. */
  known: u32;
  /** STATUS_OK, or what kernel-w has said. */
  told: u32;
  /** Request that it came from, 0 once it is open. */
  request: u32;
  /** Instance at the other end. */
  peer: u32;
  /** Its end in the context, 0 until it is open. */
  end: usize;
  /** Next of this application's channels. */
  next: usize;
}

/** All channels that are open or asked for, in a list. */
let first: usize = 0;

export function keepChannel(channel: ChannelRecord): void {
  channel.next = first;
  first = changetype<usize>(channel);
}

/** Takes it out of the list. */
export function dropChannel(channel: ChannelRecord): void {
  const address = changetype<usize>(channel);
  if (first == address) first = channel.next;
  for (let at = first; at != 0; at = changetype<ChannelRecord>(at).next) {
    if (changetype<ChannelRecord>(at).next == address) changetype<ChannelRecord>(at).next = channel.next;
  }
}

export function channelByNumber(number: u32): ChannelRecord | null {
  for (let at = first; at != 0; at = changetype<ChannelRecord>(at).next) {
    if (changetype<ChannelRecord>(at).known == number) return changetype<ChannelRecord>(at);
  }
  return null;
}

function channelByRequest(request: u32): ChannelRecord | null {
  for (let at = first; at != 0; at = changetype<ChannelRecord>(at).next) {
    if (changetype<ChannelRecord>(at).request == request) return changetype<ChannelRecord>(at);
  }
  return null;
}

/** A channel is open: the one that was asked for, or a new client of a service. */
export function noteGrant(grant: ChannelGrant): void {
  const asked = channelByRequest(grant.request);
  if (asked !== null && grant.role != ROLE_SERVER) return open(asked, grant);
  const channel = new ChannelRecord();
  keepChannel(channel);
  open(channel, grant);
}

function open(channel: ChannelRecord, grant: ChannelGrant): void {
  channel.known = grant.channel;
  channel.told = STATUS_OK;
  channel.request = 0;
  channel.peer = grant.peer;
  channel.end = grant.end;
}

export function noteRefused(refused: ChannelRefused): void {
  const channel = channelByRequest(refused.request);
  if (channel !== null) channel.told = refused.status;
}

/** What the other end wrote before can still be read. */
export function noteClosed(closed: ChannelClosed): void {
  const channel = channelByNumber(closed.channel);
  if (channel === null) return;
  channel.told = closed.status == STATUS_OK ? STATUS_PEER_GONE : closed.status;
}
