/** The interpreter and compiled regions, made from the same definitions, give the same state: on random states, programs and faults. */
import { expect, test } from 'vitest';
import {
  ah,
  al,
  ax,
  bh,
  bl,
  bx,
  cl,
  cx,
  dl,
  dx,
  eax,
  ecx,
  edx,
  gpr64,
  mem,
  mem8,
  mem16,
  mem32,
  mem64,
  mem128,
  type Operand,
  type PrefixedMnemonic,
  r8,
  r9,
  r15b,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
  xmm,
} from '../../src/index.ts';
import { mnemonics } from '../../src/semantics/instructions/index.ts';
import { Reason } from '../../src/semantics/state.ts';
import { GUEST, type Line, TestCore } from './core.ts';

const CODE = 0x1000;
const core = new TestCore(1 << 16);

/** xorshift32: the same states every time. */
let seed = 0x1234_5678;
function random(below: number): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % below;
}

const edges = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0x7fff_ffffn, 0x8000_0000n, 1n << 63n, (1n << 64n) - 1n];

function randomValue(): bigint {
  if (random(3) === 0) return edges[random(edges.length)] as bigint;
  return (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));
}

/** RBX, RSI, RDI, RBP, RSP and R8 point into data; R9 is a small index. */
function randomState(): ReturnType<TestCore['snapshot']> {
  for (const register of gpr64) core.set(register, randomValue());
  for (const pointer of [rbx, rsi, rdi, rbp, rsp, r8]) core.set(pointer, BigInt(0x3f80 + random(0x1000)));
  core.set(r9, BigInt(random(64)));
  core.flags = random(0x1000) & 0x8d5;
  core.rip = BigInt(CODE);
  for (let at = 0; at < 256; at++) core.bytes[256 + at] = random(256);
  for (let at = 0x3000; at < 0x6000; at++) core.bytes[GUEST + at] = random(256);
  return core.snapshot();
}

function agree(lines: readonly Line[], states: number): void {
  const labels = core.assemble(CODE, [...lines, ['hlt']]);
  core.interpreter.flush();
  const region = core.compile([BigInt(CODE), ...labels.values()]);
  for (let round = 0; round < states; round++) {
    const before = randomState();
    const reason = core.interpreter.run(100_000);
    const interpreted = core.snapshot();
    core.restore(before);
    const text = JSON.stringify(lines.map((line) => (typeof line === 'string' ? line : line[0])));
    const left = region(100_000);
    // A region that ends is gone on from by the interpreter.
    expect(left === Reason.transfer ? core.interpreter.run(100_000) : left, text).toBe(reason);
    expect(core.snapshot(), text).toEqual(interpreted);
  }
}

type Operands = readonly Operand[];
const pairs: readonly Operands[] = [
  [al, bl],
  [ah, bh],
  [r15b, dl],
  [ax, cx],
  [eax, ecx],
  [rax, r9],
  [rax, rax],
  [al, 0x85],
  [bx, 0x1234],
  [edx, 0x8000_0000],
  [rdx, -5],
  [mem8(rbx, 3), ah],
  [mem16(rsi), dx],
  [mem32({ base: rdi, index: r9, scale: 4, displacement: 16 }), eax],
  [mem64({ base: 'rip', displacement: 0x3000 }), rcx],
  [dl, mem8(rbp, -1)],
  [ecx, mem32({ index: r9, scale: 8, displacement: 0x4100 })],
  [rdx, mem64(r8, 0x10)],
  [mem64(rsi, 0x100), 0x1234_5678],
];
const singles: readonly Operands[] = [
  [al],
  [ah],
  [dx],
  [ecx],
  [rdx],
  [mem8(rbx)],
  [mem16(rsi)],
  [mem32(rdi)],
  [mem64(rbp)],
];

