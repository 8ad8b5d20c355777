/** What the two applications of the bench say to each other. `pnpm generate` makes assembly/generated/ring-bench.ts of it. */
import { defineInterface, type Interface } from '@drift-os/ring';

const messages = {
  share: { summary: 'The memory to work in, and the control page behind it.', fields: { area: 'u32', control: 'u32' } },
} as const;

export const ringBench: Interface<typeof messages> = defineInterface('bench.rings', 1, messages);
