/**
 * The channel broker. An application serves a name or connects to one; when both are there and their interfaces have the same
 * hash, Thread/C makes a stream pair and grants one end to each. The rings stay Thread/C's pages; they go back to the ledger
 * when both ends have let go. When an instance ends, its peers learn that from the rings and by message. Thread/C serves in the
 * same way, as THREAD_C.
 */
import { ChannelClosed, ChannelGrant, ChannelRefused } from '@drift-os/abi/assembly/generated/control';
import {
  ROLE_CLIENT,
  ROLE_SERVER,
  SERVICE_NAME_LIMIT,
  STATUS_INTERFACE_MISMATCH,
  STATUS_NAME_TAKEN,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
  STATUS_PEER_GONE,
  STATUS_PROTOCOL,
  STATUS_TOO_MANY,
} from '@drift-os/abi/layout/messages';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { WORKER_CONTROL_BELL_AT, WORKER_DOORBELL_AT } from '@drift-os/abi/layout/worker-block';
import { ringBytes, ringInitialize, ringReaderDied, ringWriterDied } from '@drift-os/ring/assembly';
import { OWNER_CONTROL, PROTECTION_READ, PROTECTION_WRITE, PURPOSE_CHANNEL } from '../layout/ledger';
import { controlReserve, controlSend } from './control-stream';
import { workerOfInstance } from './instance-table';
import { freePages, pagesFor, tryAllocatePages } from './pages';
import { workerBlock, workerRing } from './worker-table';

/** Stands where an instance's number does, for Thread/C itself. No instance has it: in theirs, some bit of OWNER_INDEX_MASK is 1. */
export const THREAD_C: u32 = 0xfffff000;
/** Table index of Thread/C's `(channel: u32, client: u32, write: usize, read: usize) => u32`, which answers with a STATUS_*. */
let accept: u32 = 0;

/** Bytes of data of each ring of a channel. */
let capacity: u32 = 65536;
const CAPACITY_LEAST: u32 = 1024;
const CAPACITY_MOST: u32 = 1 << 24;
const READ_WRITE: u32 = PROTECTION_READ | PROTECTION_WRITE;

/** Who serves, and who waits for a name: u32 instance (0: empty), u32 request, u64 hash, u32 bytes of name, u32 zero, name. */
const NAME_BYTES: u32 = 24 + SERVICE_NAME_LIMIT;
const SERVICES: u32 = 64;
const services: usize = memory.data(SERVICES * NAME_BYTES, 8);
const WAITERS: u32 = 64;
const waiters: usize = memory.data(WAITERS * NAME_BYTES, 8);

/** u32 number (0: empty), u32 rings, u32 server's instance, u32 client's (0: has let go), u32 pages of each ring, u32 zero. */
const CHANNEL_BYTES: u32 = 24;
const CHANNELS: u32 = 128;
const channels: usize = memory.data(CHANNELS * CHANNEL_BYTES, 8);
const SERVER_AT: usize = 8;
const CLIENT_AT: usize = 12;
const PAGES_AT: usize = 16;
let numbers: u32 = 0;

/** Changes the capacity of channels to come: a power of two. @returns false if it is none, or too little or too much. */
export function channelSetCapacity(bytes: u32): bool {
  if (popcnt(bytes) != 1 || bytes < CAPACITY_LEAST || bytes > CAPACITY_MOST) return false;
  capacity = bytes;
  return true;
}

function refuse(instance: u32, request: u32, status: u32): void {
  const worker = workerOfInstance(instance);
  const message = ChannelRefused.at(controlReserve(worker, ChannelRefused.BYTES));
  message.request = request;
  message.instance = instance;
  message.status = status;
  controlSend(worker, ChannelRefused.BYTES, ChannelRefused.ID);
}

function sameName(record: usize, name: usize, bytes: u32): bool {
  return load<u32>(record) != 0 && load<u32>(record, 16) == bytes && memory.compare(record + 24, name, bytes) == 0;
}

function findName(table: usize, places: u32, name: usize, bytes: u32): usize {
  for (let i: u32 = 0; i < places; i++)
    if (sameName(table + i * NAME_BYTES, name, bytes)) return table + i * NAME_BYTES;
  return 0;
}

/** Writes a service or a waiter into an empty place. @returns 0 if there is none. */
function addName(table: usize, places: u32, instance: u32, request: u32, hash: u64, name: usize, bytes: u32): usize {
  for (let i: u32 = 0; i < places; i++) {
    const record = table + i * NAME_BYTES;
    if (load<u32>(record) != 0) continue;
    store<u32>(record, instance);
    store<u32>(record, request, 4);
    store<u64>(record, hash, 8);
    store<u32>(record, bytes, 16);
    memory.copy(record + 24, name, bytes);
    return record;
  }
  return 0;
}

