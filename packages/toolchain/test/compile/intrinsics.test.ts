/** Every row of the table of intrinsics becomes machine instructions, and the right ones. */
import { type Intrinsic, intrinsics } from '@drift-os/abi';
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../src/index.ts';
import { textOf } from './decode.ts';
import { compileText } from './samples.ts';

function wide(type: string): 'i32' | 'i64' {
  return type === 'u64' ? 'i64' : 'i32';
}

/** A module with one function that passes its parameters on to the intrinsic. */
function moduleWith(name: string, { parameters, result }: Intrinsic): string {
  const types = parameters.map(([, type]) => `(param ${wide(type)})`).join(' ');
  const results = result === 'void' ? '' : `(result ${wide(result)})`;
  const args = parameters.map((_, i) => `(local.get ${i})`).join(' ');
  return `(module (import "cpu" "${name}" (func $i ${types} ${results})) (memory 1)
    (func (export "f") ${types} ${results} (call $i ${args})))`;
}

/** What must be among the instructions. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  outb: /^out dx,al$/,
  outw: /^out dx,ax$/,
  outl: /^out dx,eax$/,
  inb: /^in al,dx$/,
  inw: /^in ax,dx$/,
  inl: /^in eax,dx$/,
  stiHlt: /^hlt$/,
  invlpg: /^invlpg \[/,
  readFlags: /^pushfq$/,
  readCr0: /^mov r.., ?cr0$/,
  readCr2: /^mov r.., ?cr2$/,
  readCr3: /^mov r.., ?cr3$/,
  readCr4: /^mov r.., ?cr4$/,
  writeCr0: /^mov cr0,r/,
  writeCr3: /^mov cr3,r/,
  writeCr4: /^mov cr4,r/,
  writeMxcsr: /^ldmxcsr /,
  writeFsBase: /^wrmsr$/,
  writeGsBase: /^wrmsr$/,
  load8: /^movzx e..,byte ptr \[/,
  load16: /^movzx e..,word ptr \[/,
  load32: /^mov e..,\[/,
  load64: /^mov r..,\[/,
  store8: /^mov \[...\],.*(l|b)$/,
  store16: /^mov \[...\],..$/,
  store32: /^mov \[...\],e..$/,
  store64: /^mov \[...\],r..$/,
  copy64: /^rep movsb/,
  fill64: /^rep stosb/,
  framePointer: /^mov r..,rsp$/,
  instructionPointer: /^lea r..,\[/,
  call: /^call rax$/,
  breakpoint: /^int3$/,
};

describe('intrinsics', () => {
  it.each(Object.entries(intrinsics))('cpu.%s', (name, row) => {
    const text = textOf(compileText(moduleWith(name, row)), 'f');
    const expected = EXPECTED[name] ?? new RegExp(`^${name}\\b`);
    expect(text.join('; ')).toSatisfy(() => text.some((line) => expected.test(line)));
  });

  it('are refused where the module may not have them', () => {
    expect(() => compileText(moduleWith('cli', intrinsics['cli'] as Intrinsic), { intrinsics: false })).toThrow(
      CompileError,
    );
  });

  it('STI and HLT stand next to each other', () => {
    const text = textOf(compileText(moduleWith('stiHlt', intrinsics['stiHlt'] as Intrinsic)), 'f');
    expect(text[text.indexOf('sti') + 1]).toBe('hlt');
  });
});
