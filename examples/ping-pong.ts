/** What ping and pong say to each other. `pnpm generate` makes applications/generated/ping-pong.ts of it. */
import { defineInterface, type Interface } from '@drift-os/ring';

const messages = {
  ping: { summary: 'The ball is on its way.', fields: { count: 'u32', sent: ['u64', 'time-stamp counter'] } },
  pong: { summary: 'The ball comes back.', fields: { count: 'u32', sent: ['u64', 'as it was in ping'] } },
} as const;

export const pingPong: Interface<typeof messages> = defineInterface('examples.pingpong', 1, messages);
