/**
 * What a terminal and a session of the shell say to each other over a channel of the service `shell`, which Thread/C serves. The session
 * begins with its prompt when the channel is open, and ends with the channel.
 */
import { defineInterface, type Interface } from '@drift-os/ring';

const messages = {
  text: {
    summary: 'To the shell what is typed, from the shell what is shown.',
    fields: { bytes: ['u8[]', 'UTF-8; a command ends with a carriage return, what is shown has \\r\\n'] },
  },
  width: { summary: 'To the shell: how wide the terminal is.', fields: { columns: ['u32', '40 to 1000'] } },
} as const;

export const terminal: Interface<typeof messages> = defineInterface('drift.terminal', 1, messages);
