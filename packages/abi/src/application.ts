/**
 * What kernel-w and an application instance say to each other over the private pair in the application's context. They share a
 * thread: the application writes, and kernel-w reads when the entry point returns or `kernel-w.serve` is called. A request number of 0 is
 * kernel-w's own.
 * Values of the fields: layout/messages.ts; meaning as in control.ts, where kernel-w passes most of it on.
 */
import { defineInterface, type Interface } from '@drift-os/ring';

const messages = {
  log: {
    summary: 'Application: a line for the log.',
    fields: { level: ['u32', 'LOG_*'], text: ['u8[]', 'UTF-8, without a line end, at most LOG_TEXT_LIMIT'] },
  },
  pageRequest: {
    summary: 'Application: asks for consecutive pages. Answered by pageGrant.',
    fields: { request: 'u32', pages: ['u32', 'how many'], purpose: ['u32', 'PURPOSE_*'] },
  },
  pageGrant: {
    summary: 'kernel-w: issues pages, zeroed, readable and writable, or refuses.',
    fields: { address: ['u64', '0: refused'], request: 'u32', pages: 'u32', status: 'u32' },
  },
  pageReturn: {
    summary: 'Application: gives pages back, all of a grant or a part.',
    fields: { address: 'u64', pages: 'u32' },
  },
  pageProtect: {
    summary: 'Application: asks for another protection of its own pages. Answered by result.',
    fields: { address: 'u64', request: 'u32', pages: 'u32', protection: ['u32', 'PROTECTION_*'] },
  },
  custodyTake: {
    summary: 'Application: asks for a range that is nobody’s page: device memory. Answered by result.',
    fields: { address: 'u64', bytes: 'u64', request: 'u32' },
  },
  custodyGive: {
    summary: 'Application: passes a range on that it has custody of. Answered by result.',
    fields: { address: 'u64', bytes: 'u64', request: 'u32', to: ['u32', 'instance that gets it; 0: back to Thread/C'] },
  },
  custodyArrived: {
    summary: 'kernel-w: another instance passed the custody of a range to this one.',
    fields: { address: 'u64', bytes: 'u64', giver: ['u32', 'instance that had it'] },
  },
  result: {
    summary: 'kernel-w: answers pageProtect, custodyTake and custodyGive.',
    fields: { request: 'u32', status: 'u32' },
  },

  channelServe: {
    summary: 'Application: serves this name from now on; each client gives a channelGrant with this request number.',
    fields: { interfaceHash: 'u64', request: 'u32', service: ['u8[]', 'name, at most SERVICE_NAME_LIMIT bytes'] },
  },
  channelConnect: {
    summary: 'Application: asks for a channel to whoever serves this name, now or later.',
    fields: { interfaceHash: 'u64', request: 'u32', service: ['u8[]', 'name, at most SERVICE_NAME_LIMIT bytes'] },
  },
  channelGrant: {
    summary: 'kernel-w: a stream pair, initialised.',
    fields: {
      request: 'u32',
      channel: ['u32', 'number of the channel, the same on both ends, never 0'],
      role: ['u32', 'ROLE_*'],
      writeRing: ['u32', 'ring that this end writes'],
      readRing: ['u32', 'ring that this end reads'],
      epoch: ['u32', 'of both rings'],
      peerDoorbell: ['u32', 'doorbell of the peer’s worker, to be counted up when its end sleeps'],
      peer: ['u32', 'instance at the other end'],
      end: ['u32', 'address of the channel end, see layout/application-context.ts'],
    },
  },
  channelRefused: {
    summary: 'kernel-w: there will be no channel, or no service.',
    fields: { request: 'u32', status: 'u32' },
  },
  channelClose: {
    summary: 'Application: done with the channel; its rings are touched no more.',
    fields: { channel: 'u32' },
  },
  channelClosed: {
    summary: 'kernel-w: the other end is done. What it wrote before can still be read.',
    fields: { channel: 'u32', status: 'u32' },
  },

  timer: {
    summary:
      'Application: call `poll` again at this time at the latest. A later timer replaces it; after `poll` it is gone.',
    fields: { deadline: ['u64', 'time-stamp counter'] },
  },
  quit: {
    summary: 'Application: it is done; `stop` is called when the entry point returns, and nothing of it runs again.',
    fields: { exitStatus: ['u32', 'reported in the log and in applicationState'] },
  },
} as const;

export const application: Interface<typeof messages> = defineInterface('drift.application', 1, messages);
