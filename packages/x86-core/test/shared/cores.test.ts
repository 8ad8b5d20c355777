/** Cores on threads of their own: locked accesses of every kind, code that another core writes, interrupts, waiting. */
import { describe, expect, it } from 'vitest';
import { al, eax, ebx, ecx, edx, mem128, mem32, mem64, r8, rax, rbx, rcx, rdi, rdx, rsi } from '../../src/index.ts';
import type { Line } from '../cpu/assemble.ts';
import { Cores } from './cores.ts';

const CODE = 0x1_0000;
const CODE_2 = 0x1_4000;
const DATA = 0x4_0000;
const FLAG = 0x5_0000;

const enableX2: readonly Line[] = [
  ['mov', ecx, 0x1b],
  ['rdmsr'],
  ['or', eax, 0xc00],
  ['wrmsr'],
  ['mov', ecx, 0x80f],
  ['mov', eax, 0x1ff],
  ['xor', edx, edx],
  ['wrmsr'],
];

/** Carries out `body` so many times, and stops. */
function repeated(count: number, body: readonly Line[]): readonly Line[] {
  return [['mov', rsi, count], 'again:', ...body, ['dec', rsi], ['jnz', 'again'], ['hlt']];
}

describe('locked accesses from two cores', { timeout: 120_000 }, () => {
  it('count right: aligned, across a line and across a page', async () => {
    const cores = new Cores(2);
    const body: readonly Line[] = [
      ['lock inc', mem64(DATA)],
      ['lock inc', mem64(DATA + 0x7c)],
      ['lock inc', mem32(DATA + 0xffe)],
    ];
    cores.load(CODE, repeated(300, body));
    await cores.run([CODE, CODE]);
    const { view } = cores;
    expect([view.getBigUint64(DATA, true), view.getBigUint64(DATA + 0x7c, true)]).toEqual([600n, 600n]);
    expect(view.getUint32(DATA + 0xffe, true)).toBe(600);
  });

  it('count right where an unaligned one overlaps an aligned one', async () => {
    const cores = new Cores(2);
    cores.load(CODE, repeated(100_000, [['lock inc', mem32(DATA)]]));
    cores.load(CODE_2, repeated(300, [['lock inc', mem32(DATA + 2)]]));
    await cores.run([CODE, CODE_2]);
    expect(cores.view.getBigUint64(DATA, true)).toBe(100_000n + 300n * 65_536n);
  });

  it('count right on a page that holds code, which XCHG locks by itself', async () => {
    const cores = new Cores(2);
    const place = CODE + 0x800;
    const body: readonly Line[] = [
      'take:',
      ['mov', eax, 1],
      ['xchg', mem32(place), eax],
      ['test', eax, eax],
      ['jz', 'taken'],
      ['pause'],
      ['jmp', 'take'],
      'taken:',
      ['inc', mem32(place + 4)],
      ['mov', mem32(place), 0],
    ];
    cores.load(CODE, repeated(10_000, body));
    await cores.run([CODE, CODE]);
    expect(cores.view.getUint32(place + 4, true)).toBe(20_000);
  });

  it('replace 16 bytes in one step', async () => {
    const cores = new Cores(2);
    const body: readonly Line[] = [
      ['mov', rax, mem64(DATA)],
      ['mov', rdx, mem64(DATA + 8)],
      'retry:',
      ['mov', rbx, rax],
      ['mov', rcx, rdx],
      ['add', rbx, 1],
      ['add', rcx, 3],
      ['lock cmpxchg16b', mem128(DATA)],
      ['jnz', 'retry'],
    ];
    cores.load(CODE, repeated(300, body));
    await cores.run([CODE, CODE]);
    expect([cores.view.getBigUint64(DATA, true), cores.view.getBigUint64(DATA + 8, true)]).toEqual([600n, 1800n]);
  });
});