/** Thread/C serves a name, before any application runs; `accept` above is called for each client. There is one such name. */
export function brokerServeControl(name: usize, bytes: u32, hash: u64, acceptIndex: u32): void {
  accept = acceptIndex;
  addName(services, SERVICES, THREAD_C, 0, hash, name, bytes);
}

/** The instance serves a name from now on; clients that wait for it are connected. */
export function brokerServe(instance: u32, request: u32, hash: u64, name: usize, bytes: u32): void {
  if (bytes == 0 || bytes > <u32>SERVICE_NAME_LIMIT) {
    refuse(instance, request, STATUS_PROTOCOL);
    return;
  }
  if (findName(services, SERVICES, name, bytes) != 0) {
    refuse(instance, request, STATUS_NAME_TAKEN);
    return;
  }
  const service = addName(services, SERVICES, instance, request, hash, name, bytes);
  if (service == 0) {
    refuse(instance, request, STATUS_TOO_MANY);
    return;
  }
  for (let i: u32 = 0; i < WAITERS; i++) {
    const waiter = waiters + i * NAME_BYTES;
    if (!sameName(waiter, service + 24, bytes)) continue;
    const client = load<u32>(waiter);
    store<u32>(waiter, 0);
    open(service, client, load<u32>(waiter, 4), load<u64>(waiter, 8));
  }
}

/** The instance wants a channel to a name, now or when somebody serves it. */
export function brokerConnect(instance: u32, request: u32, hash: u64, name: usize, bytes: u32): void {
  if (bytes == 0 || bytes > <u32>SERVICE_NAME_LIMIT) {
    refuse(instance, request, STATUS_PROTOCOL);
    return;
  }
  const service = findName(services, SERVICES, name, bytes);
  if (service != 0) open(service, instance, request, hash);
  else if (addName(waiters, WAITERS, instance, request, hash, name, bytes) == 0)
    refuse(instance, request, STATUS_TOO_MANY);
}

function open(service: usize, client: u32, request: u32, hash: u64): void {
  if (load<u64>(service, 8) != hash) {
    refuse(client, request, STATUS_INTERFACE_MISMATCH);
    return;
  }
  let channel: usize = 0;
  for (let i: u32 = 0; i < CHANNELS && channel == 0; i++) {
    if (load<u32>(channels + i * CHANNEL_BYTES) == 0) channel = channels + i * CHANNEL_BYTES;
  }
  if (channel == 0) {
    refuse(client, request, STATUS_TOO_MANY);
    return;
  }
  const pages = <u32>pagesFor(ringBytes(capacity));
  const rings = tryAllocatePages(pages * 2, OWNER_CONTROL, PURPOSE_CHANNEL, READ_WRITE);
  if (rings == 0) {
    refuse(client, request, STATUS_OUT_OF_MEMORY);
    return;
  }
  if (++numbers == 0) numbers = 1;
  const second = rings + pages * PAGE_BYTES;
  ringInitialize(rings, capacity, numbers);
  ringInitialize(second, capacity, numbers);
  const server = load<u32>(service);
  store<u32>(channel, numbers);
  store<u32>(channel, <u32>rings, 4);
  store<u32>(channel, server, SERVER_AT);
  store<u32>(channel, client, CLIENT_AT);
  store<u32>(channel, pages, PAGES_AT);
  if (server != THREAD_C) {
    grant(server, load<u32>(service, 4), ROLE_SERVER, rings, second, client);
  } else {
    const status = call_indirect<u32>(accept, numbers, client, rings, second);
    if (status != STATUS_OK) {
      store<u32>(channel, 0);
      freePages(rings, pages * 2, OWNER_CONTROL);
      refuse(client, request, status);
      return;
    }
  }
  grant(client, request, ROLE_CLIENT, second, rings, server);
}

function grant(instance: u32, request: u32, role: u32, write: usize, read: usize, peer: u32): void {
  const worker = workerOfInstance(instance);
  const message = ChannelGrant.at(controlReserve(worker, ChannelGrant.BYTES));
  message.request = request;
  message.instance = instance;
  message.channel = numbers;
  message.role = role;
  message.writeRing = <u32>write;
  message.readRing = <u32>read;
  message.epoch = numbers;
  message.peerDoorbell = doorbellOf(peer, worker);
  message.peer = peer == THREAD_C ? 0 : peer;
  controlSend(worker, ChannelGrant.BYTES, ChannelGrant.ID);
}

