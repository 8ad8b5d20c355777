/** Locals of regions: engines take note of each at every branch, so that their number may not grow with the region. */
import { expect, test } from 'vitest';
import { cl, mem64, r8, rax, rbx, rcx, rsi } from '../../src/index.ts';
import { discoverRegion } from '../../src/jit/discover.ts';
import { lowerRegion } from '../../src/semantics/region.ts';
import { FunctionBody } from '../../src/wasm/function-body.ts';
import { type Line, TestCore } from './core.ts';

/** Declared by the entry of a code section (core specification 5.5.13): groups of a count and a type. */
function localsOf(body: FunctionBody): number {
  const bytes = body.encode(() => 0);
  let at = 0;
  const unsigned = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  unsigned();
  let count = 0;
  for (let groups = unsigned(); groups > 0; groups--) {
    count += unsigned();
    at++;
  }
  return count;
}

function localsOfRegion(rounds: number): number {
  const lines: Line[] = [];
  for (let round = 0; round < rounds; round++) {
    lines.push(['mov', rax, mem64(rsi, 8 * round)], ['lea', rsi, mem64(rax, 4)], ['adc', rbx, mem64(rsi)]);
    lines.push(['shl', rbx, cl], ['imul', r8, mem64(rbx)], ['xadd', mem64(r8), rcx], ['rol', rcx, 5]);
  }
  const core = new TestCore(1 << 16);
  core.assemble(0x1000, [...lines, ['hlt']]);
  const region = discoverRegion(core.source([0x1000n]));
  if (region === undefined) throw new Error('There is no region');
  expect(region.instructions).toBeGreaterThan(7 * rounds - 1);
  return localsOf(lowerRegion(region.plan, { ordered: false, guestStart: 0x1000, isShared: false }).body);
}

test('a region of a hundred times the instructions has hardly more', () => {
  expect(localsOfRegion(100)).toBeLessThan(localsOfRegion(1) + 24);
});

test('what is held is not given out again, and what is not is', () => {
  const body = new FunctionBody(1);
  const [a, b] = [body.temporary('i64'), body.temporary('i64')];
  expect(new Set([a, b, body.local('i64')]).size).toBe(3);
  body.held = [a];
  const before = body.held;
  expect([body.temporary('i64'), body.temporary('i32')]).toEqual([b, 4]);
  body.held = before;
  expect(body.temporary('i64')).toBe(b);
});
