/** The interpreter and compiled regions, made from the same definitions, give the same state: on random states, programs and faults. */
import { expect, test } from 'vitest';
import {
  eax,
  ecx,
  mem32,
  mem64,
  r8,
  r9,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  rsi,
  gpr64,
  rsp,
  type PrefixedMnemonic,
} from '../../src/index.ts';
import { mnemonics } from '../../src/semantics/instructions/index.ts';
import { Reason } from '../../src/semantics/reason.ts';
import { YMM } from '../../src/semantics/state.ts';
import { CORE, GUEST, type Line, TestCore } from './core.ts';
import { everyRow } from './every-row.ts';
import { straight } from './straight.ts';

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
  for (let at = 0; at < 512; at++) core.bytes[CORE + YMM + at] = random(256);
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

test('every instruction in every shape', () => {
  for (const line of straight) agree([line], 10);
});

test('every row of the table that goes on behind itself', { timeout: 120_000 }, () => {
  const lines = everyRow();
  expect(lines.length).toBeGreaterThan(2000);
  const failures: string[] = [];
  for (const line of lines) {
    try {
      agree([line], 2);
    } catch (error) {
      failures.push(`${(line as readonly string[])[0]}: ${String(error).slice(0, 100)}`);
    }
  }
  expect(failures).toEqual([]);
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
  const interpret = (): number => core.interpreter.run(1e6);
  const compiled = (): number => {
    const reason = region(1e6);
    return reason === Reason.transfer ? interpret() : reason;
  };
  for (const run of [interpret, compiled]) {
    core.protect(6, undefined);
    randomState();
    core.set(rcx, 100n);
    core.set(rsi, 0x4000n);
    core.set(rdi, 0x5fe0n);
    expect(run()).toBe(Reason.fault);
    expect([core.get(rcx), core.get(rsi), core.get(rdi), core.rip]).toEqual([68n, 0x4020n, 0x6000n, BigInt(CODE)]);
    core.protect(6, { write: true });
    expect(run()).toBe(Reason.assist);
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

test('bytes that are no instruction raise #UD', () => {
  core.bytes.set([0x90, 0x0f, 0xff], GUEST + CODE);
  for (const bytes of [
    [0x90, 0x0f, 0x04],
    [0x90, 0xf0, 0x90],
  ]) {
    core.bytes.set(bytes, GUEST + CODE);
    core.interpreter.flush();
    core.rip = BigInt(CODE);
    core.exception = undefined;
    expect([core.interpreter.run(10), core.rip, core.exception]).toEqual([Reason.fault, BigInt(CODE + 1), 6]);
  }
});
