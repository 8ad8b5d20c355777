/** The encoder from outside: shortest forms, sizes, symbols, and what its errors say. */
import { describe, expect, test } from 'vitest';
import {
  ah,
  al,
  ax,
  bp,
  bx,
  CodeBuffer,
  decode,
  cl,
  ds,
  eax,
  ebp,
  ebx,
  ecx,
  EncodeError,
  encode,
  emitForm,
  es,
  esp,
  far,
  fs,
  gpr64,
  mem,
  mem8,
  mem16,
  mem32,
  mem64,
  type Mode,
  nearestMnemonic,
  type Operand,
  type PrefixedMnemonic,
  r8,
  r8b,
  r12,
  r13,
  rax,
  rbp,
  rbx,
  rcx,
  rel,
  rsp,
  select,
  si,
  sil,
  symbol,
  xmm0,
  xmm1,
  xmm9,
  ymm2,
} from '../src/index.ts';

function bytesOf(mode: Mode, mnemonic: PrefixedMnemonic, ...operands: Operand[]): string {
  const out = new CodeBuffer(16);
  encode(mode, mnemonic, operands, out);
  return Buffer.from(out.toBytes()).toString('hex');
}

function errorOf(mode: Mode, mnemonic: string, ...operands: Operand[]): EncodeError {
  try {
    encode(mode, mnemonic as PrefixedMnemonic, operands, new CodeBuffer(16));
  } catch (error) {
    if (error instanceof EncodeError) return error;
    throw error;
  }
  throw new Error(`${mnemonic} encodes`);
}

describe('the shortest form', () => {
  test.each<[Mode, string, PrefixedMnemonic, Operand[]]>([
    [64, '4883c001', 'add', [rax, 1]],
    [64, '4805e8030000', 'add', [rax, 1000]],
    [64, '4881c3e8030000', 'add', [rbx, 1000]],
    [64, '83c0ff', 'add', [eax, 0xffff_ffff]],
    [64, '4883c0ff', 'add', [rax, 0xffff_ffff_ffff_ffffn]],
    [64, '0480', 'add', [al, 0x80]],
    [64, 'd1e0', 'shl', [eax, 1]],
    [64, 'c1e002', 'shl', [eax, 2]],
    [64, '48c7c0ffffffff', 'mov', [rax, -1]],
    [64, '48b8ffffffff00000000', 'mov', [rax, 0xffff_ffff]],
    [64, 'b8ffffffff', 'mov', [eax, -1]],
    [64, '6a05', 'push', [5]],
    [64, '6800010000', 'push', [256]],
    [32, '68ffff0000', 'push', [0xffff]],
    [16, '6aff', 'push', [0xffff]],
    [64, '53', 'push', [rbx]],
    [64, '4153', 'push', [gpr64[11] as Operand]],
    [64, '87c0', 'xchg', [eax, eax]],
    [64, '4990', 'xchg', [rax, r8]],
    [32, 'a000100000', 'mov', [al, mem8(0x1000)]],
    [64, '8a042500100000', 'mov', [al, mem8(0x1000)]],
    [64, 'c5f858c8', 'vaddps', [xmm1, xmm0, xmm0]],
    [64, 'c4c17858c9', 'vaddps', [xmm1, xmm0, xmm9]],
    [64, 'ebfe', 'jmp', [-2]],
    [64, 'e900010000', 'jmp', [256]],
  ])('%i-bit %s is %s', (mode, hex, mnemonic, operands) => {
    expect(bytesOf(mode, mnemonic, ...operands)).toBe(hex);
  });
});

describe('addresses', () => {
  test.each<[Mode, string, Operand]>([
    [64, '8b03', mem32(rbx)],
    [64, '8b4500', mem32(rbp)],
    [64, '8b0424', mem32(rsp)],
    [64, '418b0424', mem32(r12)],
    [64, '418b4500', mem32(r13)],
    [64, '8b437f', mem32(rbx, 127)],
    [64, '8b8380000000', mem32(rbx, 128)],
    [64, '8b44cb80', mem32({ base: rbx, index: rcx, scale: 8, displacement: -128 })],
    [64, '8b04cd10000000', mem32({ index: rcx, scale: 8, displacement: 16 })],
    [64, '678b03', mem32(ebx)],
    [64, '8b0510000000', mem32({ base: 'rip', displacement: 16 })],
    [64, '648b0425f8ffffff', mem32({ segment: fs, displacement: -8 })],
    [32, 'a178563412', mem32(0x1234_5678)],
    [32, '678b07', mem32(bx)],
    [32, '8b43f0', mem32(ebx, 0xffff_fff0)],
    [16, '668b07', mem32(bx)],
    [16, '668b4600', mem32(bp)],
    [16, '67668b0424', mem32(esp)],
    [16, '668b820001', mem32({ base: bp, index: si, displacement: 256 })],
    [16, '26668b4702', mem32({ base: bx, displacement: 2, segment: es })],
  ])('%i-bit %s', (mode, hex, address) => {
    expect(bytesOf(mode, 'mov', eax, address)).toBe(hex);
  });
});

