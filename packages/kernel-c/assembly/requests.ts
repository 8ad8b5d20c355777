/** What workers ask of Thread/C: takes the messages out of their streams, checks them, and answers. */
import { APPLICATION_HASH } from '@drift-os/abi/assembly/generated/application';
import {
  ApplicationState,
  CONTROL_HASH,
  ChannelClose,
  ChannelConnect,
  ChannelServe,
  CustodyGive,
  CustodyTake,
  Hello,
  Log,
  PageGrant,
  PageProtect,
  PageRequest,
  PageReturn,
  Ping,
  Pong,
  Result,
} from '@drift-os/abi/assembly/generated/control';
import {
  LOG_ERROR,
  LOG_WARNING,
  STATUS_NOT_YOURS,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
  STATUS_TOO_MANY,
} from '@drift-os/abi/layout/messages';
import { WORKER_RUNNING } from '@drift-os/abi/layout/worker-block';
import { OWNER_WORKER } from '../layout/ledger';
import { brokerClose, brokerConnect, brokerServe } from './broker';
import {
  controlFlush,
  controlKind,
  controlLength,
  controlPeek,
  controlRelease,
  controlReserve,
  controlSend,
} from './control-stream';
import { custodyGive, custodyTake } from './custody';
import { ownerOfInstance, workerOfInstance } from './instance-table';
import { instanceChanged } from './instances';
import { logClose, logOpen, logText } from './log';
import { issuePages, pageNumber, protectPages, quarantineRun, releasePages } from './page-service';
import { print, printDecimal } from './print';
import { flushGeneration, flushQuiet } from './quiescence';
import { workerCount, workerState } from './worker-table';

/** Messages taken from one worker in one turn, so that a busy one does not keep the others waiting. */
const TURN: u32 = 64;

/** Answers that wait for a generation: u32 worker, u32 request, u32 instance, u32 generation. */
const ANSWERS: u32 = 128;
const answers: usize = memory.data(ANSWERS * 16, 8);
let answerCount: u32 = 0;

/** The owner that a request is for; 0: the instance is not one of this worker's. */
function ownerOf(worker: u32, instance: u32): u32 {
  if (instance == 0) return OWNER_WORKER | worker;
  return workerOfInstance(instance) == worker ? ownerOfInstance(instance) : 0;
}

function answer(worker: u32, request: u32, instance: u32, status: u32): void {
  const message = Result.at(controlReserve(worker, Result.BYTES));
  message.request = request;
  message.instance = instance;
  message.status = status;
  controlSend(worker, Result.BYTES, Result.ID);
}

/** What a request for a change gets when as many wait for their answers as there is room for; STATUS_OK: go on. */
function room(): u32 {
  return answerCount < ANSWERS ? STATUS_OK : STATUS_TOO_MANY;
}

/** Answers now if it failed; else when every worker has seen the change. */
function answerWhenQuiet(worker: u32, request: u32, instance: u32, status: u32): void {
  if (status != STATUS_OK || flushQuiet(flushGeneration())) {
    answer(worker, request, instance, status);
    return;
  }
  const entry = answers + answerCount++ * 16;
  store<u32>(entry, worker);
  store<u32>(entry, request, 4);
  store<u32>(entry, instance, 8);
  store<u32>(entry, flushGeneration(), 12);
}

function answersRun(): void {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < answerCount; i++) {
    const entry = answers + i * 16;
    if (flushQuiet(load<u32>(entry, 12))) answer(load<u32>(entry), load<u32>(entry, 4), load<u32>(entry, 8), STATUS_OK);
    else memory.copy(answers + kept++ * 16, entry, 16);
  }
  answerCount = kept;
}

/** A worker starts over: nothing is owed to the one that it was. */
export function requestsForget(worker: u32): void {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < answerCount; i++) {
    if (load<u32>(answers + i * 16) != worker) memory.copy(answers + kept++ * 16, answers + i * 16, 16);
  }
  answerCount = kept;
}

/** Serves every worker's stream for one turn. @returns true if there is more to do at once. */
export function requestsServe(): bool {
  let more = false;
  for (let worker: u32 = 1; worker <= workerCount(); worker++) {
    if (workerState(worker) == WORKER_RUNNING && controlFlush(worker)) more = true;
    let taken: u32 = 0;
    for (let at = controlPeek(worker); at != 0; at = controlPeek(worker)) {
      if (!take(worker, controlKind(worker), at, controlLength(worker))) complain(worker, controlKind(worker));
      controlRelease(worker);
      if (++taken == TURN) {
        more = true;
        break;
      }
    }
  }
  answersRun();
  if (quarantineRun() || answerCount != 0) more = true;
  return more;
}

function complain(worker: u32, kind: u32): void {
  const previous = logOpen(LOG_WARNING);
  print('worker ');
  printDecimal(worker);
  print(' sent a message that is malformed or not for Thread/C, number ');
  printDecimal(kind);
  logClose(previous);
}

