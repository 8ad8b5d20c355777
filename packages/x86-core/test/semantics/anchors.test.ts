/** Accesses near each other in a region, which share one look-up in the TLB: against the interpreter, on every place beside the edge of a page. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { mem32, mem64, rax, rbx, rcx, rdi, rdx, rsi, rsp } from '../../src/index.ts';
import { type Line, TestCore } from './core.ts';

const CODE = 0x1000;
const PAGE = 0x4000;

function hash(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

/** A program runs in both tiers from the same state; the ends are compared. */
function check(lines: readonly Line[], start: bigint, prepare: (core: TestCore) => void = () => {}): TestCore {
  const ends = (['interpreter', 'region'] as const).map((tier) => {
    const core = new TestCore(1 << 16);
    core.assemble(CODE, [...lines, ['hlt']]);
    for (let at = 0; at < 0x4000; at++) core.bytes[0x20_0000 + 0x3000 + at] = (at * 7 + (at >> 8)) & 255;
    prepare(core);
    core.rip = BigInt(CODE);
    core.set(rsi, start);
    core.set(rdi, start);
    core.set(rsp, start);
    if (tier === 'interpreter') core.interpreter.run(1000);
    else core.compile([BigInt(CODE)])(1000);
    return { core, end: { ...core.snapshot(), memory: hash(core.snapshot().memory), vectors: '', fault: core.fault } };
  });
  const [interpreted, compiled] = ends;
  expect(compiled?.end).toEqual(interpreted?.end);
  return compiled?.core as TestCore;
}

const accesses: readonly Line[] = [
  ['mov', rax, mem64(rsi)],
  ['add', rax, mem64(rsi, 8)],
  ['mov', mem64(rdi, 24), rax],
  ['add', rax, mem64(rsi, -16)],
  ['add', rdi, 0x20],
  ['mov', mem64(rdi, -12), rax],
  ['add', mem32(rdi, 40), 5],
  ['mov', rbx, mem64(rdi, 0x20)],
  ['push', rbx],
  ['push', rax],
  ['pop', rcx],
  ['mov', rdx, mem64(rsp)],
  ['sub', rsi, 4000],
  ['mov', rcx, mem64(rsi, 4096)],
];

test('every place beside the edge of a page', () => {
  for (let offset = -80; offset <= 80; offset += 4) check(accesses, BigInt(PAGE + offset));
});

test('a neighbour that may not be written faults where it is reached', () => {
  for (let offset = -80; offset <= 80; offset += 4) {
    check(accesses, BigInt(PAGE + offset), (core) => core.protect(PAGE / 4096, { write: false }));
    check(accesses, BigInt(PAGE + offset), (core) => core.protect(PAGE / 4096, undefined));
  }
});

test('registers that change between accesses are other places', () => {
  const lines: readonly Line[] = [
    ['mov', rax, mem64(rsi)],
    ['mov', rsi, mem64({ displacement: 0x3000 })],
    ['and', rsi, 0xff8],
    ['add', rsi, 0x3000],
    ['mov', rbx, mem64(rsi)],
    ['mov', rcx, rsi],
    ['lea', rsi, mem64(rsi, 16)],
    ['add', rbx, mem64(rsi, 8)],
    ['add', rbx, mem64(rcx, 8)],
  ];
  check(lines, BigInt(PAGE));
});

test('one look-up serves the accesses of a block', () => {
  const core = check(
    [
      ['mov', rax, mem64(rsi)],
      ['mov', rbx, mem64(rsi, 8)],
      ['mov', rcx, mem64(rsi, 16)],
    ],
    BigInt(PAGE),
  );
  expect(core.slowAccesses).toBe(1);
});