describe('sizes that operands do not tell', () => {
  test.each<[Mode, string, PrefixedMnemonic, Operand[]]>([
    [64, 'cb', 'retf', []],
    [64, '48cb', 'o64 retf', []],
    [16, '0f0117', 'lgdt', [mem({ base: bx })]],
    [16, '660f0117', 'o32 lgdt', [mem({ base: bx })]],
    [64, '67f3a4', 'a32 rep movsb' as PrefixedMnemonic, []],
    [64, 'f348ab', 'rep stosq', []],
    [64, 'f00fb10b', 'lock cmpxchg', [mem32(rbx), ecx]],
    [16, 'ea00000800', 'jmp far', [far(8, 0)]],
    [16, '66ea000000000800', 'o32 jmp far', [far(8, 0)]],
  ])('%i-bit %s is %s', (mode, hex, mnemonic, operands) => {
    expect(bytesOf(mode, mnemonic, ...operands)).toBe(hex);
  });
});

test('symbols leave fixups, corrected for what stands behind them in the instruction', () => {
  const out = new CodeBuffer();
  encode(64, 'mov', [rel(symbol('counter', 4), 32), 7], out);
  encode(64, 'jmp', [symbol('near')], out);
  encode(64, 'je', [symbol('short', 0, 8)], out);
  encode(64, 'mov', [rax, symbol('wide', 0, 64)], out);
  encode(64, 'mov', [eax, mem32({ base: rbx, symbol: symbol('table'), displacement: 8 })], out);
  expect(out.fixups).toEqual([
    { offset: 2, kind: 'rel32', symbol: 'counter', addend: 0 },
    { offset: 11, kind: 'rel32', symbol: 'near', addend: 0 },
    { offset: 16, kind: 'rel8', symbol: 'short', addend: 0 },
    { offset: 19, kind: 'abs64', symbol: 'wide', addend: 0 },
    { offset: 29, kind: 'abs32s', symbol: 'table', addend: 8 },
  ]);
  expect([out.displacementOffset, out.displacementBytes, out.immediateOffset]).toEqual([29, 4, -1]);
});

test('a form is looked up once and emitted many times', () => {
  const add = select(64, 'add', 'r64, r/m64');
  const out = new CodeBuffer(8);
  for (let i = 0; i < 1000; i++) emitForm(out, add, rax, mem64(rbx, i));
  expect(out.length).toBeGreaterThan(4000);
  expect(Buffer.from(out.bytes.subarray(0, 7)).toString('hex')).toBe('48030348034301');
  expect(select(64, 'push', 'imm8', 'd64').row.operandSize).toBe('d64');
});

test('a form chosen for one operand is not taken for another that it does not fit', () => {
  const values = [0, 1, 5, 127, 128, 255, 256, 0x7fff, 0x8000, 0xff7f, 0xff80, 0xffff];
  const wide = [0x7fff_ffff, 0x8000_0000, 0xffff_ff7f, 0xffff_ff80, 0xffff_ffff, 0x1_0000_0000, 2 ** 60];
  const all: (number | bigint)[] = [...values, ...wide].flatMap((value) => [
    value,
    -value,
    BigInt(value),
    -BigInt(value),
  ]);
  const top = 2n ** 64n;
  all.push(top - 1n, top - 128n, top - 129n, top - 2n ** 31n, top - 2n ** 31n - 1n, 2n ** 63n, -(2n ** 63n));
  for (const register of [al, ax, eax, rax, sil, si, ebx, r8]) {
    for (const mnemonic of ['add', 'mov', 'shl', 'test'] as const) {
      for (const value of all) {
        const out = new CodeBuffer(32);
        try {
          encode(64, mnemonic, [register, value], out);
        } catch (error) {
          if (error instanceof EncodeError && error.code === 'NO_FORM') continue;
          throw error;
        }
        const back = decode(64, out.toBytes());
        if (back.kind === 'failure') throw new Error(back.reason);
        const width = mnemonic === 'shl' ? 8 : register.bits;
        expect(BigInt.asUintN(width, BigInt(back.operands[1] as number))).toBe(BigInt.asUintN(width, BigInt(value)));
      }
    }
  }
  expect(bytesOf(64, 'mov', al, mem8(0x1000))).toBe('8a042500100000');
  expect(bytesOf(64, 'mov', al, mem8(0x1_0000_0000))).toBe('a00000000001000000');
  expect(bytesOf(64, 'vmovaps', xmm0, xmm1)).toBe('c5f828c1');
  expect(bytesOf(64, 'vmovaps', xmm0, xmm9)).toBe('c57829c8');
});