describe('code that another core writes', { timeout: 120_000 }, () => {
  const ROUNDS = 300;

  /** Core 0 writes `mov eax, round` at `target`, then the round to FLAG; core 1 waits for each round, calls, and counts in r8 what was old. */
  async function run(target: number, flag: number): Promise<bigint | undefined> {
    const cores = new Cores(2);
    cores.load(target, [['mov', eax, 0], ['ret']]);
    cores.load(CODE, [
      ['mov', rcx, 1],
      'round:',
      ['mov', mem32(target + 1), ecx],
      ['mov', mem32(flag), ecx],
      'answered:',
      ['cmp', mem32(flag + 64), ecx],
      ['jne', 'answered'],
      ['inc', ecx],
      ['cmp', ecx, ROUNDS],
      ['jbe', 'round'],
      ['hlt'],
    ]);
    cores.load(CODE_2, [
      ['mov', rsi, 1],
      ['xor', r8, r8],
      ['mov', rdi, target],
      'round:',
      ['cmp', mem32(flag), { ...rsi, name: 'esi', bits: 32 }],
      ['jb', 'round'],
      // Cross-modifying code needs a serializing instruction (SDM 3A 9.1.3).
      ['cpuid'],
      ['call', rdi],
      ['cmp', eax, { ...rsi, name: 'esi', bits: 32 }],
      ['jae', 'fresh'],
      ['inc', r8],
      'fresh:',
      ['mov', mem32(flag + 64), { ...rsi, name: 'esi', bits: 32 }],
      ['inc', rsi],
      ['cmp', rsi, ROUNDS],
      ['jbe', 'round'],
      ['hlt'],
    ]);
    const results = await cores.run([CODE, CODE_2]);
    return results[1]?.registers['r8'];
  }

  it('is what runs, with the data that tells of it elsewhere', async () => {
    expect(await run(0x2_0000, FLAG)).toBe(0n);
  });

  it('and with the data on the same page', async () => {
    expect(await run(0x2_0000, 0x2_0800)).toBe(0n);
  });

  it('and where both write and run on one page', async () => {
    const cores = new Cores(2);
    const target = 0x2_0000;
    cores.load(target, [['mov', eax, 0], ['ret']]);
    cores.load(target + 0x100, [['mov', eax, 0], ['ret']]);
    const body = (own: number): readonly Line[] => [
      ['mov', rdi, own],
      ...repeated(500, [
        ['mov', mem32(own + 1), { ...rsi, name: 'esi', bits: 32 }],
        ['call', rdi],
        ['cmp', eax, { ...rsi, name: 'esi', bits: 32 }],
        ['je', 'fresh'],
        ['inc', rbx],
        'fresh:',
      ]),
    ];
    cores.load(CODE, body(target));
    cores.load(CODE_2, body(target + 0x100));
    const results = await cores.run([CODE, CODE_2]);
    expect(results.map(({ registers }) => registers['rbx'])).toEqual([0n, 0n]);
  });
});

describe('interrupts', { timeout: 120_000 }, () => {
  const COUNT = DATA;
  const CLOSED = DATA + 0x1000;
  const WRONG = DATA + 0x2000;
  const DONE = FLAG + 0x1000;
  const INTERRUPTS = 200;

  it.each<[string, readonly Line[], readonly Line[]]>([
    ['STI and CLI', [['cli']], [['sti'], ['nop'], ['nop']]],
    ['POPF', [['pushfq'], ['pop', r8], ['cli']], [['push', r8], ['popfq'], ['nop']]],
  ])('come while IF is set for an instruction or two, and never else: %s', async (_, close, open) => {
    const cores = new Cores(2);
    const handler = 0x3_0000;
    cores.gate(0x40, handler);
    cores.load(handler, [
      ['push', rax],
      ['push', rcx],
      ['push', rdx],
      ['inc', mem32(COUNT)],
      ['cmp', mem32(CLOSED), 0],
      ['je', 'open'],
      ['inc', mem32(WRONG)],
      'open:',
      ['mov', ecx, 0x80b],
      ['xor', eax, eax],
      ['xor', edx, edx],
      ['wrmsr'],
      ['pop', rdx],
      ['pop', rcx],
      ['pop', rax],
      ['iretq'],
    ]);
    // Sends without end.
    cores.load(CODE, [
      ...enableX2,
      'ready:',
      ['cmp', mem32(FLAG), 1],
      ['jne', 'ready'],
      'round:',
      ['mov', ecx, 0x830],
      ['mov', eax, 0x40],
      ['mov', edx, 1],
      ['wrmsr'],
      ['cmp', mem32(DONE), 0],
      ['je', 'round'],
      ['hlt'],
    ]);
    cores.load(CODE_2, [
      ...enableX2,
      ['mov', mem32(FLAG), 1],
      ['sti'],
      'again:',
      ...close,
      ['mov', mem32(CLOSED), 1],
      ['call', 'other'],
      ['mov', mem32(CLOSED), 0],
      ...open,
      ['cmp', mem32(COUNT), INTERRUPTS],
      ['jb', 'again'],
      ['cli'],
      ['mov', mem32(DONE), 1],
      ['hlt'],
      'other:',
      ['inc', rbx],
      ['ret'],
    ]);
    await cores.run([CODE, CODE_2]);
    expect(cores.view.getUint32(WRONG, true)).toBe(0);
  });
});

