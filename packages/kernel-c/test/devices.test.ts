/** Keyboard and real-time clock, byte by byte. */
import { describe, expect, it } from 'vitest';
import { instantiateHostModule } from '../src/host-module.ts';
import { hostWasm } from './host-wasm.ts';

const RELEASE = 0x80;

/** What a terminal would have got for scan codes of set 1. */
async function typed(...codes: readonly number[]): Promise<string> {
  const { exports } = await instantiateHostModule<{ scanCode(code: number): void; keyboardRead(): number }>(
    hostWasm,
    0,
  );
  for (const code of codes) exports.scanCode(code);
  let text = '';
  for (let byte = exports.keyboardRead(); byte >= 0; byte = exports.keyboardRead()) text += String.fromCharCode(byte);
  return text;
}

describe('keyboard', () => {
  const [shift, control, capsLock, a, one, enter] = [0x2a, 0x1d, 0x3a, 0x1e, 0x02, 0x1c];

  it('types letters, digits and Enter, and nothing on release', async () => {
    expect(await typed(a, a | RELEASE, one, one | RELEASE, enter)).toBe('a1\r');
  });

  it('shifts while Shift is held', async () => {
    expect(await typed(shift, a, one, shift | RELEASE, a, one)).toBe('A!a1');
  });

  it('locks letters only, and Shift undoes it', async () => {
    expect(await typed(capsLock, a, one, shift, a, one, shift | RELEASE, capsLock, a)).toBe('A1a!a');
  });

  it('makes control bytes of letters', async () => {
    expect(await typed(control, 0x2e, control | RELEASE, 0x2e)).toBe('\x03c');
  });

  it('sends arrows, Home, End and Delete as a terminal does', async () => {
    const arrows = [0x48, 0x50, 0x4d, 0x4b, 0x47, 0x4f, 0x53].flatMap((code) => [0xe0, code, 0xe0, code | RELEASE]);
    expect(await typed(...arrows)).toBe('\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F\x1b[3~');
  });

  it('does not take a fake Shift before an arrow for Shift', async () => {
    expect(await typed(0xe0, shift, 0xe0, 0x4b, a)).toBe('\x1b[Da');
  });

  it('keeps 256 bytes that nobody reads, and drops what comes then', async () => {
    expect(await typed(...new Array<number>(300).fill(a))).toBe('a'.repeat(256));
  });
});

/** Seconds since 1970 out of an MC146818 with these registers. */
async function seconds(registers: Readonly<Record<number, number>>): Promise<number> {
  let index = 0;
  const { exports } = await instantiateHostModule<{ rtcSeconds(): bigint }>(hostWasm, 0, {
    outb: (_port: number, value: number) => void (index = value & 0x7f),
    inb: () => registers[index] ?? 0,
  });
  return Number(exports.rtcSeconds());
}

describe('real-time clock', () => {
  const BCD_24 = 0x02;
  const BINARY_24 = 0x06;
  const BCD_12 = 0x00;

  it.each([
    ['BCD, 24 hours', { 0: 0x59, 2: 0x58, 4: 0x23, 7: 0x29, 8: 0x02, 9: 0x24, 11: BCD_24 }, '2024-02-29T23:58:59Z'],
    ['binary', { 0: 1, 2: 2, 4: 3, 7: 31, 8: 12, 9: 99, 11: BINARY_24 }, '2099-12-31T03:02:01Z'],
    ['BCD, 12 at night', { 0: 0, 2: 0, 4: 0x12, 7: 1, 8: 3, 9: 0, 11: BCD_12 }, '2000-03-01T00:00:00Z'],
    ['BCD, 12 at noon', { 0: 0, 2: 0, 4: 0x92, 7: 1, 8: 1, 9: 0x26, 11: BCD_12 }, '2026-01-01T12:00:00Z'],
    ['BCD, 11 pm', { 0: 0, 2: 0, 4: 0x91, 7: 0x28, 8: 2, 9: 0x26, 11: BCD_12 }, '2026-02-28T23:00:00Z'],
  ])('reads %s', async (_what, registers, date) => {
    expect(await seconds(registers)).toBe(Date.parse(date) / 1000);
  });
});
