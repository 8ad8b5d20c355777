/** A peer that writes every index and every length wrong, and everything else it can reach: for both implementations. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RING_CLOSED_BAD_LAYOUT,
  RING_CLOSED_BAD_LENGTH,
  RING_CLOSED_BAD_POSITION,
  RING_CLOSED_RESTARTED,
  RING_DATA_AT,
} from '../layout/ring.ts';
import { ringBytes, ringInitialize, wordRingInitialize } from '../src/index.ts';
import { guestModule } from './guest-module.ts';
import { RINGS_AT, TestMemory } from './implementations.ts';

const CAPACITY = 64;
const UNITS = CAPACITY / 8;
const END = RINGS_AT + ringBytes(CAPACITY);
const names = ['host', 'guest'] as const;
/** Numbers around every boundary there is. */
const edges = [
  0, 1, 2, 3, 7, 8, 9, 15, 16, 31, 63, 64, 65, 0x7ffffff0, 0x7fffffff, 0x80000000, 0xfffffff7, 0xfffffff8, 0xffffffff,
];

describe.each(names)('the %s, with a peer that writes wrong', (name) => {
  const memory = new TestMemory(guestModule);
  const word = (offset: number, value: number): void => void (memory.words[(RINGS_AT + offset) / 4] = value);
  const fresh = (start = 0): void => {
    memory.reset();
    ringInitialize(memory.buffer, RINGS_AT, CAPACITY);
    word(0x80, start);
    word(0x100, start);
  };

  it.each([0, 3, 0xfffffffe])(
    'positions of the writer, from %i on: the reader takes those that can be, and no other',
    (start) => {
      for (let distance = -20; distance <= 20; distance++) {
        fresh(start);
        const reader = memory[name].reader({ ring: RINGS_AT });
        expect(reader.peek()).toBe(0);
        // A record of one unit wherever the reader may look.
        for (let unit = 0; unit < UNITS; unit++) word(RING_DATA_AT + unit * 8, 0);
        word(0x80, (start + distance) >>> 0);
        let records = 0;
        while (reader.peek() !== 0 && records <= UNITS) {
          reader.release();
          records++;
        }
        const possible = distance >= 0 && distance <= UNITS;
        expect([distance, records, reader.closed]).toEqual([
          distance,
          possible ? distance : 0,
          possible ? 0 : RING_CLOSED_BAD_POSITION,
        ]);
        if (!possible) expect(memory.words[(RINGS_AT + 0x200) / 4]).toBe(RING_CLOSED_BAD_POSITION);
      }
    },
  );

  it.each([0, 3, 0xfffffffe])(
    'positions of the reader, from %i on: the writer takes those that can be, and no other',
    (start) => {
      for (let distance = -20; distance <= 20; distance++) {
        fresh(start);
        const writer = memory[name].writer({ ring: RINGS_AT });
        for (let unit = 0; unit < UNITS; unit++) {
          expect(writer.reserve(0)).not.toBe(0);
          writer.commit(0);
        }
        word(0x100, (start + distance) >>> 0);
        let records = 0;
        while (writer.reserve(0) !== 0 && records <= UNITS) {
          writer.commit(0);
          records++;
        }
        const possible = distance >= 0 && distance <= UNITS;
        expect([distance, records, writer.closed]).toEqual([
          distance,
          possible ? distance : 0,
          possible ? 0 : RING_CLOSED_BAD_POSITION,
        ]);
      }
    },
  );

  it('a writer that claims room which was not given back yet', () => {
    for (let stepped = 1; stepped <= 4; stepped++) {
      for (let claimed = 4; claimed <= 20; claimed++) {
        fresh();
        memory.bytes.fill(0, RINGS_AT + RING_DATA_AT, END);
        const reader = memory[name].reader({ ring: RINGS_AT });
        word(0x80, stepped);
        for (let record = 0; record < stepped; record++) {
          expect(reader.peek()).not.toBe(0);
          reader.advance();
        }
        word(0x80, claimed);
        const possible = claimed <= UNITS;
        const more = possible && claimed > stepped;
        expect([stepped, claimed, reader.peek() !== 0, reader.closed]).toEqual([
          stepped,
          claimed,
          more,
          possible ? 0 : RING_CLOSED_BAD_POSITION,
        ]);
      }
    }
  });

  it('a reader that claims to have read what was not published', () => {
    for (let published = 5; published <= UNITS; published++) {
      for (let claimed = 0; claimed <= 20; claimed++) {
        fresh();
        const writer = memory[name].writer({ ring: RINGS_AT });
        for (let unit = 0; unit < published; unit++) {
          writer.reserve(0);
          writer.commit(0);
        }
        for (let unit = published; unit < UNITS; unit++) {
          writer.reserve(0);
          writer.stage(0);
        }
        word(0x100, claimed);
        const possible = claimed <= published;
        const fits = possible && claimed > 0;
        expect([published, claimed, writer.reserve(0) !== 0, writer.closed]).toEqual([
          published,
          claimed,
          fits,
          possible ? 0 : RING_CLOSED_BAD_POSITION,
        ]);
      }
    }
  });

  it('a position that goes back', () => {
    fresh();
    const reader = memory[name].reader({ ring: RINGS_AT });
    word(0x80, 4);
    for (let record = 0; record < 3; record++) {
      expect(reader.peek()).not.toBe(0);
      reader.advance();
    }
    expect(reader.peek()).not.toBe(0);
    reader.release();
    word(0x80, 3);
    expect([reader.peek(), reader.closed]).toEqual([0, RING_CLOSED_BAD_POSITION]);
  });

  it('every length, at every offset, with every amount published', () => {
    for (let at = 0; at < UNITS; at++) {
      for (let available = 1; available <= UNITS; available++) {
        for (const length of [...edges, ...Array.from({ length: 70 }, (_, index) => index)]) {
          fresh(at);
          memory.bytes.fill(0, RINGS_AT + RING_DATA_AT, END);
          word(RING_DATA_AT + at * 8, length);
          word(0x80, at + available);
          const reader = memory[name].reader({ ring: RINGS_AT });
          const found = reader.peek();
          const contiguous = Math.min(available, UNITS - at) * 8 - 8;
          const wraps = length === 0xffffffff && at !== 0 && available > UNITS - at;
          const possible = length <= contiguous || wraps;
          if (found !== 0) inside(found, reader.length);
          const expected = [at, available, length, possible, possible ? 0 : RING_CLOSED_BAD_LENGTH];
          expect([at, available, length, found !== 0, reader.closed]).toEqual(expected);
        }
      }
    }
  });

  it('a marker behind a marker', () => {
    fresh(5);
    word(RING_DATA_AT + 5 * 8, 0xffffffff);
    word(RING_DATA_AT, 0xffffffff);
    word(0x80, 12);
    const reader = memory[name].reader({ ring: RINGS_AT });
    expect([reader.peek(), reader.closed]).toEqual([0, RING_CLOSED_BAD_LENGTH]);
  });

  it('positions of words', () => {
    for (const distance of [...edges, 4, 5, 17, 0xfffffffc]) {
      memory.reset();
      wordRingInitialize(memory.buffer, RINGS_AT, 16);
      const reader = memory[name].wordReader({ ring: RINGS_AT });
      word(0x80, distance);
      const possible = distance <= 4;
      expect([distance, reader.available(), reader.closed]).toEqual([
        distance,
        possible ? distance : 0,
        possible ? 0 : RING_CLOSED_BAD_POSITION,
      ]);
      wordRingInitialize(memory.buffer, RINGS_AT, 16);
      const writer = memory[name].wordWriter({ ring: RINGS_AT });
      expect(writer.pushBatch(Uint32Array.of(1, 2, 3, 4))).toBe(4);
      word(0x100, distance);
      expect([distance, writer.free(), writer.closed]).toEqual([
        distance,
        possible ? distance : 0,
        possible ? 0 : RING_CLOSED_BAD_POSITION,
      ]);
    }
  });

  it('what is no ring is closed from the start, and stays in bounds', () => {
    for (const offset of [0, 4, 8, 12, 16]) {
      for (const value of [...edges, 24, 96, 0x10000000, 0x40000000]) {
        fresh();
        if (memory.words[(RINGS_AT + offset) / 4] === value) continue;
        word(offset, value);
        const reader = memory[name].reader({ ring: RINGS_AT, capacity: CAPACITY });
        const writer = memory[name].writer({ ring: RINGS_AT, capacity: CAPACITY });
        expect([offset, value, reader.closed, writer.closed]).toEqual([
          offset,
          value,
          RING_CLOSED_BAD_LAYOUT,
          RING_CLOSED_BAD_LAYOUT,
        ]);
        expect([reader.peek(), writer.reserve(0), writer.reserve(8), writer.reserve(0xfffffff9)]).toEqual([0, 0, 0, 0]);
        expect([reader.prepareSleep(), writer.prepareSleep(0)]).toEqual([false, false]);
        expect([reader.rejoin(), writer.rejoin()]).toEqual([false, false]);
      }
    }
  });

  it('an epoch that changes under way closes, and never lets an old position through', () => {
    for (const epoch of edges) {
      fresh();
      const reader = memory[name].reader({ ring: RINGS_AT });
      expect(reader.peek()).toBe(0);
      word(0x184, epoch);
      word(RING_DATA_AT, 0);
      word(0x80, 1);
      expect([epoch, reader.peek() !== 0, reader.closed]).toEqual([
        epoch,
        epoch === 1,
        epoch === 1 ? 0 : RING_CLOSED_RESTARTED,
      ]);
    }
  });

  it('anything, anywhere, at any time: in bounds, ends, and a closed ring has a reason', () => {
    const action = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant('poke' as const),
          at: fc.oneof(
            fc.constantFrom(0x80, 0x100, 0x180, 0x184, 0x200, 0x204),
            fc.nat(ringBytes(CAPACITY) / 4 - 1).map((index) => index * 4),
          ),
          value: fc.oneof(fc.constantFrom(...edges), fc.nat(40), fc.nat(0xffffffff)),
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constantFrom('write', 'read', 'drain', 'sleep', 'rejoin'),
          at: fc.nat(40),
          value: fc.nat(40),
        }),
      },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        fresh();
        memory.bytes.fill(0xa5, RINGS_AT - 256, RINGS_AT);
        memory.bytes.fill(0xa5, END, END + 256);
        const writer = memory[name].writer({ ring: RINGS_AT, capacity: CAPACITY });
        const reader = memory[name].reader({ ring: RINGS_AT, capacity: CAPACITY });
        const wasClosed = { writer: 0, reader: 0 };
        for (const next of actions) {
          switch (next.do) {
            case 'poke':
              word(next.at, next.value);
              break;
            case 'write': {
              const at = writer.reserve(next.at);
              if (at === 0) break;
              inside(at, next.at);
              memory.bytes.fill(next.value, at, at + next.at);
              writer.commit(next.at, next.value);
              writer.shouldNotify();
              break;
            }
            case 'read': {
              const at = reader.peek();
              if (at !== 0) inside(at, reader.length);
              reader.release();
              reader.shouldNotify();
              break;
            }
            case 'drain': {
              let records = 0;
              for (let at = reader.peek(); at !== 0; at = reader.peek(), records++) {
                inside(at, reader.length);
                reader.release();
              }
              expect(records).toBeLessThanOrEqual(UNITS);
              break;
            }
            case 'sleep':
              if (reader.prepareSleep()) reader.wakeUp();
              if (writer.prepareSleep(next.at)) writer.wakeUp();
              break;
            case 'rejoin':
              if (reader.closed !== 0) reader.rejoin();
              if (writer.closed !== 0) writer.rejoin();
              // Open again, or closed for another reason.
              wasClosed.reader = 0;
              wasClosed.writer = 0;
              break;
          }
          if (wasClosed.reader !== 0) expect([reader.closed, reader.peek()]).toEqual([wasClosed.reader, 0]);
          if (wasClosed.writer !== 0) expect([writer.closed, writer.reserve(0)]).toEqual([wasClosed.writer, 0]);
          wasClosed.reader = reader.closed;
          wasClosed.writer = writer.closed;
        }
        for (let at = 0; at < 256; at++) {
          expect(memory.bytes[RINGS_AT - 256 + at]).toBe(0xa5);
          expect(memory.bytes[END + at]).toBe(0xa5);
        }
      }),
      { numRuns: 500 },
    );
  });

  function inside(at: number, length: number): void {
    expect(at).toBeGreaterThanOrEqual(RINGS_AT + RING_DATA_AT + 8);
    expect(at + length).toBeLessThanOrEqual(END);
  }
});
