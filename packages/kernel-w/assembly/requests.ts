/** What an application asks of kernel-w over its private pair. Most of it goes on to Thread/C, with the instance's number on it. */
import {
  ChannelClose,
  ChannelConnect as AskConnect,
  ChannelServe as AskServe,
  CustodyGive as AskGive,
  CustodyTake as AskTake,
  Log as Line,
  PageProtect as AskProtect,
  PageRequest as AskPages,
  PageReturn as GiveBack,
  Quit,
  Timer,
} from '@drift-os/abi/assembly/generated/application';
import {
  ChannelConnect,
  ChannelServe,
  CustodyGive,
  CustodyTake,
  Log,
  PageProtect,
  PageRequest,
  PageReturn,
} from '@drift-os/abi/assembly/generated/control';
import {
  APPLICATION_FAILED,
  APPLICATION_STOPPED,
  LOG_ERROR,
  LOG_TEXT_LIMIT,
  SERVICE_NAME_LIMIT,
  STATUS_PROTOCOL,
} from '@drift-os/abi/layout/messages';
import { RING_CLOSED } from '@drift-os/ring/layout/ring';
import { closeChannel } from './channels';
import { reserve, send } from './control';
import { INSTANCE_ENDED, INSTANCE_STOPPING, Instance } from './instance';
import { logBegin, logEnd, logNumber, logText } from './log';

/** Handles everything that is there, up to what ends the instance. True: there was something. */
export function handleRequests(instance: Instance): bool {
  const reader = instance.pair.reader;
  let found: bool = false;
  for (let at = reader.peek(); at != 0 && instance.state != INSTANCE_ENDED; at = reader.peek()) {
    found = true;
    const kind = reader.kind;
    if (!handle(instance, at, reader.length, kind)) {
      logBegin(LOG_ERROR, instance.number);
      logText('sent kernel-w a message that makes no sense (kind ');
      logNumber(kind);
      logText('): it is ended');
      logEnd();
      instance.fail(STATUS_PROTOCOL, APPLICATION_FAILED);
    }
    reader.release();
  }
  return found;
}

/** False: not a message of this interface, or one that only kernel-w sends. */
function handle(instance: Instance, at: usize, length: u32, kind: u32): bool {
  switch (kind) {
    case Line.ID:
      return Line.accepts(length) && passLine(instance, Line.at(at), Line.textBytes(length));
    case AskPages.ID:
      return AskPages.accepts(length) && passPageRequest(instance, AskPages.at(at));
    case GiveBack.ID:
      return GiveBack.accepts(length) && passPageReturn(instance, GiveBack.at(at));
    case AskProtect.ID:
      return AskProtect.accepts(length) && passProtect(instance, AskProtect.at(at));
    case AskTake.ID:
      return AskTake.accepts(length) && passTake(instance, AskTake.at(at));
    case AskGive.ID:
      return AskGive.accepts(length) && passGive(instance, AskGive.at(at));
    case AskServe.ID:
      return AskServe.accepts(length) && passServe(instance, AskServe.at(at), AskServe.serviceBytes(length));
    case AskConnect.ID:
      return AskConnect.accepts(length) && passConnect(instance, AskConnect.at(at), AskConnect.serviceBytes(length));
    case ChannelClose.ID:
      return ChannelClose.accepts(length) && close(instance, ChannelClose.at(at).channel);
    case Timer.ID:
      if (!Timer.accepts(length)) return false;
      instance.deadline = Timer.at(at).deadline;
      return true;
    case Quit.ID:
      return Quit.accepts(length) && quit(instance, Quit.at(at).exitStatus);
    default:
      return false;
  }
}

function passLine(instance: Instance, line: Line, bytes: u32): bool {
  const text = min<u32>(bytes, LOG_TEXT_LIMIT);
  const at = reserve(Log.BYTES + text);
  if (at == 0) return true;
  const log = Log.at(at);
  log.instance = instance.number;
  log.level = line.level;
  memory.copy(log.text, line.text, text);
  send(Log.BYTES + text, Log.ID);
  return true;
}

