/** rings, services, channels, custody: how the threads are joined, and who holds what. */
import {
  RECORD_UNIT_BYTES,
  RING_CAPACITY_AT,
  RING_READER_STATUS_AT,
  RING_STATE_AT,
  RING_WRITER_STATUS_AT,
} from '@drift-os/ring/layout/ring';
import { RingReader, RingWriter, ringUsed } from '@drift-os/ring/assembly';
import {
  THREAD_C,
  channelClient,
  channelClientRing,
  channelNumber,
  channelPlaces,
  channelServer,
  channelServerRing,
  serviceInstance,
  serviceName,
  serviceNameBytes,
  servicePlaces,
} from '../broker';
import { controlIn, controlOut, controlPair } from '../control-stream';
import { custodyEnd, custodyHolder, custodyRanges, custodySetProtection, custodyStart } from '../custody';
import { newline, print, printBytes, printDecimal, printHex, printLine } from '../print';
import { argumentCount, argumentIs, failArgument } from '../shell/arguments';
import { DONE, define, heading } from '../shell/command-table';
import { suggestUsage } from '../shell/error';
import { columnTo } from '../shell/output';
import { workerCount } from '../worker-table';

const ASLEEP: u32 = 1;

function printStatus(ring: usize, statusAt: usize): void {
  const state = atomic.load<u32>(ring + statusAt + RING_STATE_AT);
  if (state == 0) print('awake');
  else if (state == ASLEEP) print('asleep');
  else {
    print('closed ');
    printDecimal(state);
  }
}

/** How full a ring is, and what its two sides do. */
function printRing(ring: usize): void {
  printHex(ring, 8);
  printDecimal(atomic.load<u32>(ring + RING_CAPACITY_AT), 9);
  printDecimal(ringUsed(ring), 8);
  columnTo(52);
  printStatus(ring, RING_WRITER_STATUS_AT);
  columnTo(62);
  printStatus(ring, RING_READER_STATUS_AT);
  newline();
}

function printHeader(): void {
  printLine('from       to            ring          bytes    used  writer    reader');
}

function printControl(worker: u32): void {
  print('Thread/C   worker ');
  printDecimal(worker);
  columnTo(25);
  printRing(controlOut(worker));
  print('worker ');
  printDecimal(worker);
  columnTo(11);
  print('Thread/C');
  columnTo(25);
  printRing(controlIn(worker));
}

function printEnd(instance: u32): void {
  if (instance == 0) print('(gone)');
  else if (instance == THREAD_C) print('Thread/C');
  else {
    print('inst. ');
    printDecimal(instance);
  }
}

function printChannel(place: u32): void {
  printEnd(channelServer(place));
  columnTo(11);
  printEnd(channelClient(place));
  columnTo(25);
  printRing(channelServerRing(place));
  printEnd(channelClient(place));
  columnTo(11);
  printEnd(channelServer(place));
  columnTo(25);
  printRing(channelClientRing(place));
}

function ringsCommand(): u32 {
  printHeader();
  for (let worker: u32 = 1; worker <= workerCount(); worker++) printControl(worker);
  for (let place: u32 = 0; place < channelPlaces(); place++) if (channelNumber(place) != 0) printChannel(place);
  if (workerCount() == 0) return DONE;
  printLine('\nThread/C with  bytes sent  received  waited for room  notified');
  for (let worker: u32 = 1; worker <= workerCount(); worker++) {
    const writer: RingWriter = controlPair(worker).writer;
    const reader: RingReader = controlPair(worker).reader;
    print('worker ');
    printDecimal(worker);
    columnTo(13);
    printDecimal(writer.transferred() * RECORD_UNIT_BYTES, 12);
    printDecimal(reader.transferred() * RECORD_UNIT_BYTES, 10);
    printDecimal(writer.stalls, 17);
    printDecimal(writer.notifications + reader.notifications, 10);
    newline();
  }
  return DONE;
}

function servicesCommand(): u32 {
  printLine('service                         served by');
  for (let place: u32 = 0; place < servicePlaces(); place++) {
    if (serviceInstance(place) == 0) continue;
    printBytes(serviceName(place), serviceNameBytes(place));
    columnTo(32);
    if (serviceInstance(place) == THREAD_C) print('Thread/C');
    else {
      print('instance ');
      printDecimal(serviceInstance(place));
    }
    newline();
  }
  return DONE;
}

function channelsCommand(): u32 {
  let count = 0;
  for (let place: u32 = 0; place < channelPlaces(); place++) {
    if (channelNumber(place) == 0) continue;
    if (count++ == 0) printLine('channel  server        client');
    printDecimal(channelNumber(place), 7);
    print('  ');
    printEnd(channelServer(place));
    columnTo(23);
    printEnd(channelClient(place));
    newline();
  }
  if (count == 0) printLine('There are no channels.');
  return DONE;
}

/** custody [protect|share] */
function custodyCommand(): u32 {
  if (argumentCount() == 1) {
    if (argumentIs(1, 'protect') || argumentIs(1, 'share')) custodySetProtection(argumentIs(1, 'protect'));
    else {
      failArgument(1, 'is neither protect nor share');
      suggestUsage();
    }
    return DONE;
  }
  let count = 0;
  for (let i: u32 = 0; i < custodyRanges(); i++) {
    if (custodyHolder(i) == 0) continue;
    count++;
    printHex(custodyStart(i), 12);
    print(' - ');
    printHex(custodyEnd(i) - 1, 12);
    print('  instance ');
    printDecimal(custodyHolder(i));
    newline();
  }
  if (count == 0) printLine('Thread/C has all devices itself.');
  return DONE;
}

export function defineChannels(): void {
  heading('Channels');
  define(
    'rings',
    '',
    'Shows every ring and how full it is. And what passed through those of Thread/C.',
    'rings',
    ringsCommand,
  );
  define(
    'services',
    '',
    'Lists the services that applications and Thread/C offer by name.',
    'services',
    servicesCommand,
  );
  define('channels', '', 'Lists the channels of the applications.', 'channels', channelsCommand);
  define(
    'custody',
    '[protect|share]',
    'Lists the device memory that applications hold. protect maps what is given from now on for its holder alone, which is how it begins; share leaves it mapped for all.',
    'custody protect',
    custodyCommand,
  );
}