/** Instructions in many shapes, none of which jumps. */
const straight: Line[] = [
  ...['add', 'adc', 'sub', 'sbb', 'cmp', 'and', 'or', 'xor', 'test', 'mov'].flatMap((mnemonic) =>
    pairs
      .filter((operands) => mnemonic !== 'test' || typeof operands[1] !== 'object' || operands[1].kind !== 'memory')
      .map((operands): Line => [mnemonic as PrefixedMnemonic, ...operands]),
  ),
  ...['inc', 'dec', 'mul'].flatMap((mnemonic) =>
    singles.map((operands): Line => [mnemonic as PrefixedMnemonic, ...operands]),
  ),
  ...['shl', 'shr', 'sar'].flatMap((mnemonic) =>
    singles.flatMap(([operand]): Line[] =>
      [cl, 1, 7, 0].map((count): Line => [mnemonic as PrefixedMnemonic, operand as Operand, count]),
    ),
  ),
  ['movzx', eax, bh],
  ['movzx', dx, mem8(rbx)],
  ['movsx', rax, mem16(rsi)],
  ['movsx', cx, al],
  ['movsxd', rdx, eax],
  ['lea', rax, mem({ base: rcx, index: rdx, scale: 8, displacement: -7 })],
  ['lea', eax, mem({ base: rcx, displacement: 0x7fff_fff0 })],
  ['push', rax],
  ['push', -3],
  ['push', mem64(rsi)],
  ['pop', rax],
  ['movsb'],
  ['movsw'],
  ['movsd'],
  ['movsq'],
  ['cld'],
  ['nop'],
  ['movups', xmm[3] as Operand, mem128(rsi)],
  ['movups', mem128(rbx, 5), xmm[9] as Operand],
  ['addps', xmm[1] as Operand, xmm[2] as Operand],
  ['addps', xmm[1] as Operand, mem128(rdi)],
];

test('every instruction in every shape', () => {
  for (const line of straight) agree([line], 10);
});

test('every mnemonic with a meaning is tested', () => {
  const elsewhere = ['hlt', 'cpuid', 'jmp', 'call', 'ret', 'std'];
  const tested = new Set([...straight.map((line) => (line as readonly [string])[0]), ...elsewhere]);
  expect(mnemonics.filter((mnemonic) => !tested.has(mnemonic) && !/^j/.test(mnemonic))).toEqual([]);
});

test('random programs: flags that are dead, alive across others, read by every condition', () => {
  const conditions = mnemonics.filter((mnemonic) => /^j(?!mp)/.test(mnemonic)) as PrefixedMnemonic[];
  for (let round = 0; round < 150; round++) {
    const program: Line[] = Array.from({ length: 10 }, () => straight[random(straight.length)] as Line);
    program.splice(5, 0, [conditions[round % 16] as PrefixedMnemonic, 'end'], ...(round % 3 === 0 ? [] : ['next']));
    agree([...program, 'end', ['sbb', rax, rax]], 4);
  }
});

test('loops, calls, returns, repeated moves in both directions', () => {
  agree([['mov', ecx, 20], 'loop', ['adc', rax, rdx], ['dec', ecx], ['jne', 'loop'], 'end'], 4);
  agree([['call', 'function'], 'return', ['jmp', 'end'], 'function', ['add', rax, rbx], ['ret', 16], 'end'], 4);
  agree([['mov', ecx, 100], ['rep movsb']], 4);
  agree([['mov', ecx, 9], ['std'], ['rep movsq'], ['cld']], 4);
  agree([['mov', ecx, 0], ['rep movsd'], ['sbb', eax, eax]], 4);
  agree([['cpuid']], 2);
});

/** RIP at the instruction, everything else as before: registers, flags, memory. */
function expectRestart(lines: readonly Line[], prepare: () => void, untouched = true): void {
  core.assemble(CODE, [...lines, ['hlt']]);
  core.interpreter.flush();
  const region = core.compile([BigInt(CODE)]);
  randomState();
  prepare();
  const before = core.snapshot();
  expect(core.interpreter.run(1000)).toBe(Reason.fault);
  const interpreted = core.snapshot();
  const { fault } = core;
  core.restore(before);
  expect(region(1000)).toBe(Reason.fault);
  expect(core.fault).toEqual(fault);
  expect(core.snapshot()).toEqual(interpreted);
  if (untouched) expect(interpreted).toEqual(before);
}

