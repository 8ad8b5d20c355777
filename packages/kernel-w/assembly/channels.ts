/** Channels of the instances: granted by Thread/C, used by the application itself, closed by either end. */
import { ChannelGrant as Announcement, ChannelClosed as Ended } from '@drift-os/abi/assembly/generated/application';
import { ChannelClose, ChannelClosed, ChannelGrant } from '@drift-os/abi/assembly/generated/control';
import { APPLICATION_CHANNELS } from '@drift-os/abi/layout/application-context';
import { LOG_WARNING } from '@drift-os/abi/layout/messages';
import { reserve, send } from './control';
import { ChannelEnd } from './channel-end';
import { Instance } from './instance';
import { logBegin, logEnd, logNumber, logText } from './log';
import { post, postEnd } from './post';

/** A stream pair for the instance. It gets a place and the application is told; without a place, Thread/C gets the channel back. */
export function grantChannel(instance: Instance, grant: ChannelGrant): void {
  const end = instance.findEnd(0);
  if (end === null) {
    logBegin(LOG_WARNING, instance.number);
    logText('has ');
    logNumber(APPLICATION_CHANNELS);
    logText(' channels, which is all there can be: another was turned away');
    logEnd();
    sayClosed(instance.number, grant.channel);
    return;
  }
  if (end.pair.attach(grant.writeRing, grant.readRing, grant.epoch) != 0) {
    sayClosed(instance.number, grant.channel);
    return;
  }
  end.number = grant.channel;
  end.doorbell = grant.peerDoorbell;
  end.room = 0;
  end.event = 1;
  end.closedSeen = 0;
  const at = post(instance, Announcement.BYTES);
  if (at == 0) return;
  const news = Announcement.at(at);
  news.request = grant.request;
  news.channel = grant.channel;
  news.role = grant.role;
  news.writeRing = grant.writeRing;
  news.readRing = grant.readRing;
  news.epoch = grant.epoch;
  news.peerDoorbell = grant.peerDoorbell;
  news.peer = grant.peer;
  news.end = <u32>changetype<usize>(end);
  postEnd(instance, Announcement.BYTES, Announcement.ID);
}

/** The other end is done; what it wrote can still be read. */
export function channelClosed(instance: Instance, closed: ChannelClosed): void {
  const end = instance.findEnd(closed.channel);
  if (end === null) return;
  end.event = 1;
  const at = post(instance, Ended.BYTES);
  if (at == 0) return;
  Ended.at(at).channel = closed.channel;
  Ended.at(at).status = closed.status;
  postEnd(instance, Ended.BYTES, Ended.ID);
}

/** This end is done: the peer sees it in the rings, Thread/C by message, and neither ring is touched again. */
export function closeChannel(instance: Instance, end: ChannelEnd, reason: u32): void {
  end.pair.close(reason);
  end.announce();
  sayClosed(instance.number, end.number);
  end.number = 0;
}

/** All that it has, when it ends. */
export function closeChannels(instance: Instance, reason: u32): void {
  for (let i: u32 = 0; i < <u32>APPLICATION_CHANNELS; i++) {
    const end = instance.end(i);
    if (end.number != 0) closeChannel(instance, end, reason);
  }
}

function sayClosed(instance: u32, channel: u32): void {
  const at = reserve(ChannelClose.BYTES);
  if (at == 0) return;
  ChannelClose.at(at).instance = instance;
  ChannelClose.at(at).channel = channel;
  send(ChannelClose.BYTES, ChannelClose.ID);
}