/** @returns false if the message is none that Thread/C takes, or has the wrong length. */
function take(worker: u32, kind: u32, at: usize, length: u32): bool {
  if (kind == PageRequest.ID && PageRequest.accepts(length)) pageRequest(worker, PageRequest.at(at));
  else if (kind == PageReturn.ID && PageReturn.accepts(length)) pageReturn(worker, PageReturn.at(at));
  else if (kind == PageProtect.ID && PageProtect.accepts(length)) pageProtect(worker, PageProtect.at(at));
  else if (kind == CustodyTake.ID && CustodyTake.accepts(length)) takeCustody(worker, CustodyTake.at(at));
  else if (kind == CustodyGive.ID && CustodyGive.accepts(length)) giveCustody(worker, CustodyGive.at(at));
  else if (kind == ApplicationState.ID && ApplicationState.accepts(length)) state(worker, ApplicationState.at(at));
  else if (kind == ChannelServe.ID && ChannelServe.accepts(length)) serve(worker, ChannelServe.at(at), length);
  else if (kind == ChannelConnect.ID && ChannelConnect.accepts(length)) connect(worker, ChannelConnect.at(at), length);
  else if (kind == ChannelClose.ID && ChannelClose.accepts(length)) close(worker, ChannelClose.at(at));
  else if (kind == Log.ID && Log.accepts(length)) {
    logText(worker, Log.at(at).instance, Log.at(at).level, Log.at(at).text, Log.textBytes(length));
  } else if (kind == Hello.ID && Hello.accepts(length)) hello(worker, Hello.at(at));
  else if (kind == Ping.ID && Ping.accepts(length)) pong(worker, Ping.at(at).token);
  else if (kind != Pong.ID || !Pong.accepts(length)) return false;
  return true;
}

function hello(worker: u32, message: Hello): void {
  if (message.interfaceHash == CONTROL_HASH && message.applicationHash == APPLICATION_HASH) return;
  const previous = logOpen(LOG_ERROR);
  print('worker ');
  printDecimal(worker);
  print(' was built against another interface; rebuild the image');
  logClose(previous);
}

function pong(worker: u32, token: u64): void {
  const message = Pong.at(controlReserve(worker, Pong.BYTES));
  message.token = token;
  controlSend(worker, Pong.BYTES, Pong.ID);
}

function pageRequest(worker: u32, message: PageRequest): void {
  const request = message.request;
  const instance = message.instance;
  const pages = message.pages;
  const owner = ownerOf(worker, instance);
  const address: usize = owner == 0 ? 0 : issuePages(owner, pages, message.purpose);
  const grant = PageGrant.at(controlReserve(worker, PageGrant.BYTES));
  grant.address = address;
  grant.request = request;
  grant.instance = instance;
  grant.pages = address == 0 ? 0 : pages;
  grant.status = address != 0 ? STATUS_OK : owner == 0 ? STATUS_NOT_YOURS : STATUS_OUT_OF_MEMORY;
  controlSend(worker, PageGrant.BYTES, PageGrant.ID);
}

function pageReturn(worker: u32, message: PageReturn): void {
  const page = pageNumber(message.address);
  const owner = ownerOf(worker, message.instance);
  if (page >= 0 && owner != 0 && releasePages(owner, page, message.pages) == STATUS_OK) return;
  const previous = logOpen(LOG_WARNING);
  print('worker ');
  printDecimal(worker);
  print(' returned pages that it does not have');
  logClose(previous);
}

function pageProtect(worker: u32, message: PageProtect): void {
  const page = pageNumber(message.address);
  const owner = ownerOf(worker, message.instance);
  let status = page >= 0 && owner != 0 ? room() : STATUS_NOT_YOURS;
  if (status == STATUS_OK) status = protectPages(owner, page, message.pages, message.protection);
  answerWhenQuiet(worker, message.request, message.instance, status);
}

function takeCustody(worker: u32, message: CustodyTake): void {
  const known = message.instance != 0 && ownerOf(worker, message.instance) != 0;
  let status = known ? room() : STATUS_NOT_YOURS;
  if (status == STATUS_OK) status = custodyTake(message.instance, message.address, message.bytes);
  answerWhenQuiet(worker, message.request, message.instance, status);
}

function giveCustody(worker: u32, message: CustodyGive): void {
  const known = message.instance != 0 && ownerOf(worker, message.instance) != 0;
  let status = known ? room() : STATUS_NOT_YOURS;
  if (status == STATUS_OK) status = custodyGive(message.instance, message.address, message.bytes, message.to);
  answerWhenQuiet(worker, message.request, message.instance, status);
}

function state(worker: u32, message: ApplicationState): void {
  if (workerOfInstance(message.instance) == worker) instanceChanged(message.instance, message.state, message.status);
}

function serve(worker: u32, message: ChannelServe, length: u32): void {
  if (ownerOf(worker, message.instance) == 0 || message.instance == 0) return;
  const bytes = ChannelServe.serviceBytes(length);
  brokerServe(message.instance, message.request, message.interfaceHash, message.service, bytes);
}

function connect(worker: u32, message: ChannelConnect, length: u32): void {
  if (ownerOf(worker, message.instance) == 0 || message.instance == 0) return;
  const bytes = ChannelConnect.serviceBytes(length);
  brokerConnect(message.instance, message.request, message.interfaceHash, message.service, bytes);
}

function close(worker: u32, message: ChannelClose): void {
  if (workerOfInstance(message.instance) == worker) brokerClose(message.instance, message.channel);
}