test('faults leave the state as it was before the instruction', () => {
  core.protect(8, { write: false });
  core.protect(9, undefined);
  const at = (address: number) => (): void => core.set(rbx, BigInt(address));
  expectRestart([['add', mem32(rbx), eax]], at(0x8010));
  expect(core.fault).toEqual({ address: 0x8010n, write: true });
  expectRestart([['adc', rax, mem64(rbx)]], at(0x8ffc));
  expect(core.fault).toEqual({ address: 0x9000n, write: false });
  expectRestart([['mov', mem64(rbx), rax]], at(0x7ffc));
  expect(core.fault).toEqual({ address: 0x8000n, write: true });
  expectRestart([['push', rax]], () => core.set(rsp, 0x8008n));
  expectRestart([['ret']], () => core.set(rsp, 0x9ff8n));
  expectRestart([['add', rax, mem64(rbx)]], () => core.set(rbx, (1n << 64n) - 4n));
  expectRestart(
    [
      ['add', rax, rcx],
      ['mov', rdx, mem64(rbx)],
    ],
    at(0x9000),
    false,
  );
});

test('a repeated move stops where it faults, and goes on after the page is there', () => {
  core.assemble(CODE, [['rep movsb'], ['hlt']]);
  core.interpreter.flush();
  const region = core.compile([BigInt(CODE)]);
  for (const run of [(): number => core.interpreter.run(1e6), (): number => region(1e6)]) {
    core.protect(6, undefined);
    randomState();
    core.set(rcx, 100n);
    core.set(rsi, 0x4000n);
    core.set(rdi, 0x5fe0n);
    expect(run()).toBe(Reason.fault);
    expect([core.get(rcx), core.get(rsi), core.get(rdi), core.rip]).toEqual([68n, 0x4020n, 0x6000n, BigInt(CODE)]);
    core.protect(6, { write: true });
    expect(run()).toBe(Reason.halt);
    expect([core.get(rcx), core.get(rdi)]).toEqual([0n, 0x6044n]);
    expect(core.bytes.slice(GUEST + 0x5fe0, GUEST + 0x6044)).toEqual(core.bytes.slice(GUEST + 0x4000, GUEST + 0x4064));
  }
});

test('endless loops and repeats end with the budget, at an instruction that can go on', () => {
  for (const lines of [['loop', ['jmp', 'loop']], [['rep movsb']]] as Line[][]) {
    core.assemble(CODE, [...lines, ['hlt']]);
    core.interpreter.flush();
    const region = core.compile([BigInt(CODE)]);
    for (const run of [(): number => core.interpreter.run(500), (): number => region(500)]) {
      randomState();
      core.set(rcx, 1_000_000n);
      core.set(rsi, 0x4000n);
      core.set(rdi, 0x4000n);
      expect(run()).toBe(Reason.budget);
      expect(core.rip).toBe(BigInt(CODE));
    }
  }
});

test('bytes that are no instruction, and instructions without a meaning, are said to be that', () => {
  core.bytes.set([0x90, 0x0f, 0xff], GUEST + CODE);
  core.interpreter.flush();
  core.rip = BigInt(CODE);
  expect([core.interpreter.run(10), core.rip]).toEqual([Reason.unsupported, BigInt(CODE + 1)]);
  core.bytes.set([0x90, 0x0f, 0x04], GUEST + CODE);
  core.interpreter.flush();
  core.rip = BigInt(CODE);
  expect([core.interpreter.run(10), core.rip]).toEqual([Reason.invalid, BigInt(CODE + 1)]);
  core.assemble(CODE, [['lock inc', mem32(rbx)]]);
  core.interpreter.flush();
  core.rip = BigInt(CODE);
  expect([core.interpreter.run(10), core.rip]).toEqual([Reason.unsupported, BigInt(CODE)]);
});
