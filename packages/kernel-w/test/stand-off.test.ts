/** The stand-off: which stage follows which, for any configuration. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createStandOff, type StandOffConfiguration } from '../src/stand-off.ts';
import { compileGuest } from './machine.ts';

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await compileGuest('assembly/hosted/stand-off.ts', 1024);
}, 120_000);

const FOREVER = 0xffffffff;
const defaults: StandOffConfiguration = {
  spinTurns: 3,
  pauseTurns: 5,
  pauseLimit: 4,
  mwait: true,
  timedMicroseconds: 0,
};

async function play(configuration: StandOffConfiguration, turns: number, offered = true): Promise<string[]> {
  const standOff = await createStandOff(configuration, module);
  return Array.from({ length: turns }, () => {
    const { stage, pauses } = standOff.next(offered);
    return stage === 'pause' ? `pause ${pauses}` : stage;
  });
}

test('spins, pauses with doubling counts up to the limit, then waits for the doorbell', async () => {
  expect(await play(defaults, 10)).toEqual([
    ...['spin', 'spin', 'spin'],
    ...['pause 1', 'pause 2', 'pause 4', 'pause 4', 'pause 4'],
    ...['mwait', 'mwait'],
  ]);
});

test('begins again after work', async () => {
  const standOff = await createStandOff(defaults, module);
  for (let turn = 0; turn < 6; turn++) standOff.next(true);
  standOff.reset();
  const stages = Array.from({ length: 5 }, () => standOff.next(true));
  expect(stages.map(({ stage }) => stage)).toEqual(['spin', 'spin', 'spin', 'pause', 'pause']);
  expect(stages[3]?.pauses).toBe(1);
});

test('a stage of 0 turns is skipped, one of 0xffffffff never left', async () => {
  expect(await play({ ...defaults, spinTurns: 0, pauseTurns: 0 }, 2)).toEqual(['mwait', 'mwait']);
  expect(new Set(await play({ ...defaults, spinTurns: FOREVER }, 500))).toEqual(new Set(['spin']));
  expect((await play({ ...defaults, spinTurns: 1, pauseTurns: FOREVER }, 500)).at(-1)).toBe('pause 4');
});

test('sleeps by time where MWAIT is off or not offered, and else keeps pausing', async () => {
  const short = { ...defaults, spinTurns: 1, pauseTurns: 0 };
  expect(await play({ ...short, timedMicroseconds: 50 }, 2, false)).toEqual(['spin', 'timed']);
  expect(await play({ ...short, mwait: false, timedMicroseconds: 50 }, 2)).toEqual(['spin', 'timed']);
  expect(await play({ ...short, mwait: false }, 5)).toEqual(['spin', 'pause 1', 'pause 2', 'pause 4', 'pause 4']);
});

test('a new configuration is in force in the next turn', async () => {
  const standOff = await createStandOff({ ...defaults, spinTurns: FOREVER }, module);
  for (let turn = 0; turn < 100; turn++) expect(standOff.next(true).stage).toBe('spin');
  standOff.configure({ ...defaults, spinTurns: 10, pauseTurns: 10 });
  expect(standOff.next(true).stage).toBe('mwait');
});

test('stages only ever go forward, and no turn takes more PAUSEs than the limit', async () => {
  const order = ['spin', 'pause', 'mwait', 'timed'];
  const turns = fc.oneof(fc.nat(20), fc.constant(FOREVER));
  const configuration = fc.record({
    spinTurns: turns,
    pauseTurns: turns,
    pauseLimit: fc.nat(100),
    mwait: fc.boolean(),
    timedMicroseconds: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(configuration, fc.boolean(), async (values, offered) => {
      const standOff = await createStandOff(values, module);
      let before = 0;
      for (let turn = 0; turn < 60; turn++) {
        const { stage, pauses } = standOff.next(offered);
        expect(order.indexOf(stage)).toBeGreaterThanOrEqual(before);
        expect(pauses).toBeLessThanOrEqual(Math.max(values.pauseLimit, 1));
        before = order.indexOf(stage);
      }
    }),
    { numRuns: 50 },
  );
});
