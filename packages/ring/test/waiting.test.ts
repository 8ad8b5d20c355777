/** What only the host has: waiting, notifying, 64-bit words, statistics, and errors for its own caller's mistakes. */
import { describe, expect, it } from 'vitest';
import { RING_CLOSED_DIED } from '../layout/ring.ts';
import {
  ringBytes,
  RingError,
  ringInitialize,
  RingReader,
  ringUsed,
  RingWriter,
  ringWriterDied,
} from '../src/index.ts';
import { WordReader, wordRingInitialize, WordWriter } from '../src/index.ts';
import { guestModule } from './guest-module.ts';
import { RINGS_AT, TestMemory } from './implementations.ts';

function ring(capacity: number) {
  const buffer = new SharedArrayBuffer(ringBytes(capacity));
  ringInitialize(buffer, 0, capacity);
  return { buffer, writer: new RingWriter({ buffer }), reader: new RingReader({ buffer }) };
}

describe('waiting without blocking', () => {
  it('wakes a reader by notify', async () => {
    const { writer, reader } = ring(64);
    const waiting = reader.waitAsync(10_000);
    expect(writer.write(Uint8Array.of(1, 2, 3), 7)).toBe(true);
    writer.notify();
    expect(await waiting).toBe(true);
    expect(reader.read()).toEqual({ payload: Uint8Array.of(1, 2, 3), kind: 7 });
    expect(writer.statistics.notifications).toBe(1);
    expect(reader.statistics.sleeps).toBe(1);
  });

  it('wakes a writer by notify', async () => {
    const { writer, reader } = ring(32);
    while (writer.write(new Uint8Array(8)));
    const waiting = writer.waitAsync(8, 10_000);
    reader.read();
    reader.notify();
    expect(await waiting).toBe(true);
    expect(writer.write(new Uint8Array(8))).toBe(true);
  });

  it('ends when the peer closes or is declared dead', async () => {
    const first = ring(64);
    const closing = first.reader.waitAsync(10_000);
    first.writer.close();
    expect(await closing).toBe(false);
    const second = ring(64);
    const dying = second.reader.waitAsync(10_000);
    ringWriterDied(second.buffer, 0);
    expect([await dying, second.reader.closed]).toEqual([false, RING_CLOSED_DIED]);
  });

  it('ends after the time given, blocking or not', async () => {
    const { reader, writer } = ring(32);
    expect(await reader.waitAsync(5)).toBe(false);
    expect(reader.wait(5)).toBe(false);
    while (writer.write(new Uint8Array(8)));
    expect(writer.wait(8, 5)).toBe(false);
    expect(reader.wait(5)).toBe(true);
    expect(reader.closed).toBe(0);
  });

  it('waits for words', async () => {
    const buffer = new SharedArrayBuffer(ringBytes(8));
    wordRingInitialize(buffer, 0, 8);
    const writer = WordWriter.u32({ buffer });
    const reader = WordReader.u32({ buffer });
    const waiting = reader.waitAsync(10_000);
    writer.push(5);
    writer.notify();
    expect(await waiting).toBe(true);
    writer.push(6);
    expect(writer.wait(5)).toBe(false);
    const room = writer.waitAsync(10_000);
    expect(reader.pop()).toBe(5);
    reader.notify();
    expect(await room).toBe(true);
  });
});

it('64-bit words are bigints on the host and u64 in the guest', () => {
  const memory = new TestMemory(guestModule);
  wordRingInitialize(memory.buffer, RINGS_AT, 32, 1, 8);
  const writer = WordWriter.u64({ buffer: memory.buffer, ring: RINGS_AT });
  const reader = WordReader.u64({ buffer: memory.buffer, ring: RINGS_AT });
  expect(writer.push(0xfedcba9876543210n)).toBe(true);
  expect(reader.available()).toBe(1);
  expect(reader.pop()).toBe(0xfedcba9876543210n);
  const { wideRoundTrip } = memory.guestExports as Record<string, (...values: (number | bigint)[]) => unknown>;
  expect(wideRoundTrip?.(memory.state(), memory.state(), RINGS_AT, 0x1122334455667788n)).toBe(0x5566778811223344n);
  expect(WordReader.u32({ buffer: memory.buffer, ring: RINGS_AT }).closed).not.toBe(0);
});

it('statistics come from the positions', () => {
  const { buffer, writer, reader } = ring(64);
  for (let turn = 0; turn < 100; turn++) {
    expect(writer.write(new Uint8Array(8))).toBe(true);
    if (turn === 50) expect(ringUsed(buffer, 0)).toBe(16);
    expect(reader.read()?.payload.length).toBe(8);
  }
  expect([writer.statistics.units, reader.statistics.units]).toEqual([200, 200]);
  expect(writer.statistics.refreshes).toBeLessThan(60);
});

it('the private state of the guest fits', () => {
  expect(new TestMemory(guestModule).guestExports['statesFit']?.()).toBe(1);
});

describe('mistakes of the caller', () => {
  const reserveAndCommit = (reserved: number, committed: number): void => {
    const { writer } = ring(64);
    writer.reserve(reserved);
    writer.commit(committed);
  };
  const buffer = new SharedArrayBuffer(1024);
  it.each([
    ['RING_INVALID_CAPACITY', () => ringInitialize(buffer, 0, 48)],
    ['RING_INVALID_CAPACITY', () => ringInitialize(buffer, 0, 8)],
    ['RING_INVALID_PLACE', () => ringInitialize(buffer, 64, 64)],
    ['RING_INVALID_PLACE', () => ringInitialize(buffer, 0, 512)],
    ['RING_INVALID_PLACE', () => new RingReader({ buffer, ring: 1024 })],
    ['RING_INVALID_EPOCH', () => ringInitialize(buffer, 0, 64, 0)],
    ['RING_NOT_RESERVED', () => ring(64).writer.commit(0)],
    ['RING_NOT_RESERVED', () => reserveAndCommit(8, 9)],
  ])('%s', (code, mistake) => {
    expect(mistake).toThrow(RingError);
    expect(mistake).toThrow(expect.objectContaining({ code }));
  });
});
