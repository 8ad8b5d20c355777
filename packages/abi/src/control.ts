/**
 * What Thread/C and a worker say to each other over the worker's stream pair. Either side may send `hello`, `ping` and `pong`; of the
 * others, each has one direction. Values of the fields: layout/messages.ts. Addresses and lengths are physical, in bytes.
 *
 * A request carries a number of the sender's choice; exactly one message answers it (`pageGrant`, `result`, `channelGrant` or
 * `channelRefused`), in no promised order. `instance` is an application instance, or 0 for kernel-w itself; `status` a STATUS_* of layout/messages.ts.
 */
import { defineInterface, type Interface } from '@drift-os/ring';

const messages = {
  hello: {
    summary: 'First message in each direction. An end that finds another hash than its own says so and stops talking.',
    fields: {
      interfaceHash: ['u64', 'CONTROL_HASH'],
      applicationHash: ['u64', 'APPLICATION_HASH, which the applications were built against'],
      epoch: ['u32', 'start of the worker, as in its block'],
      features: ['u32', 'WORKER_FEATURE_*; 0 from Thread/C'],
    },
  },
  ping: { summary: 'Answered by pong with the same token.', fields: { token: 'u64' } },
  pong: { summary: 'Answers ping.', fields: { token: 'u64' } },
  log: {
    summary: 'Worker: a line for the log.',
    fields: {
      instance: 'u32',
      level: ['u32', 'LOG_*'],
      text: ['u8[]', 'UTF-8, without a line end, at most LOG_TEXT_LIMIT'],
    },
  },

  pageRequest: {
    summary: 'Worker: asks for consecutive pages below 4 GiB. Answered by pageGrant.',
    fields: { request: 'u32', instance: 'u32', pages: ['u32', 'how many'], purpose: ['u32', 'PURPOSE_*'] },
  },
  pageGrant: {
    summary: 'Thread/C: issues pages, zeroed, readable and writable, or refuses.',
    fields: { address: ['u64', '0: refused'], request: 'u32', instance: 'u32', pages: 'u32', status: 'u32' },
  },
  pageReturn: {
    summary: 'Worker: gives pages back that it was issued, all of a grant or a part.',
    fields: { address: 'u64', instance: 'u32', pages: 'u32' },
  },
  pageProtect: {
    summary: 'Worker: asks for another protection of its own pages. Answered by result.',
    fields: { address: 'u64', request: 'u32', instance: 'u32', pages: 'u32', protection: ['u32', 'PROTECTION_*'] },
  },
  custodyTake: {
    summary: 'Worker: asks for a range that is nobody’s page: device memory. Answered by result.',
    fields: { address: 'u64', bytes: 'u64', request: 'u32', instance: 'u32' },
  },
  custodyGive: {
    summary: 'Worker: passes a range on that it has custody of. Answered by result.',
    fields: {
      address: 'u64',
      bytes: 'u64',
      request: 'u32',
      instance: 'u32',
      to: ['u32', 'instance that gets it; 0: back to Thread/C'],
    },
  },
  custodyArrived: {
    summary: 'Thread/C: another instance passed the custody of a range to this one.',
    fields: { address: 'u64', bytes: 'u64', instance: 'u32', giver: ['u32', 'instance that had it'] },
  },
  result: {
    summary: 'Thread/C: answers pageProtect, custodyTake and custodyGive, when it is done and can be relied on.',
    fields: { request: 'u32', instance: 'u32', status: 'u32' },
  },

  applicationStart: {
    summary: 'Thread/C: start an instance. Answered by applicationState, more than once.',
    fields: {
      instance: 'u32',
      module: ['u32', 'index in the image directory'],
      argument: ['u8[]', 'at most ARGUMENT_LIMIT bytes'],
    },
  },
  applicationStop: { summary: 'Thread/C: end an instance.', fields: { instance: 'u32' } },
  applicationState: {
    summary: 'Worker: what has become of an instance.',
    fields: {
      instance: 'u32',
      state: ['u32', 'APPLICATION_*'],
      status: ['u32', 'STATUS_* of APPLICATION_FAILED; of APPLICATION_STOPPED what the application gave to quit'],
    },
  },

  channelServe: {
    summary:
      'Worker: from now on the instance serves this name: each client gives a channelGrant with this request number.',
    fields: {
      interfaceHash: 'u64',
      request: 'u32',
      instance: 'u32',
      service: ['u8[]', 'name, at most SERVICE_NAME_LIMIT bytes'],
    },
  },
  channelConnect: {
    summary:
      'Worker: asks for a channel to whoever serves this name, now or later. Answered by channelGrant or channelRefused.',
    fields: {
      interfaceHash: 'u64',
      request: 'u32',
      instance: 'u32',
      service: ['u8[]', 'name, at most SERVICE_NAME_LIMIT bytes'],
    },
  },
  channelGrant: {
    summary: 'Thread/C: a stream pair, initialised, whose other end has been granted to the peer.',
    fields: {
      request: 'u32',
      instance: 'u32',
      channel: ['u32', 'number of the channel, the same on both ends, never 0'],
      role: ['u32', 'ROLE_*'],
      writeRing: ['u32', 'ring that this end writes'],
      readRing: ['u32', 'ring that this end reads'],
      epoch: ['u32', 'of both rings'],
      peerDoorbell: ['u32', 'to be counted up when the peer’s end sleeps: doorbell of its worker, or controlBell'],
      peer: ['u32', 'instance at the other end; 0: Thread/C'],
    },
  },
  channelRefused: {
    summary: 'Thread/C: there will be no channel (or, for channelServe, no service).',
    fields: { request: 'u32', instance: 'u32', status: 'u32' },
  },
  channelClose: {
    summary: 'Worker: this end is done with the channel and touches its rings no more.',
    fields: { instance: 'u32', channel: 'u32' },
  },
  channelClosed: {
    summary: 'Thread/C: the other end is done. The rings stay until channelClose.',
    fields: { instance: 'u32', channel: 'u32', status: 'u32' },
  },
  standOffChanged: {
    summary: 'Thread/C: the configuration in the worker block has changed, and counting starts anew.',
    fields: { counters: ['u32', '1: also zero the counters of time'] },
  },
} as const;

export const control: Interface<typeof messages> = defineInterface('drift.control', 1, messages);
