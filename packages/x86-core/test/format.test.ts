/** The disassembler's text: operands against iced-x86's MASM formatter for every row, and some whole lines. */
import iced from 'iced-x86';
import { expect, test } from 'vitest';
import { prepareForm } from '../src/encode/form.ts';
import { CodeBuffer, decode, EncodeError, emitForm, formatInstruction, rows } from '../src/index.ts';
import { sampleOperands } from './oracle/samples.ts';

const formatter = new iced.Formatter(iced.FormatterSyntax.Masm);
formatter.spaceAfterOperandSeparator = true;
formatter.hexPrefix = '0x';
formatter.hexSuffix = '';
formatter.uppercaseHex = false;
formatter.addLeadingZeroToHexNumbers = false;
formatter.branchLeadingZeros = false;
formatter.ripRelativeAddresses = true;
formatter.memorySizeOptions = iced.MemorySizeOptions.Always;
formatter.usePseudoOps = false;
formatter.showBranchSize = false;
formatter.masmAddDsPrefix32 = false;

/**
 * Where MASM's habits differ: it shows 16-bit registers for the selectors of SLDT and the like, 32-bit ones where the upper half is zero,
 * hides segments of LEA and operands of some x87 instructions, shows the implicit ones of MONITOR, and swaps those of XCHG.
 */
const habits =
  /^(lea|xchg|int3|lldt|ltr|verr|verw|lmsw|arpl|monitor|mwait|umwait|tpause|nop|reservednop|fcomp?|fxch|fucomp?|v?extractps|vpinsr[bw])$/;

function icedText(text: string): string {
  return text
    .replace(/(?<![xy])mmword/, 'qword')
    .replace(/oword/, 'xmmword')
    .replace(/(?:fpuenv14|fpuenv28|fpustate94|fpustate108) ptr /, '')
    .replace(/st\((\d)\)/g, 'st$1')
    .replace(/\bst\b/g, 'st0');
}

test('operands of every row, in 16- and 64-bit code', () => {
  const wrong: string[] = [];
  let compared = 0;
  for (const row of rows()) {
    if (habits.test(row.mnemonic)) continue;
    /** Sizes that the table leaves open: pseudo-descriptors, and elements of gathers. */
    const sizeless = row.operands.some((kind) => /^m16&(32|64)$/.test(kind.notation) || kind.vectorIndex !== undefined);
    for (const mode of row.modes.filter((each) => each !== 32)) {
      const form = prepareForm(row, mode);
      if (form === undefined) continue;
      for (const operands of sampleOperands(row, mode)) {
        const out = new CodeBuffer(32);
        try {
          emitForm(out, form, operands[0], operands[1], operands[2], operands[3]);
        } catch (error) {
          if (error instanceof EncodeError) continue;
          throw error;
        }
        const bytes = out.toBytes();
        const decoded = decode(mode, bytes);
        if (decoded.kind === 'failure') throw new Error(row.text);
        const line = formatInstruction(decoded, { address: 0n });
        const ours = line.slice(line.indexOf(row.mnemonic) + row.mnemonic.length + 1);
        const instruction = new iced.Decoder(mode, bytes, iced.DecoderOptions.None).decode();
        let theirs = icedText(formatter.formatAllOperands(instruction));
        instruction.free();
        if (sizeless) theirs = theirs.replace(/\w+ ptr /, '');
        compared++;
        if (ours !== theirs) wrong.push(`${mode} ${line} | iced: ${theirs}`);
      }
    }
  }
  console.log(`${compared} disassembled operand lists compared with iced's`);
  expect(wrong.slice(0, 20)).toEqual([]);
});

test.each([
  [64, 'f0 0f c1 03', 'lock xadd dword ptr [rbx], eax'],
  [64, 'f3 48 ab', 'rep stosq'],
  [64, 'f2 ae', 'repne scasb'],
  [64, '67 65 8b 44 88 fc', 'mov eax, dword ptr gs:[eax+ecx*4-4]'],
  [64, '48 cb', 'o64 retf'],
  [16, '66 0f 01 16 00 7e', 'o32 lgdt [0x7e00]'],
  [16, '66 ea 00 00 01 00 08 00', 'o32 jmp far 8:0x10000'],
  [64, 'eb fe', 'jmp 0x1000'],
  [64, '48 83 e4 f0', 'and rsp, 0xfffffffffffffff0'],
  [64, '67 f3 a4', 'rep a32 movsb'],
  [32, '0f b6 c0', 'movzx eax, al'],
  [64, '48 a1 00 80 ff ff ff ff ff ff', 'mov rax, qword ptr [0xffffffffffff8000]'],
  [64, 'c5 f3 58 05 10 00 00 00', 'vaddsd xmm0, xmm1, qword ptr [rip+0x10]'],
] as const)('%i-bit %s is %s', (mode, hex, text) => {
  const bytes = Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16));
  const decoded = decode(mode, bytes);
  if (decoded.kind === 'failure') throw new Error(decoded.reason);
  expect(formatInstruction(decoded, { address: 0x1000n })).toBe(text);
  expect(decoded.length).toBe(bytes.length);
});

test('targets without an address, and with names', () => {
  const decoded = decode(64, Uint8Array.of(0xe8, 0xfb, 0xff, 0xff, 0xff));
  if (decoded.kind === 'failure') throw new Error(decoded.reason);
  expect(formatInstruction(decoded)).toBe('call $+0');
  expect(formatInstruction(decoded, { address: 0x7c00n, nameOf: (at) => (at === 0x7c00n ? 'start' : undefined) })).toBe(
    'call start',
  );
});
