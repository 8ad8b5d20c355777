/** What the decoder tells besides row and operands: lengths, prefixes, positions of fields, and why bytes are no instruction. */
import { expect, test } from 'vitest';
import { decode, fs, type Instruction, type Mode } from '../src/index.ts';

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16));
}

function instruction(mode: Mode, hex: string): Instruction {
  const decoded = decode(mode, bytesOf(hex));
  if (decoded.kind === 'failure') throw new Error(`${hex}: ${decoded.reason}`);
  return decoded;
}

function failure(mode: Mode, hex: string): string {
  const decoded = decode(mode, bytesOf(hex));
  return decoded.kind === 'failure' ? decoded.reason : decoded.row.text;
}

test('every proper beginning of an instruction is truncated', () => {
  const examples = [
    '66 81 84 88 78 56 34 12 cd ab',
    'c4 e3 71 4a 44 24 10 20',
    'f2 48 0f 38 f1 05 00 00 00 00',
    '48 b8 01 02 03 04 05 06 07 08',
  ];
  for (const example of examples) {
    const bytes = bytesOf(example);
    expect(instruction(64, example).length).toBe(bytes.length);
    for (let length = 0; length < bytes.length; length++) {
      expect(decode(64, bytes.subarray(0, length))).toEqual({ kind: 'failure', reason: 'truncated' });
    }
  }
});

test('fifteen bytes are an instruction, sixteen are too long', () => {
  const prefixes = (count: number): string => '2e '.repeat(count);
  expect(instruction(64, `${prefixes(14)}90`).length).toBe(15);
  expect(failure(64, `${prefixes(15)}90`)).toBe('too long');
  expect(failure(64, `${prefixes(10)}81 00 01 02 03 04 05`)).toBe('too long');
  expect(failure(32, prefixes(20).trim())).toBe('too long');
});

test.each<[Mode, string, string]>([
  [64, '06', 'PUSH ES in 64-bit mode'],
  [64, '0f 04', 'no opcode'],
  [64, '8d c0', 'LEA of a register'],
  [64, 'f0 89 03', 'LOCK MOV'],
  [64, 'f0 01 c0', 'LOCK without memory'],
  [64, '8e c8', 'MOV to CS'],
  [64, '0f 20 c8', 'CR1'],
  [64, '44 0f 21 c0', 'DR8'],
  [64, '66 c5 f8 58 c0', 'VEX behind a mandatory prefix'],
  [64, '48 c5 f8 58 c0', 'VEX behind REX'],
  [64, 'c5 f0 77', 'VZEROUPPER with vvvv'],
  [64, 'c4 e2 69 90 14 08', 'gather with equal registers'],
  [64, 'f3 0f 28 c0', 'MOVAPS with F3'],
])('%i-bit %s is invalid: %s', (mode, hex) => {
  expect(failure(mode, hex)).toBe('invalid');
});

test('sizes, prefixes and fields', () => {
  const add = instruction(64, '64 67 66 81 84 88 78 56 34 12 cd ab');
  expect(add).toMatchObject({
    length: 12,
    operandSize: 16,
    addressSize: 32,
    segment: fs,
    displacementOffset: 6,
    immediateOffset: 10,
  });
  expect(instruction(64, '2e 8b 03').segment).toBeUndefined();
  expect(instruction(64, 'f3 a4')).toMatchObject({ repeat: 0xf3, displacementOffset: -1, immediateOffset: -1 });
  expect(instruction(64, 'f3 90').row.mnemonic).toBe('pause');
  expect(instruction(64, 'f3 90').repeat).toBe(0);
  expect(instruction(64, '48 66 01 c0').operandSize).toBe(16);
  expect(instruction(64, '66 48 01 c0').operandSize).toBe(64);
  expect(instruction(64, '6a 01').operandSize).toBe(64);
  expect(instruction(16, '66 6a 01').operandSize).toBe(32);
});

test('an offset into a larger buffer', () => {
  const code = bytesOf('90 90 e8 01 00 00 00 c3');
  expect(decode(64, code, 2)).toMatchObject({ length: 5, operands: [1] });
});

test('a 64-bit address that a number cannot hold stays exact', () => {
  const [, address] = instruction(64, '48 a1 88 77 66 55 44 33 22 11').operands;
  expect(address).toMatchObject({ kind: 'memory', exactDisplacement: 0x1122_3344_5566_7788n });
});
