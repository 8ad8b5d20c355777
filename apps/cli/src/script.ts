/** `--expect` and `--send` in the order in which they were given, carried out on a running guest. */
import type { OptionUse } from './command-line.ts';
import type { Guest } from './guest.ts';

export interface Step {
  readonly kind: 'expect' | 'send';
  readonly text: string;
}

export function stepsOf(uses: readonly OptionUse[]): Step[] {
  return uses.flatMap(({ name, value }) =>
    (name === 'expect' || name === 'send') && value !== undefined ? [{ kind: name, text: value }] : [],
  );
}

/**
 * Waits for what is expected and types what is to be sent, each with Enter.
 *
 * @param deadline Time of `performance.now()` by which all of it must be done.
 * @throws HypervisorError or MachineError TIMEOUT or MACHINE_ENDED.
 */
export async function runScript(guest: Guest, steps: readonly Step[], deadline: number): Promise<void> {
  for (const { kind, text } of steps) {
    if (kind === 'send') await guest.send(`${text}\r`);
    else await guest.waitFor(text, { timeout: Math.max(1, Math.round(deadline - performance.now())) });
  }
}
