/** FXSAVE and XSAVE images, byte for byte (SDM 1 10.5.1, 13.4 to 13.8). */
import { expect, test } from 'vitest';
import { mem } from '../../src/index.ts';
import { delivered, longCore, protectedCore } from './environment.ts';
import type { PlainCore } from './plain-core.ts';

const AREA = 0x6000;
const area = mem({ displacement: AREA });

function filled(): PlainCore {
  const core = longCore();
  core.cr4 |= (1 << 18) | (1 << 9);
  core.xcr0 = 0x207;
  for (let at = 0; at < 512; at++) core.vectors[at] = (at * 7 + 1) & 0xff;
  for (let at = 0; at < 128; at++) core.x87.registers[at] = at % 16 < 10 ? at : 0;
  core.x87.controlWord = 0x37f;
  core.x87.top = 6;
  core.x87.statusWord = 0x4100;
  core.x87.emptyTags = 0x3f;
  core.x87.opcode = 0x123;
  core.x87.instructionPointer = 0x1_2345_6789n;
  core.mxcsr = 0x9fc0;
  core.pkru = 0x55;
  core.gpr[0] = 0xffff_ffffn;
  core.gpr[2] = 0xffff_ffffn;
  return core;
}

function run(
  core: PlainCore,
  ...names: ('fxsave64' | 'fxrstor64' | 'xsave' | 'xsaveopt' | 'xsavec' | 'xrstor')[]
): void {
  for (const name of names) {
    core.rip = 0x4000n;
    if (!core.do(64, name, area)) throw new Error(delivered(core));
  }
}

test('FXSAVE64: TOP in the status word, a bit for each register that is not empty, ST0 first', () => {
  const core = filled();
  run(core, 'fxsave64');
  expect([core.peek(AREA, 2), core.peek(AREA + 2, 2), core.peek(AREA + 4, 2), core.peek(AREA + 6, 2)]).toEqual([
    ...[0x37f, 0x7100, 0xc0, 0x123],
  ]);
  expect(core.read(BigInt(AREA + 8), 8)).toBe(0x1_2345_6789n);
  expect([core.peek(AREA + 24), core.peek(AREA + 28)]).toEqual([0x9fc0, 0xffff]);
  expect(core.memory[AREA + 32]).toBe(6 * 16);
  expect(core.memory[AREA + 160 + 16]).toBe((32 * 7 + 1) & 0xff);
});

test('FXRSTOR brings everything back', () => {
  const core = filled();
  run(core, 'fxsave64');
  const { registers, top, statusWord, emptyTags } = { ...core.x87, registers: core.x87.registers.slice() };
  const low = (vectors: Uint8Array): number[] => [...vectors].filter((_, at) => at % 32 < 16);
  const before = low(core.vectors);
  core.x87.registers.fill(9);
  core.x87.top = 0;
  core.x87.emptyTags = 0;
  core.vectors.fill(3);
  core.mxcsr = 0x1f80;
  run(core, 'fxrstor64');
  expect({ registers: core.x87.registers.slice(0, 10), top: core.x87.top }).toEqual({
    registers: registers.slice(0, 10),
    top,
  });
  expect([core.x87.statusWord, core.x87.emptyTags, core.mxcsr]).toEqual([statusWord, emptyTags, 0x9fc0]);
  expect(low(core.vectors)).toEqual(before);
});

test('reserved bits of MXCSR and an area that is not aligned are #GP(0), and nothing is loaded', () => {
  const core = filled();
  run(core, 'fxsave64');
  core.poke(AREA + 24, 0x1_0000n, 4);
  core.do(64, 'fxrstor64', area);
  expect(delivered(core)).toBe('#13(0h)');
  expect(core.mxcsr).toBe(0x9fc0);
  const other = filled();
  other.do(64, 'xsave', mem({ displacement: AREA + 16 }));
  expect(delivered(other)).toBe('#13(0h)');
});

test('XSAVE and XRSTOR: AVX at 576, PKRU at 832, what XSTATE_BV leaves out is initialised', () => {
  const core = filled();
  run(core, 'xsave');
  expect(core.read(BigInt(AREA + 512), 8)).toBe(0x207n);
  expect([core.memory[AREA + 576], core.peek(AREA + 832)]).toEqual([(16 * 7 + 1) & 0xff, 0x55]);
  core.poke(AREA + 512, 2n, 8);
  const xmm0 = core.vectors.slice(0, 16);
  run(core, 'xrstor');
  expect(core.vectors.slice(0, 16)).toEqual(xmm0);
  expect([core.vectors.slice(16, 32).every((byte) => byte === 0), core.pkru, core.x87.emptyTags]).toEqual([
    true,
    0,
    0xff,
  ]);
});

test('XSAVEOPT leaves out what is initial, XSAVEC packs', () => {
  const core = filled();
  for (let register = 0; register < 16; register++) core.vectors.fill(0, register * 32 + 16, register * 32 + 32);
  core.memory.fill(0xee, AREA + 576, AREA + 832);
  run(core, 'xsaveopt');
  expect(core.read(BigInt(AREA + 512), 8)).toBe(0x203n);
  expect(core.memory[AREA + 576]).toBe(0xee);
  core.gpr[0] = 0x203n;
  run(core, 'xsavec');
  expect(core.read(BigInt(AREA + 520), 8)).toBe((1n << 63n) | 0x203n);
  expect(core.peek(AREA + 576)).toBe(0x55);
  core.pkru = 0;
  run(core, 'xrstor');
  expect(core.pkru).toBe(0x55);
});

test.each([
  ['XSTATE_BV beyond XCR0', 512, 0x20n],
  ['reserved bytes of the header', 528, 1n],
  ['XCOMP_BV beyond XCR0', 520, (1n << 63n) | 0x20n],
])('XRSTOR: %s is #GP(0)', (_, offset, value) => {
  const core = filled();
  run(core, 'xsave');
  core.poke(AREA + offset, value, 8);
  core.do(64, 'xrstor', area);
  expect(delivered(core)).toBe('#13(0h)');
});

test('in 32-bit mode only eight registers are stored', () => {
  const core = protectedCore();
  core.cr4 |= 1 << 9;
  core.vectors.fill(5);
  core.memory.fill(0, AREA, AREA + 512);
  core.do(32, 'fxsave', area);
  expect([core.memory[AREA + 160 + 7 * 16], core.memory[AREA + 160 + 8 * 16]]).toEqual([5, 0]);
});

test('TS makes it #NM', () => {
  const core = protectedCore();
  core.cr0 |= 8;
  core.do(32, 'fxsave', area);
  expect(delivered(core)).toBe('#7');
});
