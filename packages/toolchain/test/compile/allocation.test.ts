/** Register allocation: checked by symbolic replay; parallel moves by simulation. */
import { describe, expect, it } from 'vitest';
import { decodeModule } from '../../src/wasm/module.ts';
import { ModuleContext } from '../../src/compile/module-context.ts';
import type { CompileWasmOptions } from '../../src/index.ts';
import { type Move, SLOT } from '../../src/compile/location.ts';
import { emitParallelMoves } from '../../src/compile/parallel-move.ts';
import { lowerFunction } from '../../src/compile/pipeline.ts';
import { checkAllocation } from './allocation-checker.ts';
import { scalarCases, scalarOperators, vectorCases, vectorOperators } from './operator-cases.ts';
import { kernelOptions, mixedModule, pressureModule } from './samples.ts';
import { assembleText } from './wat.ts';

function errorsOf(wasm: Uint8Array, options: Partial<CompileWasmOptions> = {}): string[] {
  const context = new ModuleContext(decodeModule(wasm), { ...kernelOptions, vectors: 'sse4.1', ...options });
  return context.module.functions.flatMap((definition, i) => {
    if (definition.imported !== undefined) return [];
    const { lir, allocation } = lowerFunction(context, i);
    return checkAllocation(lir, allocation);
  });
}

describe('every read finds its value', () => {
  it.each(['i32', 'i64', 'f64', 'v128'] as const)('with more %s values than registers', (type) => {
    for (const values of [5, 14, 15, 16, 17, 24, 40])
      expect(errorsOf(assembleText(pressureModule(values, type)))).toEqual([]);
  });

  it('in calls, tables, switches', () => expect(errorsOf(assembleText(mixedModule))).toEqual([]));
  it('in all scalar operators', () =>
    expect(errorsOf(scalarCases(scalarOperators).wasm, { bounds: 'checked' })).toEqual([]));
  it('in all vector operators', () =>
    expect(errorsOf(vectorCases(vectorOperators.filter((_, i) => i % 5 === 0)).wasm)).toEqual([]));

  it('notices a wrong register', () => {
    const context = new ModuleContext(decodeModule(assembleText(mixedModule)), kernelOptions);
    const index = context.module.exports.find(({ name }) => name === 'sum')?.index as number;
    const { lir, allocation } = lowerFunction(context, index);
    const inRegisters = allocation.intervals.filter(
      (each) => each !== undefined && each.assigned >= 0 && each.end - each.start > 8,
    );
    expect(inRegisters.length).toBeGreaterThan(1);
    for (const interval of inRegisters) if (interval !== undefined) interval.assigned = 0;
    expect(checkAllocation(lir, allocation)).not.toEqual([]);
  });
});

describe('parallel moves', () => {
  it('do what they would do at once', () => {
    let seed = 1;
    const random = (limit: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % limit;
    };
    const places = [0, 1, 2, 3, 4, 5, SLOT, SLOT + 1, SLOT + 2];
    for (let round = 0; round < 2000; round++) {
      const targets = [...places].sort(() => random(3) - 1).slice(0, 1 + random(places.length));
      const moves: Move[] = targets.map((to) => ({
        to,
        from: random(8) === 0 ? { value: BigInt(1000 + to) } : (places[random(places.length)] as number),
        bits: 64,
      }));
      const state = new Map<number, number>(places.map((place) => [place, place]));
      const expected = new Map(state);
      for (const { to, from } of moves) expected.set(to, typeof from === 'number' ? from : Number(from.value));
      emitParallelMoves(moves, {
        move: (to, from) => void state.set(to, state.get(from) as number),
        constant: (to, { value }) => void state.set(to, Number(value)),
        exchange: (a, b) => {
          const old = state.get(a) as number;
          state.set(a, state.get(b) as number);
          state.set(b, old);
        },
      });
      expect(state).toEqual(expected);
    }
  });
});
