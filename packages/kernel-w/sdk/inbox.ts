/**
 * What kernel-w says to this application over the private channel. An answer that someone waits for is found by its number; what comes in
 * between is news: of the channels, and of custody that others pass on.
 */
import {
  ChannelClosed,
  ChannelGrant,
  ChannelRefused,
  CustodyArrived,
  PageGrant,
  Result,
} from '@drift-os/abi/assembly/generated/application';
import { noteArrival } from './arrivals';
import { noteClosed, noteGrant, noteRefused } from './channel-list';
import { privatePair } from './context';
import { serve } from './kernel-w';

/** The answer found last. */
let answeredAddress: u64 = 0;
let answeredStatus: u32 = 0;

/** Waits for the `result` of a request. Returns a STATUS_*. The whole worker waits: it is a matter of microseconds. */
export function waitForResult(request: u32): u32 {
  while (!takeNews(request)) serve(1);
  return answeredStatus;
}

/** The same for pages; 0: refused. */
export function waitForPages(request: u32): u64 {
  while (!takeNews(request)) serve(1);
  return answeredAddress;
}

/** Reads what is there without waiting. */
export function readNews(): void {
  takeNews(0);
}

/** Reads until the answer to `request` (true), or until nothing is left. */
function takeNews(request: u32): bool {
  const reader = privatePair().reader;
  for (let at = reader.peek(); at != 0; at = reader.peek()) {
    const answered = take(at, reader.kind);
    reader.release();
    if (answered == request && request != 0) return true;
  }
  return false;
}

/** Returns the number of the request that this answers, 0: none. */
function take(at: usize, kind: u32): u32 {
  switch (kind) {
    case PageGrant.ID:
      answeredAddress = PageGrant.at(at).address;
      return PageGrant.at(at).request;
    case Result.ID:
      answeredStatus = Result.at(at).status;
      return Result.at(at).request;
    case ChannelGrant.ID:
      noteGrant(ChannelGrant.at(at));
      return 0;
    case ChannelRefused.ID:
      noteRefused(ChannelRefused.at(at));
      return 0;
    case ChannelClosed.ID:
      noteClosed(ChannelClosed.at(at));
      return 0;
    case CustodyArrived.ID:
      noteArrival(CustodyArrived.at(at));
      return 0;
    default:
      return 0;
  }
}