describe('waiting', { timeout: 120_000 }, () => {
  it('ends in HLT with an interrupt of another core', async () => {
    const cores = new Cores(2);
    const ROUNDS = 300;
    const handler = 0x3_0000;
    cores.gate(0x40, handler);
    // EOI through the x2APIC.
    cores.load(handler, [
      ['push', rax],
      ['push', rcx],
      ['push', rdx],
      ['inc', mem32(DATA)],
      ['mov', ecx, 0x80b],
      ['xor', eax, eax],
      ['xor', edx, edx],
      ['wrmsr'],
      ['pop', rdx],
      ['pop', rcx],
      ['pop', rax],
      ['iretq'],
    ]);
    cores.load(CODE, [
      ...enableX2,
      'ready:',
      ['cmp', mem32(FLAG), 1],
      ['jne', 'ready'],
      ['xor', ebx, ebx],
      'round:',
      ['mov', ecx, 0x830],
      ['mov', eax, 0x40],
      ['mov', edx, 1],
      ['wrmsr'],
      ['inc', ebx],
      'wait:',
      ['cmp', mem32(DATA), ebx],
      ['jne', 'wait'],
      ['cmp', ebx, ROUNDS],
      ['jb', 'round'],
      ['hlt'],
    ]);
    cores.load(CODE_2, [
      ...enableX2,
      ['mov', mem32(FLAG), 1],
      'halt:',
      ['sti'],
      ['hlt'],
      ['cli'],
      ['cmp', mem32(DATA), ROUNDS],
      ['jb', 'halt'],
      ['hlt'],
    ]);
    await cores.run([CODE, CODE_2]);
    expect(cores.view.getUint32(DATA, true)).toBe(ROUNDS);
  });

  it('ends in MWAIT with a store of another core', async () => {
    const cores = new Cores(2);
    const ROUNDS = 300;
    // Each waits for its word to be the round, and then writes it to the other's.
    const side = (own: number, other: number, begins: boolean): readonly Line[] => [
      ['mov', rsi, 1],
      'round:',
      ...(begins ? ([['mov', mem32(other), { ...rsi, name: 'esi', bits: 32 }]] as Line[]) : []),
      'wait:',
      ['mov', rax, own],
      ['xor', ecx, ecx],
      ['xor', edx, edx],
      ['monitor'],
      ['cmp', mem32(own), { ...rsi, name: 'esi', bits: 32 }],
      ['jae', 'there'],
      ['xor', eax, eax],
      ['xor', ecx, ecx],
      ['mwait'],
      ['jmp', 'wait'],
      'there:',
      ...(begins ? [] : ([['mov', mem32(other), { ...rsi, name: 'esi', bits: 32 }]] as Line[])),
      ['inc', rsi],
      ['cmp', rsi, ROUNDS],
      ['jbe', 'round'],
      ['hlt'],
    ];
    cores.load(CODE, side(DATA, DATA + 64, true));
    cores.load(CODE_2, side(DATA + 64, DATA, false));
    await cores.run([CODE, CODE_2]);
    expect([cores.view.getUint32(DATA, true), cores.view.getUint32(DATA + 64, true)]).toEqual([ROUNDS, ROUNDS]);
  });
});

describe('devices', { timeout: 120_000 }, () => {
  it('serve the other cores, whether core 0 runs or waits', async () => {
    const cores = new Cores(3);
    const writes = repeated(500, [
      ['mov', al, 1],
      ['out', 0x80, al],
      ['in', al, 0x80],
    ]);
    cores.load(CODE, [
      'running:',
      ['in', al, 0x80],
      ['cmp', al, 200],
      ['jb', 'running'],
      ['mov', rax, FLAG],
      ['xor', ecx, ecx],
      ['xor', edx, edx],
      'waiting:',
      ['monitor'],
      ['cmp', mem32(FLAG), 2],
      ['jae', 'over'],
      ['mwait'],
      ['jmp', 'waiting'],
      'over:',
      ['hlt'],
    ]);
    cores.load(CODE_2, [...writes.slice(0, -1), ['lock inc', mem32(FLAG)], ['hlt']]);
    const [first] = await cores.run([CODE, CODE_2, CODE_2]);
    expect(first?.port).toBe(1000);
  });
});
