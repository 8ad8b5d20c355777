/**
 * The memory model between real cores: small programs, many times over, show only what x86 allows (SDM 3A 9.2.3). Store buffering must show its relaxed
 * outcome, or the test would see nothing.
 *
 * Round n of a core stores n, and cores do not wait for each other between rounds: a load tells how far the other core was, and an order that is not
 * allowed is a cycle through rounds of any numbers. So no round waits for a core that the host lets run later, and all pairs of rounds are looked at.
 */
import { describe, expect, it } from 'vitest';
import { mem, mem32, mem64, r8, r8d, r9, r9d, rbx, rcx, rdi, rdx, rsp } from '../../src/index.ts';
import type { Line } from '../cpu/assemble.ts';
import { Cores } from './cores.ts';

const CODE = 0x1_0000;
const X = 0x4_0000;
const Y = 0x4_1000;
const BARRIER = 0x4_2000;
const STARTS = 100;
const ROUNDS = 500_000;
/** Two numbers of 4 bytes for each round, 4 MiB for each core. */
const RESULTS = 0x40_0000;
const RESULT_BYTES = 0x40_0000;
const RAM = 0x180_0000;

const store = (place: number): Line[] => [['mov', mem64(place), rbx]];
const load = (register: typeof r8, place: number): Line[] => [['mov', register, mem64(place)]];

/** What a core loaded to r8 and r9, by round, counted from 1: the round of the last store that was seen. */
interface Seen {
  readonly r8: Float64Array;
  readonly r9: Float64Array;
}

/** @returns for each core what its loads saw */
async function run(bodies: readonly (readonly Line[])[], ordered: boolean, rounds = ROUNDS): Promise<Seen[]> {
  const cores = new Cores(bodies.length, { ordered, bytes: RAM });
  const entries = bodies.map((body, core) => {
    const at = CODE + 0x1000 * core;
    cores.load(at, [
      ['mov', rdi, RESULTS + RESULT_BYTES * core],
      ['mov', rbx, 1],
      ['xor', rcx, rcx],
      'start:',
      // All begin together some times, so that none is far ahead. The barrier counts up.
      ['add', rcx, bodies.length],
      ['lock inc', mem64(BARRIER)],
      'wait:',
      ['pause'],
      ['cmp', mem64(BARRIER), rcx],
      ['jb', 'wait'],
      ['mov', rdx, rounds / STARTS],
      'round:',
      ...body,
      ['mov', mem({ base: rdi, bits: 32 }), r8d],
      ['mov', mem({ base: rdi, displacement: 4, bits: 32 }), r9d],
      ['add', rdi, 8],
      ['inc', rbx],
      ['dec', rdx],
      ['jnz', 'round'],
      ['cmp', rbx, rounds],
      ['jbe', 'start'],
      ['hlt'],
    ]);
    return at;
  });
  await cores.run(entries);
  return bodies.map((_, core) => {
    const seen = { r8: new Float64Array(rounds + 1), r9: new Float64Array(rounds + 1) };
    for (let round = 1; round <= rounds; round++) {
      const at = RESULTS + RESULT_BYTES * core + 8 * (round - 1);
      seen.r8[round] = cores.view.getUint32(at, true);
      seen.r9[round] = cores.view.getUint32(at + 4, true);
    }
    return seen;
  });
}

/** Rounds in which a core saw an older store than in the round before: none, because each place has one order. */
function backwards(seen: readonly Seen[]): number[] {
  return seen.flatMap(({ r8: a, r9: b }) =>
    [...a.keys()].filter(
      (round) => round > 0 && ((a[round - 1] ?? 0) > (a[round] ?? 0) || (b[round - 1] ?? 0) > (b[round] ?? 0)),
    ),
  );
}

/** Rounds of a core whose load did not see a round of the other core, the first such, whose load did not see this round. */
function bothOvertake([a, b]: readonly Seen[]): number[] {
  if (a === undefined || b === undefined) throw new Error('two cores');
  return [...a.r8.keys()].filter((round) => round > 0 && (b.r8[(a.r8[round] ?? 0) + 1] ?? round) < round);
}

/** By what separates store and load. */
const fenced: Readonly<
  Record<string, { readonly storing: (place: number) => readonly Line[]; readonly rounds: number }>
> = {
  mfence: { storing: (place) => [...store(place), ['mfence']], rounds: ROUNDS },
  'lock or': {
    storing: (place) => [...store(place), ['lock or', mem32({ base: rsp }), 0]],
    rounds: ROUNDS,
  },
  xchg: {
    storing: (place) => [
      ['mov', r9, rbx],
      ['xchg', mem64(place), r9],
    ],
    rounds: ROUNDS,
  },
  'a lock across lines': { storing: (place) => [...store(place), ['lock inc', mem64(BARRIER + 0x3c)]], rounds: 2_000 },
};

describe.each([false, true])('on real cores, strict order: %s', { timeout: 300_000 }, (ordered) => {
  const storeBuffering = (storing: (place: number) => readonly Line[]): Line[][] => [
    [...storing(X), ...load(r8, Y)],
    [...storing(Y), ...load(r8, X)],
  ];

  it('store buffering: both loads may overtake the stores', async () => {
    let relaxed = 0;
    // The host may not let both run at once for a while.
    for (let attempt = 0; attempt < 20 && relaxed === 0; attempt++) {
      const seen = await run(storeBuffering(store), ordered);
      expect(backwards(seen)).toEqual([]);
      relaxed = bothOvertake(seen).length;
      // Atomic stores of the host are fences on x86.
      if (ordered) return;
    }
    expect(relaxed).toBeGreaterThan(0);
  });

  it.each(Object.entries(fenced))(
    'store buffering with %s: one of them sees the other',
    async (_, { storing, rounds }) => {
      expect(bothOvertake(await run(storeBuffering(storing), ordered, rounds))).toEqual([]);
    },
  );

  it('message passing: who sees the flag sees the data', async () => {
    const seen = await run(
      [
        [...store(X), ...store(Y)],
        [...load(r8, Y), ...load(r9, X)],
      ],
      ordered,
    );
    expect(backwards(seen)).toEqual([]);
    const [, reader] = seen;
    expect(reader?.r8.filter((flag, round) => (reader.r9[round] ?? 0) < flag)).toHaveLength(0);
  });

  it('load buffering: no load sees a store that comes behind it', async () => {
    const seen = await run(
      [
        [...load(r8, X), ...store(Y)],
        [...load(r8, Y), ...store(X)],
      ],
      ordered,
    );
    expect(backwards(seen)).toEqual([]);
    const [a, b] = seen;
    expect(a?.r8.filter((other, round) => other > 0 && (b?.r8[other] ?? 0) >= round)).toHaveLength(0);
  });

  // On fewer than four cores of the host it sees little: the four run together there only where one is put off between two loads.
  it('independent reads of independent writes: all cores see stores in one order', async () => {
    const seen = await run(
      [store(X), store(Y), [...load(r8, X), ...load(r9, Y)], [...load(r8, Y), ...load(r9, X)]],
      ordered,
    );
    expect(backwards(seen)).toEqual([]);
    const [, , a, b] = seen;
    // One saw a store to X and not yet a store to Y; the other saw that, and not yet the one to X.
    let other = 0;
    const splits = a?.r8.filter((x, round) => {
      while ((b?.r8[other] ?? Infinity) <= (a.r9[round] ?? 0)) other++;
      return (b?.r9[other] ?? Infinity) < x;
    });
    expect(splits).toHaveLength(0);
  });
});
