/** Ends hypervisors when this process ends, however it ends short of SIGKILL. */
import type { ChildProcess } from 'node:child_process';

/** Child, and what to do once it is gone. */
const guarded = new Map<ChildProcess, () => void>();
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function killAll(): void {
  for (const [child, afterwards] of guarded) {
    child.kill('SIGKILL');
    afterwards();
  }
}

/** Ends the children; where nobody else listens for the signal, it then does to this process what it would have done without us. */
function onSignal(signal: NodeJS.Signals): void {
  killAll();
  if (process.listenerCount(signal) > 1) return;
  process.removeListener(signal, onSignal);
  process.kill(process.pid, signal);
}

/** From now until it exits, `child` ends with this process; `afterwards` runs in either case, synchronously. */
export function guardChild(child: ChildProcess, afterwards: () => void): void {
  if (guarded.size === 0) {
    process.on('exit', killAll);
    for (const signal of signals) process.on(signal, onSignal);
  }
  guarded.set(child, afterwards);
  child.once('exit', () => {
    guarded.delete(child);
    afterwards();
    if (guarded.size > 0) return;
    process.removeListener('exit', killAll);
    for (const signal of signals) process.removeListener(signal, onSignal);
  });
}
