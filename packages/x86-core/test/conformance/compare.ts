/** Compares the state that an instruction left with the one that the processor left. */
import {
  ADDRESS,
  DATA,
  ERROR_CODE,
  EXCEPTION,
  FCW,
  FDP,
  FOP,
  FS_BASE,
  FSW,
  FTW,
  GPR,
  GS_BASE,
  MEMORY,
  MXCSR,
  RFLAGS,
  RIP,
  SELECTORS,
  STATE_BYTES,
  X87,
  YMM,
} from '@drift-os/x86-vectors';
import { gpr64, segments } from '../../src/index.ts';
import { isApproximate, isClose } from './tolerance.ts';

export interface Difference {
  readonly place: string;
  readonly expected: string;
  readonly got: string;
}

const flagBits: Readonly<Record<string, number>> = { c: 0, p: 2, a: 4, z: 6, s: 7, t: 8, i: 9, d: 10, o: 11 };
const conditionBits: Readonly<Record<string, number>> = { 4: 8, 5: 9, 6: 10, 7: 14 };

function maskOf(letters: string, bits: Readonly<Record<string, number>>): number {
  return Array.from(letters).reduce(
    (mask, letter) => (bits[letter] === undefined ? mask : mask | (1 << bits[letter])),
    0,
  );
}

/** What a comparison asks of a row. */
export interface Compared {
  readonly mnemonic?: string;
  readonly flags: { readonly undefined: string };
}

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

const fields: readonly Field[] = [
  { name: 'exception', offset: EXCEPTION, bytes: 1 },
  { name: 'error code', offset: ERROR_CODE, bytes: 4 },
  { name: 'cr2', offset: ADDRESS, bytes: 8 },
  { name: 'rip', offset: RIP, bytes: 8 },
  { name: 'rflags', offset: RFLAGS, bytes: 8 },
  ...gpr64.map(({ name }, index) => ({ name, offset: GPR + 8 * index, bytes: 8 })),
  ...segments.map(({ name }, index) => ({ name, offset: SELECTORS + 2 * index, bytes: 2 })),
  { name: 'fs base', offset: FS_BASE, bytes: 8 },
  { name: 'gs base', offset: GS_BASE, bytes: 8 },
  { name: 'mxcsr', offset: MXCSR, bytes: 4 },
  { name: 'fcw', offset: FCW, bytes: 2 },
  { name: 'fsw', offset: FSW, bytes: 2 },
  { name: 'ftw', offset: FTW, bytes: 1 },
  ...Array.from({ length: 8 }, (_, index) => ({ name: `r${index}`, offset: X87 + 16 * index, bytes: 10 })),
  ...Array.from({ length: 16 }, (_, index) => ({ name: `ymm${index}`, offset: YMM + 32 * index, bytes: 32 })),
];

/** The bytes of a field as one number in hexadecimal. */
function hex(state: Uint8Array, { offset, bytes }: Field): string {
  return Buffer.from(state.subarray(offset, offset + bytes))
    .reverse()
    .toString('hex');
}

function sameBytes(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  return Buffer.compare(a.subarray(from, to), b.subarray(from, to)) === 0;
}

/**
 * Where the two states differ, other than in flags that the row calls undefined. FOP, FIP and FDP are left out: processors differ in when they set
 * them. Both states are changed: what is undefined is cleared in them.
 */
export function differences(row: Compared, expected: Uint8Array, got: Uint8Array): Difference[] {
  for (const state of [expected, got]) {
    const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
    view.setUint32(RFLAGS, view.getUint32(RFLAGS, true) & ~maskOf(row.flags.undefined, flagBits), true);
    view.setUint16(FSW, view.getUint16(FSW, true) & ~maskOf(row.flags.undefined, conditionBits), true);
    state.fill(0, FOP, FDP + 8);
    // Outside of 64-bit mode the upper halves of registers are undefined (SDM 1 3.4.1.1); the processor clears that of RSP.
    if (view.getUint16(SELECTORS + 2, true) !== 0x33) view.setUint32(GPR + 8 * 4 + 4, 0, true);
    // The capture program is entered by an IRET, which makes null selectors 0 whatever their RPL was (SDM 2 IRET).
    for (let segment = 0; segment < 6; segment++) {
      if (view.getUint16(SELECTORS + 2 * segment, true) < 4) view.setUint16(SELECTORS + 2 * segment, 0, true);
    }
  }
  if (sameBytes(expected, got, 0, STATE_BYTES)) return [];
  const found: Difference[] = [];
  for (const field of fields) {
    if (sameBytes(expected, got, field.offset, field.offset + field.bytes)) continue;
    if (isApproximate(row) && isClose(field, expected, got)) continue;
    found.push({ place: field.name, expected: hex(expected, field), got: hex(got, field) });
  }
  for (let at = MEMORY; at < STATE_BYTES; at++) {
    if (expected[at] === got[at]) continue;
    let end = at + 1;
    while (end < STATE_BYTES && expected[end] !== got[end]) end++;
    const place = `memory ${(DATA + BigInt(at - MEMORY)).toString(16)}`;
    const bytes = (state: Uint8Array): string => Buffer.from(state.subarray(at, end)).toString('hex');
    found.push({ place, expected: bytes(expected), got: bytes(got) });
    at = end;
  }
  return found;
}

/** A state in lines, without what is the same in the other one: to read beside a difference. */
export function describeState(state: Uint8Array): string {
  const shown = fields.filter((field) => field.offset < X87 && field.bytes > 1 && field.offset !== FTW);
  return shown.map((field) => `${field.name}=${hex(state, field).replace(/^0+(?=.)/, '')}`).join(' ');
}
