/**
 * The application SDK. An application is a module that exports some of
 *
 * ```ts
 * export function init(): void {}                   // once
 * export function poll(): u32 { return 0; }         // in every turn; 1: call again at once
 * export function message(channel: u32): void {}    // something happened on a channel
 * export function stop(): void {}                   // once, at the end
 * ```
 *
 * They run on the worker's thread and return soon. `new` works, without a garbage collector: `heap.free` gives memory back.
 */
export { heapFree, heapUsed } from './allocation';
export { Channel } from './channel';
export { argument, instanceNumber, microseconds, now, ticksPerSecond, worker } from './context';
export { Arrival } from './arrivals';
export { arrivedCustody, giveCustody, takeCustody } from './custody';
export { fail, quit, wakeAt } from './life';
export { Line, line, log } from './log';
export { protectPages, requestPages, returnPages } from './pages';
