/** What program.test.ts compiles: a hash, a sort over memory, and functions called through a table. */
let calls: u32 = 0;

export function fnv(from: usize, bytes: u32): u32 {
  let hash: u32 = 2166136261;
  for (let i: u32 = 0; i < bytes; i++) hash = (hash ^ load<u8>(from + i)) * 16777619;
  return hash;
}

function ascending(a: u32, b: u32): bool {
  calls++;
  return a < b;
}

function descending(a: u32, b: u32): bool {
  calls++;
  return a > b;
}

/** Insertion sort of u32 values by one of two orders; gives how often they were compared. */
export function sort(from: usize, count: u32, down: u32): u32 {
  calls = 0;
  const order = down != 0 ? descending : ascending;
  for (let i: u32 = 1; i < count; i++) {
    const value = load<u32>(from + (i << 2));
    let at = i;
    while (at > 0 && call_indirect<bool>(order.index, value, load<u32>(from + (at << 2) - 4))) {
      store<u32>(from + (at << 2), load<u32>(from + (at << 2) - 4));
      at--;
    }
    store<u32>(from + (at << 2), value);
  }
  return calls;
}

export function fill(from: usize, count: u32): void {
  let state: u32 = 12345;
  for (let i: u32 = 0; i < count; i++) {
    state = state * 1664525 + 1013904223;
    store<u32>(from + (i << 2), state);
  }
}