/** What the client's or server's worker counts up to wake the peer: Thread/C has a bell in each worker's own block. */
function doorbellOf(peer: u32, worker: u32): u32 {
  if (peer == THREAD_C) return <u32>workerBlock(worker) + WORKER_CONTROL_BELL_AT;
  return <u32>workerBlock(workerOfInstance(peer)) + WORKER_DOORBELL_AT;
}

/** An instance, or Thread/C, lets go of its end. */
export function brokerClose(instance: u32, number: u32): void {
  for (let i: u32 = 0; i < CHANNELS; i++) {
    const channel = channels + i * CHANNEL_BYTES;
    if (load<u32>(channel) != number || number == 0) continue;
    letGo(channel, instance, STATUS_OK);
  }
}

function letGo(channel: usize, instance: u32, status: u32): void {
  const isServer = load<u32>(channel, SERVER_AT) == instance;
  if (!isServer && load<u32>(channel, CLIENT_AT) != instance) return;
  const rings: usize = load<u32>(channel, 4);
  const pages = load<u32>(channel, PAGES_AT);
  const second = rings + pages * PAGE_BYTES;
  const writes = isServer ? rings : second;
  const reads = isServer ? second : rings;
  const peer = load<u32>(channel + (isServer ? CLIENT_AT : SERVER_AT));
  store<u32>(channel + (isServer ? SERVER_AT : CLIENT_AT), 0);
  // An instance's two ends may be the same instance's.
  if (peer == 0) {
    freePages(rings, pages * 2, OWNER_CONTROL);
    store<u32>(channel, 0);
    return;
  }
  ringWriterDied(writes);
  ringReaderDied(reads);
  if (peer == THREAD_C) return; // it looks at the channel in every turn of its loop
  const worker = workerOfInstance(peer);
  workerRing(worker);
  const message = ChannelClosed.at(controlReserve(worker, ChannelClosed.BYTES));
  message.instance = peer;
  message.channel = load<u32>(channel);
  message.status = status;
  controlSend(worker, ChannelClosed.BYTES, ChannelClosed.ID);
  workerRing(worker);
}

/** Takes back everything that an instance has here: its services, what it waits for, its ends of channels. */
export function brokerInstanceEnded(instance: u32): void {
  for (let i: u32 = 0; i < SERVICES; i++) {
    if (load<u32>(services + i * NAME_BYTES) == instance) store<u32>(services + i * NAME_BYTES, 0);
  }
  for (let i: u32 = 0; i < WAITERS; i++) {
    if (load<u32>(waiters + i * NAME_BYTES) == instance) store<u32>(waiters + i * NAME_BYTES, 0);
  }
  for (let i: u32 = 0; i < CHANNELS; i++) {
    const channel = channels + i * CHANNEL_BYTES;
    if (load<u32>(channel) != 0) letGo(channel, instance, STATUS_PEER_GONE);
    // Both ends in one instance: the second goes as the first did.
    if (load<u32>(channel) != 0) letGo(channel, instance, STATUS_PEER_GONE);
  }
}

/** The client of a channel; 0: it has let go. */
export function brokerClient(number: u32): u32 {
  for (let i: u32 = 0; i < CHANNELS; i++) if (channelNumber(i) == number) return channelClient(i);
  return 0;
}

/** For the shell: channels by place; number 0 is an empty place. */
export function channelPlaces(): u32 {
  return CHANNELS;
}

export function channelNumber(place: u32): u32 {
  return load<u32>(channels + place * CHANNEL_BYTES);
}

/** Instance of an end; 0: it has let go. */
export function channelServer(place: u32): u32 {
  return load<u32>(channels + place * CHANNEL_BYTES, SERVER_AT);
}

export function channelClient(place: u32): u32 {
  return load<u32>(channels + place * CHANNEL_BYTES, CLIENT_AT);
}

/** The ring that the server writes, and the one that the client writes. */
export function channelServerRing(place: u32): usize {
  return load<u32>(channels + place * CHANNEL_BYTES, 4);
}

export function channelClientRing(place: u32): usize {
  return channelServerRing(place) + load<u32>(channels + place * CHANNEL_BYTES, PAGES_AT) * PAGE_BYTES;
}

/** For the shell: services by place; instance 0 is an empty place. */
export function servicePlaces(): u32 {
  return SERVICES;
}

export function serviceInstance(place: u32): u32 {
  return load<u32>(services + place * NAME_BYTES);
}

export function serviceName(place: u32): usize {
  return services + place * NAME_BYTES + 24;
}

export function serviceNameBytes(place: u32): u32 {
  return load<u32>(services + place * NAME_BYTES, 16);
}
