/**
 * The private channel with kernel-w: requests out, answers in. An answer that someone waits for is found by its number; what comes in
 * between is news, and goes to whoever keeps the channels (channel.ts) and the custody (custody.ts).
 */
import {
  ChannelClosed,
  ChannelGrant,
  ChannelRefused,
  CustodyArrived,
  PageGrant,
  Result,
} from '@drift-os/abi/assembly/generated/application';
import { STATUS_PROTOCOL } from '@drift-os/abi/layout/messages';
import { privatePair } from './context';
import { abandon, serve } from './kernel-w';
import { noteClosed, noteGrant, noteRefused } from './news';

/** Numbers of the requests; 0 is kernel-w's own. */
let requests: u32 = 0;
/** The answer found last. */
let answeredAddress: u64 = 0;
let answeredStatus: u32 = 0;

export function newRequest(): u32 {
  return ++requests;
}

/** Room for a message of this size. Makes kernel-w read what is there when it is full. */
export function reserve(bytes: u32): usize {
  const writer = privatePair().writer;
  let at = writer.reserve(bytes);
  if (at == 0) {
    serve(0);
    at = writer.reserve(bytes);
    // kernel-w has read everything: what does not fit now never will.
    if (at == 0) abandon(STATUS_PROTOCOL);
  }
  return at;
}

export function send(bytes: u32, kind: u32): void {
  privatePair().writer.commit(bytes, kind);
}

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
    default:
      return 0;
  }
}
