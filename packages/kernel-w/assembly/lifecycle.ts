/**
 * The life of an application instance on this worker: asked for, waiting for pages, ready, running, stopping, ended. Thread/C's messages
 * only change states here; application code runs in `driveInstance` alone.
 */
import { APPLICATION_HASH } from '@drift-os/abi/assembly/generated/application';
import { ApplicationStart, ApplicationState, PageGrant } from '@drift-os/abi/assembly/generated/control';
import { APPLICATION_CHANNELS } from '@drift-os/abi/layout/application-context';
import {
  DIRECTORY_MODULE_COUNT_AT,
  DIRECTORY_MODULES_AT,
  MODULE_APPLICATION,
  MODULE_BYTES,
  MODULE_INIT_AT,
  MODULE_INTERFACE_HASH_AT,
  MODULE_KIND_AT,
  MODULE_MESSAGE_AT,
  MODULE_NAME_AT,
  MODULE_POLL_AT,
  MODULE_STACK_BYTES_AT,
  MODULE_START_AT,
  MODULE_STOP_AT,
} from '@drift-os/abi/layout/image-directory';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import {
  APPLICATION_FAILED,
  APPLICATION_RUNNING,
  APPLICATION_STOPPED,
  ARGUMENT_LIMIT,
  LOG_ERROR,
  PURPOSE_APPLICATION,
  STATUS_INTERFACE_MISMATCH,
  STATUS_NO_SUCH_MODULE,
  STATUS_NOT_STARTABLE,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
  STATUS_REQUESTED,
  STATUS_TOO_MANY,
} from '@drift-os/abi/layout/messages';
import { rdtsc } from '@drift-os/abi/assembly/generated/cpu';
import { RING_CLOSED, RING_CLOSED_DIED } from '@drift-os/ring/layout/ring';
import { closeChannels } from './channels';
import { contextPages, makeContext } from './context';
import { reserve, send } from './control';
import { callEntry, forgetContext } from './entry';
import {
  findInstance,
  forget,
  INSTANCE_ENDED,
  INSTANCE_READY,
  INSTANCE_RUNNING,
  INSTANCE_STOPPING,
  INSTANCE_WAITING,
  Instance,
} from './instance';
import { logBegin, logCounted, logEnd, logNumber, logText } from './log';
import { handleRequests, requestPages } from './requests';
import { imageDirectory, stackBytes } from './worker';

/** Thread/C: start it. What cannot be is answered at once; everything else begins with the request for the pages of its context. */
export function beginInstance(start: ApplicationStart, argumentBytes: u32): void {
  const directory = imageDirectory();
  if (start.module >= load<u32>(directory, DIRECTORY_MODULE_COUNT_AT) || argumentBytes > <u32>ARGUMENT_LIMIT) {
    return sayState(start.instance, APPLICATION_FAILED, STATUS_NO_SUCH_MODULE);
  }
  const module: usize = load<u32>(directory, DIRECTORY_MODULES_AT) + start.module * MODULE_BYTES;
  const entries =
    load<u32>(module, MODULE_INIT_AT) | load<u32>(module, MODULE_POLL_AT) | load<u32>(module, MODULE_MESSAGE_AT);
  if (load<u32>(module, MODULE_KIND_AT) != MODULE_APPLICATION || entries == 0) {
    return sayState(start.instance, APPLICATION_FAILED, STATUS_NOT_STARTABLE);
  }
  if (load<u64>(module, MODULE_INTERFACE_HASH_AT) != APPLICATION_HASH) {
    return sayState(start.instance, APPLICATION_FAILED, STATUS_INTERFACE_MISMATCH);
  }
  if (load<u32>(module, MODULE_STACK_BYTES_AT) > stackBytes()) {
    logBegin(LOG_ERROR, start.instance);
    logText('asks for more stack than a worker has, which is ');
    logNumber(stackBytes());
    logText(' bytes');
    logEnd();
    return sayState(start.instance, APPLICATION_FAILED, STATUS_NOT_STARTABLE);
  }
  const instance = findInstance(0);
  if (instance === null) return sayState(start.instance, APPLICATION_FAILED, STATUS_TOO_MANY);
  instance.number = start.instance;
  instance.state = INSTANCE_WAITING;
  instance.module = module;
  instance.moduleIndex = start.module;
  instance.argumentBytes = argumentBytes;
  memory.copy(instance.argument, start.argument, argumentBytes);
  requestPages(instance, 0, contextPages(module), PURPOSE_APPLICATION);
}

