/** Crashes its worker, in the way that its argument says. */
import { call, instructionPointer } from '@drift-os/abi/assembly/generated/cpu';
import { argument } from '@drift-os/kernel-w/sdk';

let depth: u64 = 0;

export function init(): void {
  const what = argument();
  if (what == 'null') store<u32>(load<u32>(8), 1);
  if (what == 'text') store<u8>(<usize>instructionPointer(), 0xcc);
  // eslint-disable-next-line drift/no-string-data -- any data will do: it is called
  if (what == 'data') call(<u64>changetype<usize>('not code'), 0, 0, 0);
  if (what == 'stack') dive(1);
  if (what == 'trap') unreachable();
  if (what == 'spin') for (;;) depth++;
}

/** Uses up the stack. */
function dive(level: u64): u64 {
  depth = level;
  return level == u64.MAX_VALUE ? 0 : dive(level + 1) + level;
}