function passPageRequest(instance: Instance, asked: AskPages): bool {
  return requestPages(instance, asked.request, asked.pages, asked.purpose);
}

/** Also for the pages that kernel-w itself asks for on behalf of the instance, with request number 0. */
export function requestPages(instance: Instance, request: u32, pages: u32, purpose: u32): bool {
  const at = reserve(PageRequest.BYTES);
  if (at == 0) return true;
  const message = PageRequest.at(at);
  message.request = request;
  message.instance = instance.number;
  message.pages = pages;
  message.purpose = purpose;
  send(PageRequest.BYTES, PageRequest.ID);
  return true;
}

function passPageReturn(instance: Instance, returned: GiveBack): bool {
  const at = reserve(PageReturn.BYTES);
  if (at == 0) return true;
  const message = PageReturn.at(at);
  message.instance = instance.number;
  message.address = returned.address;
  message.pages = returned.pages;
  send(PageReturn.BYTES, PageReturn.ID);
  return true;
}

function passProtect(instance: Instance, asked: AskProtect): bool {
  const at = reserve(PageProtect.BYTES);
  if (at == 0) return true;
  const message = PageProtect.at(at);
  message.request = asked.request;
  message.instance = instance.number;
  message.address = asked.address;
  message.pages = asked.pages;
  message.protection = asked.protection;
  send(PageProtect.BYTES, PageProtect.ID);
  return true;
}

function passTake(instance: Instance, asked: AskTake): bool {
  const at = reserve(CustodyTake.BYTES);
  if (at == 0) return true;
  const message = CustodyTake.at(at);
  message.request = asked.request;
  message.instance = instance.number;
  message.address = asked.address;
  message.bytes = asked.bytes;
  send(CustodyTake.BYTES, CustodyTake.ID);
  return true;
}

function passGive(instance: Instance, asked: AskGive): bool {
  const at = reserve(CustodyGive.BYTES);
  if (at == 0) return true;
  const message = CustodyGive.at(at);
  message.request = asked.request;
  message.instance = instance.number;
  message.address = asked.address;
  message.bytes = asked.bytes;
  message.to = asked.to;
  send(CustodyGive.BYTES, CustodyGive.ID);
  return true;
}

function passServe(instance: Instance, asked: AskServe, nameBytes: u32): bool {
  if (nameBytes > <u32>SERVICE_NAME_LIMIT) return false;
  const at = reserve(ChannelServe.BYTES + nameBytes);
  if (at == 0) return true;
  const message = ChannelServe.at(at);
  message.request = asked.request;
  message.instance = instance.number;
  message.interfaceHash = asked.interfaceHash;
  memory.copy(message.service, asked.service, nameBytes);
  send(ChannelServe.BYTES + nameBytes, ChannelServe.ID);
  return true;
}

function passConnect(instance: Instance, asked: AskConnect, nameBytes: u32): bool {
  if (nameBytes > <u32>SERVICE_NAME_LIMIT) return false;
  const at = reserve(ChannelConnect.BYTES + nameBytes);
  if (at == 0) return true;
  const message = ChannelConnect.at(at);
  message.request = asked.request;
  message.instance = instance.number;
  message.interfaceHash = asked.interfaceHash;
  memory.copy(message.service, asked.service, nameBytes);
  send(ChannelConnect.BYTES + nameBytes, ChannelConnect.ID);
  return true;
}

/** A number that is none of its channels any more is no error: the other end may have been faster. */
function close(instance: Instance, channel: u32): bool {
  if (channel == 0) return false;
  const end = instance.findEnd(channel);
  if (end !== null) closeChannel(instance, end, RING_CLOSED);
  return true;
}

function quit(instance: Instance, exitStatus: u32): bool {
  instance.state = INSTANCE_STOPPING;
  instance.outcome = APPLICATION_STOPPED;
  instance.status = exitStatus;
  return true;
}
