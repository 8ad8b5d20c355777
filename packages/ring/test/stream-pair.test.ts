import { describe, expect, it } from 'vitest';
import { RING_CLOSED, RING_CLOSED_RESTARTED } from '../layout/ring.ts';
import { ringBytes, ringInitialize } from '../src/index.ts';
import { guestModule } from './guest-module.ts';
import { combinations, type PairSide, RINGS_AT, TestMemory } from './implementations.ts';

const CAPACITY = 256;
const there = RINGS_AT;
const back = RINGS_AT + Math.ceil(ringBytes(CAPACITY) / 128) * 128;

function send(side: PairSide, memory: TestMemory, value: number): void {
  const at = side.writer.reserve(4);
  memory.words[at / 4] = value;
  side.writer.commit(4);
}

function receive(side: PairSide, memory: TestMemory): number | undefined {
  const at = side.reader.peek();
  if (at === 0) return undefined;
  const value = memory.words[at / 4] as number;
  side.reader.release();
  return value;
}

describe.each(combinations)('stream pair, %s and %s', (first, second) => {
  const setUp = () => {
    const memory = new TestMemory(guestModule);
    for (const ring of [there, back]) ringInitialize(memory.buffer, ring, CAPACITY);
    return { memory, a: memory[first].pair(there, back), b: memory[second].pair(back, there) };
  };

  it('carries records both ways', () => {
    const { memory, a, b } = setUp();
    send(a, memory, 1);
    send(b, memory, 2);
    expect([receive(b, memory), receive(a, memory), receive(a, memory), receive(b, memory)]).toEqual([
      1,
      2,
      undefined,
      undefined,
    ]);
  });

  it('sleeps only when there is nothing to do, and is notified once for both rings', () => {
    const { memory, a, b } = setUp();
    expect(b.prepareSleep(8)).toBe(false);
    expect(b.prepareSleep()).toBe(true);
    expect(a.shouldNotify()).toBe(true);
    b.wakeUp();
    send(a, memory, 1);
    expect(a.shouldNotify()).toBe(false);
    expect(b.prepareSleep()).toBe(false);
    expect(receive(b, memory)).toBe(1);
    for (let room = CAPACITY; room > 0; room -= 16) send(b, memory, 3);
    expect(b.prepareSleep(8)).toBe(true);
    receive(a, memory);
    // Room and records: one notification.
    send(a, memory, 2);
    expect([a.shouldNotify(), a.shouldNotify()]).toEqual([true, false]);
    b.wakeUp();
    expect(b.prepareSleep(8)).toBe(false);
  });

  it('closes both ways', () => {
    const { memory, a, b } = setUp();
    a.close();
    expect(a.closed).toBe(RING_CLOSED);
    expect(receive(b, memory)).toBeUndefined();
    expect(b.closed).toBe(RING_CLOSED);
  });

  it('joins a peer that has started over, once both rings have', () => {
    const { memory, a, b } = setUp();
    send(b, memory, 9);
    expect(receive(a, memory)).toBe(9);
    a.writer.attach(2);
    receive(b, memory);
    expect([b.closed, b.rejoin()]).toEqual([RING_CLOSED_RESTARTED, false]);
    a.reader.attach(2);
    expect(b.rejoin()).toBe(true);
    expect(b.closed).toBe(0);
    send(b, memory, 10);
    send(a, memory, 11);
    expect([receive(a, memory), receive(b, memory)]).toEqual([10, 11]);
  });
});
