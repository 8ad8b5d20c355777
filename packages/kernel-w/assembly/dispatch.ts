/** What Thread/C says: one case per message. Nothing here calls application code, so it may run while an application waits in `serve`. */
import {
  ChannelRefused as Refused,
  CustodyArrived as Arrived,
  PageGrant as Granted,
  Result as Answer,
  APPLICATION_HASH,
} from '@drift-os/abi/assembly/generated/application';
import {
  ApplicationStart,
  ApplicationStop,
  ChannelClosed,
  ChannelGrant,
  ChannelRefused,
  CONTROL_HASH,
  CustodyArrived,
  Hello,
  PageGrant,
  Ping,
  Pong,
  Result,
  StandOffChanged,
} from '@drift-os/abi/assembly/generated/control';
import { LOG_WARNING } from '@drift-os/abi/layout/messages';
import { channelClosed, grantChannel } from './channels';
import { restartCounting } from './clock';
import { controlReader, release, reserve, send } from './control';
import { findInstance } from './instance';
import { beginInstance, placeInstance, stopInstance } from './lifecycle';
import { logBegin, logEnd, logNumber, logText } from './log';
import { post, postEnd } from './post';
import { epoch } from './worker';

/** False once Thread/C has turned out to speak another version. */
let understood: bool = true;

/** First message on the pair. */
export function sayHello(features: u32): void {
  const at = reserve(Hello.BYTES);
  if (at == 0) return;
  const hello = Hello.at(at);
  hello.interfaceHash = CONTROL_HASH;
  hello.applicationHash = APPLICATION_HASH;
  hello.epoch = epoch();
  hello.features = features;
  send(Hello.BYTES, Hello.ID);
}

/** Handles everything that is there. True: there was something. */
export function handleControl(): bool {
  const reader = controlReader();
  let found: bool = false;
  for (let at = reader.peek(); at != 0; at = reader.peek()) {
    found = true;
    if (understood && !handle(at, reader.length, reader.kind)) {
      logBegin(LOG_WARNING, 0);
      logText('Thread/C sent a message that makes no sense, kind ');
      logNumber(reader.kind);
      logEnd();
    }
    release();
  }
  return found;
}

/** False: not a message that a worker gets. */
function handle(at: usize, length: u32, kind: u32): bool {
  switch (kind) {
    case Hello.ID:
      if (!Hello.accepts(length)) return false;
      understood = Hello.at(at).interfaceHash == CONTROL_HASH;
      return true;
    case Ping.ID:
      return Ping.accepts(length) && answerPing(Ping.at(at).token);
    case Pong.ID:
      return Pong.accepts(length);
    case ApplicationStart.ID:
      if (!ApplicationStart.accepts(length)) return false;
      beginInstance(ApplicationStart.at(at), ApplicationStart.argumentBytes(length));
      return true;
    case ApplicationStop.ID: {
      if (!ApplicationStop.accepts(length)) return false;
      const instance = findInstance(ApplicationStop.at(at).instance);
      if (instance !== null) stopInstance(instance);
      return true;
    }
    case PageGrant.ID:
      return PageGrant.accepts(length) && passPages(PageGrant.at(at));
    case Result.ID:
      return Result.accepts(length) && passResult(Result.at(at));
    case CustodyArrived.ID:
      return CustodyArrived.accepts(length) && passCustody(CustodyArrived.at(at));
    case ChannelGrant.ID: {
      if (!ChannelGrant.accepts(length)) return false;
      const instance = findInstance(ChannelGrant.at(at).instance);
      if (instance !== null && instance.context != 0) grantChannel(instance, ChannelGrant.at(at));
      return true;
    }
    case ChannelRefused.ID:
      return ChannelRefused.accepts(length) && passRefusal(ChannelRefused.at(at));
    case ChannelClosed.ID: {
      if (!ChannelClosed.accepts(length)) return false;
      const instance = findInstance(ChannelClosed.at(at).instance);
      if (instance !== null && instance.context != 0) channelClosed(instance, ChannelClosed.at(at));
      return true;
    }
    case StandOffChanged.ID:
      if (!StandOffChanged.accepts(length)) return false;
      restartCounting(StandOffChanged.at(at).counters != 0);
      return true;
    default:
      return false;
  }
}

function answerPing(token: u64): bool {
  const at = reserve(Pong.BYTES);
  if (at == 0) return true;
  Pong.at(at).token = token;
  send(Pong.BYTES, Pong.ID);
  return true;
}

/** Answers to an instance that is gone are dropped: Thread/C has taken everything of it back, what is granted here included. */
function passPages(grant: PageGrant): bool {
  const instance = findInstance(grant.instance);
  if (instance === null) return true;
  if (grant.request == 0) {
    placeInstance(instance, grant);
    return true;
  }
  if (instance.context == 0) return true;
  const at = post(instance, Granted.BYTES);
  if (at == 0) return true;
  const message = Granted.at(at);
  message.address = grant.address;
  message.request = grant.request;
  message.pages = grant.pages;
  message.status = grant.status;
  postEnd(instance, Granted.BYTES, Granted.ID);
  return true;
}

function passResult(result: Result): bool {
  const instance = findInstance(result.instance);
  if (instance === null || instance.context == 0) return true;
  const at = post(instance, Answer.BYTES);
  if (at == 0) return true;
  Answer.at(at).request = result.request;
  Answer.at(at).status = result.status;
  postEnd(instance, Answer.BYTES, Answer.ID);
  return true;
}

function passCustody(arrived: CustodyArrived): bool {
  const instance = findInstance(arrived.instance);
  if (instance === null || instance.context == 0) return true;
  const at = post(instance, Arrived.BYTES);
  if (at == 0) return true;
  const message = Arrived.at(at);
  message.address = arrived.address;
  message.bytes = arrived.bytes;
  message.giver = arrived.giver;
  postEnd(instance, Arrived.BYTES, Arrived.ID);
  instance.event = 1;
  return true;
}

function passRefusal(refused: ChannelRefused): bool {
  const instance = findInstance(refused.instance);
  if (instance === null || instance.context == 0) return true;
  const at = post(instance, Refused.BYTES);
  if (at == 0) return true;
  Refused.at(at).request = refused.request;
  Refused.at(at).status = refused.status;
  postEnd(instance, Refused.BYTES, Refused.ID);
  instance.event = 1;
  return true;
}
