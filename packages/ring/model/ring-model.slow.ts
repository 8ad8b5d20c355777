/** The larger part of the state space, in about a minute. */
import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import { ringModel } from './ring-model.ts';

const LIMIT = 3_000_000;

describe.each([2, 3, 4])('capacity %i', (capacity) => {
  describe.each([1, 2, 3])('batches of %i', (batch) => {
    it('delivers everything, twice around and more', () => {
      expect(explore(ringModel({ capacity, batch, count: 2 * capacity + 3 }), LIMIT).violation).toBeUndefined();
    });

    it.each(['writer', 'reader'] as const)('never takes a restarted %s for the old one', (restart) => {
      expect(explore(ringModel({ capacity, batch, count: capacity + 2, restart }), LIMIT).violation).toBeUndefined();
    });

    it('ends when the reader closes', () => {
      for (let readerCloses = 0; readerCloses <= capacity + 1; readerCloses++) {
        const model = ringModel({ capacity, batch, count: 2 * capacity + 1, readerCloses });
        expect(explore(model, LIMIT).violation).toBeUndefined();
      }
    });
  });
});
