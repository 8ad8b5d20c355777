/**
 * The memory model between real cores: outcomes of small programs, many times over, with only those that x86 allows (SDM 3A 9.2.3). Store buffering
 * must show its relaxed outcome, or the test would see nothing.
 */
import { describe, expect, it } from 'vitest';
import { mem, mem32, mem64, r8, r9, rbx, rcx, rdi, rsp, type PrefixedMnemonic } from '../../src/index.ts';
import type { Line } from '../cpu/assemble.ts';
import { Cores } from './cores.ts';

const ROUNDS = 20_000;
const CODE = 0x1_0000;
const X = 0x4_0000;
const Y = 0x4_1000;
const BARRIER = 0x4_2000;
/** Two numbers of 8 bytes for each round, 512 KiB for each core. */
const RESULTS = 0x40_0000;
const RESULT_BYTES = 0x8_0000;

const store = (place: number): Line => ['mov', mem64(place), rbx];
const load = (register: typeof r8, place: number): Line => ['mov', register, mem64(place)];
const fences: Readonly<Record<string, readonly Line[]>> = {
  mfence: [['mfence']],
  'lock or': [['lock or', mem32({ base: rsp }), 0]],
  'unaligned lock inc': [['lock inc', mem64(BARRIER + 0x3c)]],
};

/** The value of round n is n: a load gives n where it saw this round's store. @returns for each round what each core loaded to r8 and r9 */
async function run(bodies: readonly (readonly Line[])[], ordered: boolean): Promise<[boolean, boolean][][]> {
  const cores = new Cores(bodies.length, { ordered });
  const entries = bodies.map((body, core) => {
    const at = CODE + 0x1000 * core;
    cores.load(at, [
      ['mov', rdi, RESULTS + RESULT_BYTES * core],
      ['mov', rbx, 1],
      ['xor', rcx, rcx],
      'round:',
      // All begin a round together: the barrier counts up.
      ['add', rcx, bodies.length],
      ['lock inc', mem64(BARRIER)],
      'wait:',
      ['cmp', mem64(BARRIER), rcx],
      ['jb', 'wait'],
      ...body,
      ['mov', mem({ base: rdi, bits: 64 }), r8],
      ['mov', mem({ base: rdi, displacement: 8, bits: 64 }), r9],
      ['add', rdi, 16],
      ['inc', rbx],
      ['cmp', rbx, ROUNDS],
      ['jbe', 'round'],
      ['hlt'],
    ]);
    return at;
  });
  await cores.run(entries);
  return Array.from({ length: ROUNDS }, (_, round) =>
    bodies.map((_body, core): [boolean, boolean] => {
      const at = RESULTS + RESULT_BYTES * core + 16 * round;
      const sees = (place: number): boolean => cores.view.getBigUint64(place, true) >= BigInt(round + 1);
      return [sees(at), sees(at + 8)];
    }),
  );
}

describe.each([false, true])('on real cores, strict order: %s', (ordered) => {
  const both = (fence: readonly Line[]): Line[][] => [
    [store(X), ...fence, load(r8, Y)],
    [store(Y), ...fence, load(r8, X)],
  ];
  const isRelaxed = ([a, b]: readonly [boolean, boolean][]): boolean => a?.[0] === false && b?.[0] === false;

  it('store buffering: both loads may overtake the stores', async () => {
    const outcomes = await run(both([]), ordered);
    // Atomic stores of the host are fences on x86.
    if (!ordered) expect(outcomes.filter(isRelaxed).length).toBeGreaterThan(0);
  });

  it.each(Object.entries(fences))('store buffering with %s: one of them sees the other', async (_, fence) => {
    expect((await run(both(fence), ordered)).filter(isRelaxed)).toEqual([]);
  });

  it('message passing: who sees the flag sees the data', async () => {
    const outcomes = await run(
      [
        [store(X), store(Y)],
        [load(r8, Y), load(r9, X)],
      ],
      ordered,
    );
    expect(outcomes.filter(([, reader]) => reader?.[0] === true && !reader[1])).toEqual([]);
  });

  it('load buffering: no load sees a store that comes behind it', async () => {
    const outcomes = await run(
      [
        [load(r8, X), store(Y)],
        [load(r8, Y), store(X)],
      ],
      ordered,
    );
    expect(outcomes.filter(([a, b]) => a?.[0] === true && b?.[0] === true)).toEqual([]);
  });

  it('independent reads of independent writes: all cores see stores in one order', async () => {
    const outcomes = await run(
      [[store(X)], [store(Y)], [load(r8, X), load(r9, Y)], [load(r8, Y), load(r9, X)]],
      ordered,
    );
    const splits = (reader: readonly [boolean, boolean] | undefined): boolean => reader?.[0] === true && !reader[1];
    expect(outcomes.filter(([, , a, b]) => splits(a) && splits(b))).toEqual([]);
  });
});
