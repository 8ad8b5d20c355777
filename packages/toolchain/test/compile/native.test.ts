/** Whole functions natively: spills, calls, tables, switches, and a first handful of random modules. */
import { describe, expect, it } from 'vitest';
import { type NativeCall, nativeReason, runNatively } from './native.ts';
import { checkBatch } from './random-check.ts';
import { runInEngine } from './reference.ts';
import { mixedModule, pressureModule } from './samples.ts';
import { assembleText } from './wat.ts';

describe.skipIf(nativeReason !== undefined)(
  `functions run natively${nativeReason === undefined ? '' : ` (skipped: ${nativeReason})`}`,
  () => {
    it('with more values than registers', () => {
      const calls: NativeCall[] = [
        { name: 'fill', arguments: [] },
        ...[1n, 2n, 7n].map((n) => ({ name: 'run', arguments: [n] })),
      ];
      const modules = (['i32', 'i64', 'f64', 'v128'] as const).flatMap((type) =>
        [6, 15, 17, 30].map((values) => assembleText(pressureModule(values, type))),
      );
      const actual = runNatively(modules.map((wasm) => ({ wasm, calls })));
      modules.forEach((wasm, i) => expect(actual[i]).toEqual(runInEngine(wasm, calls)));
    });

    it('with calls, tables and switches, and their traps', () => {
      const wasm = assembleText(mixedModule);
      const calls: NativeCall[] = [
        { name: 'fib', arguments: [15n] },
        { name: 'sum', arguments: [0n, 100n] },
      ];
      for (const a of [0n, 1n, 2n, 3n, 4n, 0xffffffffn])
        for (const b of [0n, 1n, 2n, 3n, 4n, 100n, 0x80000000n]) calls.push({ name: 'choose', arguments: [a, b] });
      const expected = runInEngine(wasm, calls);
      expect(expected.filter((line) => line.endsWith('trap')).length).toBeGreaterThan(2);
      expect(runNatively([{ wasm, calls }])).toEqual([expected]);
    });

    it('of random modules', async () => {
      const { compared, differences } = await checkBatch(1, 24);
      expect(differences).toEqual([]);
      expect(compared).toBeGreaterThan(12);
    }, 60_000);
  },
);
