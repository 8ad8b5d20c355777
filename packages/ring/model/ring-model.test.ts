import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import { type Mistake, type RingModelOptions, ringModel } from './ring-model.ts';

function outcome(options: RingModelOptions): { message: string | undefined; states: number } {
  const { violation, states } = explore(ringModel(options));
  return { message: violation?.message, states };
}

describe('the algorithm, in every interleaving with store buffers', () => {
  it.each([
    { capacity: 2, count: 5 },
    { capacity: 3, count: 5 },
    { capacity: 4, count: 6 },
    { capacity: 2, count: 5, batch: 2 },
    { capacity: 4, count: 6, batch: 3 },
    { capacity: 2, count: 5, readerCloses: 1 },
    { capacity: 2, count: 5, readerCloses: 3, batch: 2 },
  ])('delivers everything and nobody sleeps for ever: %o', (options) => {
    const { message, states } = outcome(options);
    expect(message).toBeUndefined();
    expect(states).toBeGreaterThan(1000);
  });

  it.each([
    { capacity: 2, count: 3, restart: 'writer' },
    { capacity: 2, count: 3, restart: 'reader' },
    { capacity: 3, count: 4, restart: 'writer', batch: 2 },
    { capacity: 3, count: 4, restart: 'reader', batch: 2 },
  ] as const)('never takes a restarted peer for the old one: %o', (options) => {
    const { message, states } = outcome(options);
    expect(message).toBeUndefined();
    expect(states).toBeGreaterThan(1000);
  });
});

describe('finds what is wrong with', () => {
  const wrong: [Mistake, RingModelOptions, RegExp][] = [
    ['no fence before notifying', { capacity: 2, count: 2 }, /nobody can go on/],
    ['no fence before sleeping', { capacity: 2, count: 3 }, /nobody can go on/],
    ['no second look before sleeping', { capacity: 2, count: 2 }, /nobody can go on/],
    ['position before data', { capacity: 2, count: 2 }, /not the next/],
    ['room is given back before the word is read', { capacity: 2, count: 4 }, /not the next/],
    ['the position is read before the state', { capacity: 2, count: 2 }, /ends before it has everything/],
    ['the epoch is not looked at after the position', { capacity: 2, count: 2, restart: 'writer' }, /nobody can go on/],
    ['joining without looking at the epoch first', { capacity: 2, count: 3, restart: 'reader' }, /not the next/],
    ['starting over without leaving the epoch first', { capacity: 2, count: 2, restart: 'writer' }, /cannot be/],
    ['the new epoch before the new position', { capacity: 2, count: 3, restart: 'reader' }, /not the next/],
    ['nobody is woken by closing', { capacity: 2, count: 2 }, /nobody can go on/],
    ['nobody is woken by closing', { capacity: 2, count: 5, readerCloses: 1 }, /nobody can go on/],
    [
      'starting over notifies only a peer that seems to sleep',
      { capacity: 2, count: 3, restart: 'writer' },
      /nobody can go on/,
    ],
    ['nobody is woken by starting over', { capacity: 2, count: 2, restart: 'reader' }, /nobody can go on/],
  ];
  it.each(wrong)('%s', (mistake, options, message) => {
    const found = outcome({ ...options, mistake }).message;
    expect(found ?? 'nothing').toMatch(message);
  });
});
