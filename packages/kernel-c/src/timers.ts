/** Thread/C's timer list on the host: deadlines in any unit that only grows. */
import { instantiateHostModule } from './host-module.ts';

export interface Timers {
  /** @returns a number for `cancel`, or 0 if the list is full. */
  start(deadline: bigint, action: () => void): number;
  /** @returns false if it has run already, or never was. */
  cancel(timer: number): boolean;
  /** Deadline of the next one. */
  readonly next: bigint | undefined;
  /** Runs what is due at `now`, in order of deadline. @returns how many ran. */
  run(now: bigint): number;
}

interface Exports {
  timerStart(deadline: bigint, callback: number, argument: number): number;
  timerCancel(timer: number): number;
  timersNext(): bigint;
  timersRun(now: bigint): number;
  notifier(): number;
}

const NEVER = -1n;

/** @param wasm dist/host.wasm of this package, as bytes or compiled. */
export async function createTimers(wasm: BufferSource | WebAssembly.Module): Promise<Timers> {
  const actions = new Map<number, () => void>();
  let keys = 0;
  const timers = new Map<number, number>();
  const { exports } = await instantiateHostModule<Exports>(wasm, 0, {}, (key) => {
    const action = actions.get(key);
    actions.delete(key);
    action?.();
  });
  return {
    start: (deadline, action) => {
      const timer = exports.timerStart(deadline, exports.notifier(), ++keys);
      if (timer === 0) return 0;
      actions.set(keys, action);
      timers.set(timer, keys);
      return timer;
    },
    cancel: (timer) => {
      actions.delete(timers.get(timer) ?? 0);
      timers.delete(timer);
      return exports.timerCancel(timer) !== 0;
    },
    get next() {
      const next = exports.timersNext();
      return next === NEVER ? undefined : next;
    },
    run: (now) => exports.timersRun(now),
  };
}
