/** Random operations against a plain queue, for every combination of the implementations. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RING_DATA_AT } from '../layout/ring.ts';
import { ringInitialize, wordRingInitialize } from '../src/index.ts';
import { guestModule } from './guest-module.ts';
import { combinations, RINGS_AT, TestMemory } from './implementations.ts';

type Operation =
  | { readonly do: 'commit' | 'stage' | 'abort'; readonly bytes: number; readonly spare: number }
  | { readonly do: 'publish' | 'release' | 'advance' | 'releaseAll' };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('commit', 'stage', 'abort'),
      bytes: fc.nat(130),
      spare: fc.nat(9),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('publish', 'release', 'advance', 'releaseAll') }) },
);

/** What the ring holds, and where its ends are, counted without wrapping. */
class PlainQueue {
  readonly records: { payload: number[]; kind: number; end: number }[] = [];
  private readonly units: number;
  private tail: number;
  private released: number;
  published = 0;

  constructor(capacity: number, start: number) {
    this.units = capacity / 8;
    this.tail = start;
    this.released = start;
  }

  /** Units that a record takes, with the marker before it. */
  private taken(bytes: number): number {
    const record = 1 + Math.ceil(bytes / 8);
    const contiguous = this.units - (this.tail % this.units);
    return record > contiguous ? contiguous + record : record;
  }

  fits(bytes: number): boolean {
    return bytes <= this.units * 4 - 8 && this.taken(bytes) <= this.units - (this.tail - this.released);
  }

  /** A record goes where its reservation was, also when it turns out shorter. */
  put(payload: number[], kind: number, reserved: number): void {
    const unused = Math.ceil(reserved / 8) - Math.ceil(payload.length / 8);
    this.tail += this.taken(reserved) - unused;
    this.records.push({ payload, kind, end: this.tail });
  }

  release(end: number): void {
    this.released = end;
  }
}

describe.each(combinations)('%s writes, %s reads', (writes, reads) => {
  it('records come out as they went in, and fit exactly when there is room', () => {
    const memory = new TestMemory(guestModule);
    fc.assert(
      fc.property(
        fc.constantFrom(16, 32, 64, 128, 256),
        fc.constantFrom(0, 5, 0xfffffffd),
        fc.array(operation, { maxLength: 80 }),
        (capacity, start, operations) => {
          memory.reset();
          ringInitialize(memory.buffer, RINGS_AT, capacity);
          memory.words[(RINGS_AT + 0x80) / 4] = memory.words[(RINGS_AT + 0x100) / 4] = start;
          const writer = memory[writes].writer({ ring: RINGS_AT });
          const reader = memory[reads].reader({ ring: RINGS_AT });
          const queue = new PlainQueue(capacity, start);
          let stepped = 0;
          let serial = 0;
          const step = (): void => {
            const at = reader.peek();
            const expected = stepped < queue.published ? queue.records[stepped] : undefined;
            expect(at !== 0).toBe(expected !== undefined);
            if (expected === undefined) return;
            expect([reader.length, reader.kind]).toEqual([expected.payload.length, expected.kind]);
            expect([...memory.bytes.subarray(at, at + reader.length)]).toEqual(expected.payload);
            reader.advance();
            stepped++;
          };
          const releaseAll = (): void => {
            reader.releaseAll();
            if (stepped > 0) queue.release(queue.records[stepped - 1]?.end as number);
          };
          for (const next of operations) {
            switch (next.do) {
              case 'commit':
              case 'stage':
              case 'abort': {
                const at = writer.reserve(next.bytes + next.spare);
                expect(at !== 0).toBe(queue.fits(next.bytes + next.spare));
                if (at === 0) break;
                const payload = Array.from({ length: next.bytes }, (_, index) => (serial + index) & 255);
                memory.bytes.set(payload, at);
                if (next.do === 'abort') {
                  writer.abort();
                  break;
                }
                serial++;
                const kind = serial;
                if (next.do === 'commit') writer.commit(next.bytes, kind);
                else writer.stage(next.bytes, kind);
                queue.put(payload, kind, next.bytes + next.spare);
                if (next.do === 'commit') queue.published = queue.records.length;
                break;
              }
              case 'publish':
                writer.publish();
                queue.published = queue.records.length;
                break;
              case 'advance':
                step();
                break;
              case 'release':
                step();
                releaseAll();
                break;
              case 'releaseAll':
                releaseAll();
                break;
            }
          }
          expect([writer.closed, reader.closed]).toEqual([0, 0]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('words come out as they went in', () => {
    const memory = new TestMemory(guestModule);
    const words = fc.array(fc.nat(0xffffffff), { maxLength: 20 });
    fc.assert(
      fc.property(
        fc.constantFrom(8, 16, 32, 64),
        fc.constantFrom(0, 0xfffffffe),
        fc.array(fc.tuple(words, fc.nat(20)), { maxLength: 30 }),
        (capacity, start, turns) => {
          memory.reset();
          wordRingInitialize(memory.buffer, RINGS_AT, capacity);
          memory.words[(RINGS_AT + 0x80) / 4] = memory.words[(RINGS_AT + 0x100) / 4] = start;
          const writer = memory[writes].wordWriter({ ring: RINGS_AT });
          const reader = memory[reads].wordReader({ ring: RINGS_AT });
          const queue: number[] = [];
          for (const [values, take] of turns) {
            const room = capacity / 4 - queue.length;
            const pushed = writer.pushBatch(Uint32Array.from(values));
            expect(pushed).toBe(Math.min(room, values.length));
            queue.push(...values.slice(0, pushed));
            const into = new Uint32Array(take);
            const popped = reader.popBatch(into);
            expect(popped > 0).toBe(take > 0 && queue.length > 0);
            expect([...into.subarray(0, popped)]).toEqual(queue.splice(0, popped));
          }
          expect([writer.closed, reader.closed]).toEqual([0, 0]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

it('the data begins where the layout says', () => {
  const memory = new TestMemory(guestModule);
  ringInitialize(memory.buffer, RINGS_AT, 64);
  expect(memory.guest.writer({ ring: RINGS_AT }).reserve(0)).toBe(RINGS_AT + RING_DATA_AT + 8);
});