/** The pages of its context are there, or were refused. */
export function placeInstance(instance: Instance, grant: PageGrant): void {
  if (instance.state != INSTANCE_WAITING) return;
  if (grant.address == 0 || grant.address >> 32 != 0) {
    logBegin(LOG_ERROR, instance.number);
    logText('there is no memory to start ');
    logCounted(load<u32>(instance.module, MODULE_NAME_AT));
    logEnd();
    return instance.fail(STATUS_OUT_OF_MEMORY, APPLICATION_FAILED);
  }
  instance.context = <usize>grant.address;
  instance.contextBytes = grant.pages * PAGE_BYTES;
  makeContext(instance);
  instance.state = INSTANCE_READY;
}

/** Thread/C, or the end of this worker: end it, in good order where its code has begun to run. */
export function stopInstance(instance: Instance): void {
  if (instance.state == INSTANCE_RUNNING) {
    instance.state = INSTANCE_STOPPING;
    instance.outcome = APPLICATION_STOPPED;
    instance.status = STATUS_REQUESTED;
  } else if (instance.state < INSTANCE_RUNNING) {
    instance.fail(STATUS_REQUESTED, APPLICATION_STOPPED);
  }
}

/** Lets its code run, as far as there is something to do. True: there was. */
export function driveInstance(instance: Instance): bool {
  let worked: bool = false;
  if (instance.state == INSTANCE_READY) {
    start(instance);
    worked = true;
  } else if (instance.state == INSTANCE_RUNNING) {
    worked = deliver(instance);
    if (instance.state == INSTANCE_RUNNING) worked = poll(instance) || worked;
    worked = handleRequests(instance) || worked;
  }
  if (instance.state == INSTANCE_STOPPING) {
    callEntry(instance, load<u32>(instance.module, MODULE_STOP_AT), 0);
    handleRequests(instance);
    instance.state = INSTANCE_ENDED;
  }
  if (instance.state == INSTANCE_ENDED) {
    end(instance);
    worked = true;
  }
  return worked;
}

/** The module's start function (its top level), then `init`. */
function start(instance: Instance): void {
  instance.state = INSTANCE_RUNNING;
  callEntry(instance, load<u32>(instance.module, MODULE_START_AT), 0);
  if (instance.state == INSTANCE_RUNNING) {
    callEntry(instance, load<u32>(instance.module, MODULE_INIT_AT), <u32>instance.context);
  }
  handleRequests(instance);
  if (instance.state == INSTANCE_RUNNING) sayState(instance.number, APPLICATION_RUNNING, STATUS_OK);
}

/** Calls `message` for each channel that has something, and for the private channel when news of it has not been read yet. */
function deliver(instance: Instance): bool {
  const message = load<u32>(instance.module, MODULE_MESSAGE_AT);
  if (message == 0) return false;
  let called: bool = false;
  if (instance.event != 0) {
    instance.event = 0;
    callEntry(instance, message, 0);
    called = true;
  }
  for (let i: u32 = 0; i < <u32>APPLICATION_CHANNELS && instance.state == INSTANCE_RUNNING; i++) {
    const end = instance.end(i);
    if (end.number == 0 || !end.isDue()) continue;
    end.clearDue();
    callEntry(instance, message, end.number);
    handleRequests(instance);
    called = true;
  }
  return called;
}

/** True: the application had work, or its timer was due. */
function poll(instance: Instance): bool {
  const entry = load<u32>(instance.module, MODULE_POLL_AT);
  let due: bool = false;
  if (instance.deadline != 0 && rdtsc() >= instance.deadline) {
    instance.deadline = 0;
    due = true;
  }
  return callEntry(instance, entry, 0) != 0 || due;
}

/** Channels are closed, and Thread/C takes back everything else that belongs to the number. */
function end(instance: Instance): void {
  if (instance.context != 0) {
    closeChannels(instance, instance.outcome == APPLICATION_FAILED ? RING_CLOSED_DIED : RING_CLOSED);
    forgetContext(instance.context);
  }
  sayState(instance.number, instance.outcome, instance.status);
  forget(instance);
}

function sayState(instance: u32, state: u32, status: u32): void {
  const at = reserve(ApplicationState.BYTES);
  if (at == 0) return;
  const message = ApplicationState.at(at);
  message.instance = instance;
  message.state = state;
  message.status = status;
  send(ApplicationState.BYTES, ApplicationState.ID);
}
