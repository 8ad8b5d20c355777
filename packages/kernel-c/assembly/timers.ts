/**
 * What is to happen later: a list of functions ordered by deadline. Deadlines are in any unit that only grows; Thread/C uses
 * the time-stamp counter. Runs in the loop, never in an interrupt.
 */
const LIMIT: u32 = 256;
/** u64 deadline, u32 function (table index of `(argument: u32) => void`), u32 argument, u32 number, u32 zero. */
const BYTES: u32 = 24;
const list: usize = memory.data(LIMIT * BYTES, 8);
let count: u32 = 0;
let numbers: u32 = 0;

/** Runs `callback(argument)` once when the time is `deadline`. @returns a number for `timerCancel`, 0 if the list is full. */
export function timerStart(deadline: u64, callback: u32, argument: u32): u32 {
  if (count == LIMIT) return 0;
  let at = count++;
  while (at > 0 && load<u64>(list + (at - 1) * BYTES) > deadline) at--;
  const entry = list + at * BYTES;
  memory.copy(entry + BYTES, entry, (count - 1 - at) * BYTES);
  if (++numbers == 0) numbers = 1;
  store<u64>(entry, deadline);
  store<u32>(entry, callback, 8);
  store<u32>(entry, argument, 12);
  store<u32>(entry, numbers, 16);
  return numbers;
}

/** @returns false if the timer has run already, or never was. */
export function timerCancel(number: u32): bool {
  for (let i: u32 = 0; i < count; i++) {
    if (load<u32>(list + i * BYTES, 16) != number) continue;
    remove(i);
    return true;
  }
  return false;
}

function remove(index: u32): void {
  const entry = list + index * BYTES;
  count--;
  memory.copy(entry, entry + BYTES, (count - index) * BYTES);
}

/** Deadline of the next timer; u64.MAX_VALUE without one. */
export function timersNext(): u64 {
  return count == 0 ? u64.MAX_VALUE : load<u64>(list);
}

/** Runs what is due at `now`, in order of deadline. A timer may start others. @returns how many ran. */
export function timersRun(now: u64): u32 {
  let ran: u32 = 0;
  while (count > 0 && load<u64>(list) <= now && ran < LIMIT) {
    const callback = load<u32>(list, 8);
    const argument = load<u32>(list, 12);
    remove(0);
    call_indirect<void>(callback, argument);
    ran++;
  }
  return ran;
}