test('mnemonics are checked by the type checker', () => {
  // @ts-expect-error there is no such mnemonic
  expect(() => encode(64, 'movv', [rax, rbx], new CodeBuffer())).toThrow(EncodeError);
  // @ts-expect-error nor such a prefix
  expect(() => encode(64, 'locked add', [mem32(rbx), eax], new CodeBuffer())).toThrow(EncodeError);
});

describe('errors', () => {
  test('an unknown mnemonic names the nearest', () => {
    const error = errorOf(64, 'movxz', eax, al);
    expect(error.code).toBe('UNKNOWN_MNEMONIC');
    expect(error.message).toContain(`"${nearestMnemonic('movxz')}"`);
    expect(nearestMnemonic('cmpxhg')).toBe('cmpxchg');
  });

  test('operands that fit no form get the forms that exist', () => {
    const error = errorOf(64, 'movsxd', rax, al);
    expect(error.code).toBe('NO_FORM');
    expect(error.message).toContain('movsxd rax, al: no form takes these operands in 64-bit mode');
    expect(error.forms).toContain('movsxd r64, r/m32 | REX.W 63 /r');
    const near = errorOf(64, 'mov', xmm0, eax).forms;
    expect(near).toContain('mov r/m32, r32 | o32 89 /r');
    expect(near).not.toContain('mov r/m64, r64 | REX.W 89 /r');
    expect(errorOf(64, 'pusha').code).toBe('NO_FORM');
    expect(errorOf(32, 'swapgs').code).toBe('NO_FORM');
    expect(errorOf(64, 'add', al, 256).code).toBe('NO_FORM');
    expect(errorOf(64, 'add', rax, 0x8000_0000).code).toBe('NO_FORM');
    expect(errorOf(64, 'mov', ds, 5).code).toBe('NO_FORM');
    expect(errorOf(64, 'mov', eax, 1.5).code).toBe('NO_FORM');
    expect(errorOf(64, 'vaddps', ymm2, xmm0, xmm1).code).toBe('NO_FORM');
  });

  test('a memory operand of unknown size', () => {
    expect(errorOf(64, 'mov', mem({ base: rbx }), 5).code).toBe('AMBIGUOUS_SIZE');
    expect(errorOf(64, 'movzx', eax, mem({ base: rbx })).code).toBe('AMBIGUOUS_SIZE');
    expect(bytesOf(64, 'mov', mem({ base: rbx }), eax)).toBe('8903');
  });

  test('prefixes that do not belong', () => {
    expect(errorOf(64, 'lock mov', mem32(rbx), eax).code).toBe('PREFIX');
    expect(errorOf(64, 'lock add', ecx, eax).code).toBe('PREFIX');
    expect(errorOf(64, 'rep add', ecx, eax).code).toBe('PREFIX');
    expect(errorOf(64, 'repne movsb').code).toBe('PREFIX');
  });

  test('registers and addresses without an encoding', () => {
    expect(errorOf(64, 'add', ah, r8b).code).toBe('REGISTER');
    expect(errorOf(64, 'add', ah, sil).code).toBe('REGISTER');
    expect(errorOf(32, 'add', al, sil).code).toBe('REGISTER');
    expect(errorOf(32, 'add', eax, mem32({ base: r8 })).code).toBe('ADDRESS');
    expect(errorOf(32, 'vaddps', xmm1, xmm1, xmm9).code).toBe('REGISTER');
    expect(errorOf(64, 'mov', eax, mem32({ index: rsp })).code).toBe('ADDRESS');
    expect(errorOf(64, 'mov', eax, mem32({ base: rbx, index: ecx })).code).toBe('ADDRESS');
    expect(errorOf(64, 'mov', eax, mem32(rbx, 0x8000_0000)).code).toBe('ADDRESS');
    expect(errorOf(16, 'mov', ax, mem16({ base: bx, index: bp })).code).toBe('ADDRESS');
    expect(errorOf(64, 'mov', ax, mem16(bx)).code).toBe('ADDRESS');
    expect(errorOf(32, 'mov', eax, mem32({ base: 'rip' })).code).toBe('ADDRESS');
    expect(errorOf(16, 'mov', eax, mem32(ebp, 1.5)).code).toBe('ADDRESS');
  });

  test('an error leaves the buffer as it was', () => {
    const out = new CodeBuffer();
    encode(64, 'ret', [], out);
    expect(() => encode(64, 'mov', [eax, mem32({ index: rsp, symbol: symbol('x') })], out)).toThrow(EncodeError);
    expect([out.length, out.fixups.length]).toEqual([1, 0]);
    expect(cl.name).toBe('cl');
  });
});
