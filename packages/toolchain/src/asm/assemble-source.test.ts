/** Assembler text against GNU as, its messages, and the disassembler: what one prints the other reads. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, formatInstruction } from '@drift-os/x86-core';
import { describe, expect, it } from 'vitest';
import { scalarCases, scalarOperators, vectorCases, vectorOperators } from '../../test/compile/operator-cases.ts';
import { kernelOptions } from '../../test/compile/samples.ts';
import { missing } from '../../test/host-programs.ts';
import { compileWasm } from '../compile/index.ts';
import { disassemble } from '../disasm/disassemble.ts';
import { disassembleObject } from '../disasm/disassemble-object.ts';
import { assembleSource } from './assemble-source.ts';
import { flatBinary } from './flat-binary.ts';
import { SourceError } from './source-error.ts';

const bytesOf = (source: string): string => Buffer.from(flatBinary(assembleSource(source))).toString('hex');

describe('assembler text', () => {
  /** Read by both assemblers. */
  const COMMON = `
    mov eax, 1 + 2 * 3
    mov rax, qword ptr gs:[0x28]
    lock xadd dword ptr [rbx+rcx*4-8], eax
    lea rdi, [rsp+r12*8+0x100]
    cmp byte ptr [rax], 'A'
    imul rdx, r9, -5
    shl ecx, cl
    movaps xmm1, xmmword ptr [rsi]
    pshufd xmm3, xmm4, 0x1b
    rep movsb
    cvttsd2si rax, xmm7
    push r12
    out dx, al
    mov cr3, rax
    vpaddd ymm1, ymm2, ymm3
    ud2
    ret`;

  it.skipIf(missing('as', 'objcopy'))('gives what GNU as gives', () => {
    const folder = mkdtempSync(join(tmpdir(), 'drift-asm-'));
    try {
      writeFileSync(join(folder, 'in.s'), `.intel_syntax noprefix\n${COMMON}\n`);
      execFileSync('as', ['-o', join(folder, 'out.o'), join(folder, 'in.s')]);
      execFileSync('objcopy', ['-O', 'binary', '-j', '.text', join(folder, 'out.o'), join(folder, 'out.bin')]);
      expect(bytesOf(COMMON)).toBe(readFileSync(join(folder, 'out.bin')).toString('hex'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has labels, constants, data, alignment, sections and modes', () => {
    expect(bytesOf('start: jmp end\n align 8, 0xcc\n end: jmp start')).toBe('eb06ccccccccccccebf6');
    expect(bytesOf('N equ 3\n db N, -1, "ab", 10\n dw 0x1234, "c"\n dd $-$$\n times N db 7')).toBe(
      '03ff61620a3412630009000000070707',
    );
    expect(bytesOf('org 0x7c00\n dq here+1\n here: dw here, other-here\n other:')).toBe('097c000000000000087c0400');
    expect(bytesOf('bits 16\n mov ax, [si+2]\n bits 32\n mov eax, [esi+2]')).toBe('8b44028b4602');
    const { sections, symbols } = assembleSource('global f\nf: ret\nsection data\nvalue: dq f\nsection text\nnop');
    expect(sections.map(({ name, bytes }) => [name, bytes.length])).toEqual([
      ['text', 2],
      ['data', 8],
    ]);
    expect(symbols).toMatchObject([
      { name: 'f', kind: 'function', global: true },
      { name: 'value', global: false },
    ]);
  });

  it('takes addresses as targets, as the disassembler prints them', () => {
    expect(bytesOf('org 0x7c00\n nop\n jmp 0x7c00\n jmp 0x7d00')).toBe('90ebfde9f8000000');
  });

  it('keeps references to other files as relocations', () => {
    const { relocations } = assembleSource(
      'extern puts, table\n call puts\n mov eax, [rel table+4]\n jmp far fword ptr [rax]',
    );
    expect(relocations).toMatchObject([
      { symbol: 'puts', kind: 'rel32', addend: 0 },
      { symbol: 'table', kind: 'rel32', addend: 4 },
    ]);
  });

  it.each([
    ['nop\nmvo eax, 1', 2, /no instruction is called "mvo"; the nearest is "m/],
    ['mov eax, bl', 1, /no form takes these operands[\s\S]*Forms that exist/],
    ['mov [rax], 1', 1, /could be 8 or 16 or 32 or 64 bits/],
    ['mov eax, [rbx+rcx*3]', 1, /no scale 3/],
    ['mov eax, [rbx+rcx+rdx]', 1, /at most two registers/],
    ['mov eax, [', 1, /a value is expected at the end of the line/],
    ['nop\n\njmp nowhere', 3, /'nowhere' is defined nowhere/],
    ['a: nop\na: nop', 2, /'a' is defined twice/],
    ['db 300', 1, /300 does not fit 8 bits/],
    ['dd 1 / 0', 1, /division by zero/],
    ['section bss', 1, /no section 'bss'; there are text/],
    ['mov eax, 1 2', 1, /'2' is more than the line needs/],
    ['db "open', 1, /cannot be read/],
    ['align 3', 1, /not a power of two/],
    ['bits 8', 1, /bits are 16, 32 or 64/],
    ['times a db 1\na:', 1, /a count must be a number that is known here/],
    ['global x', 1, /'x' is global, but defined nowhere/],
  ])('%j is refused with its line', (source, line, message) => {
    let caught: unknown;
    try {
      assembleSource(source, { file: 'x.asm' });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SourceError);
    expect(caught).toMatchObject({ line, file: 'x.asm' });
    expect((caught as SourceError).message).toMatch(message);
    expect((caught as SourceError).message).toMatch(/^x\.asm:\d+: /);
  });
});

describe('disassembly', () => {
  it('of compiled code is read back by the assembler as the same instructions', () => {
    const modules = [
      scalarCases(scalarOperators).wasm,
      vectorCases(vectorOperators.filter((_, i) => i % 7 === 0)).wasm,
    ];
    const texts = new Set<string>();
    for (const wasm of modules) {
      const { sections } = compileWasm(wasm, { ...kernelOptions, vectors: 'sse4.1' });
      const { bytes } = sections[0] as { bytes: Uint8Array };
      for (let at = 0; at < bytes.length; ) {
        const decoded = decode(64, bytes, at);
        if (decoded.kind !== 'instruction') throw new Error(`no instruction at ${at}`);
        texts.add(formatInstruction(decoded));
        at += decoded.length;
      }
    }
    expect(texts.size).toBeGreaterThan(500);
    for (const text of texts) {
      const bytes = flatBinary(assembleSource(text));
      const decoded = decode(64, bytes);
      const again = decoded.kind === 'instruction' ? formatInstruction(decoded) : decoded.reason;
      // A jump that is near in the code may be short here: its distance counts from its end.
      if (/^(j|call)/.test(text)) expect(again.split(' ')[0]).toBe(text.split(' ')[0]);
      else expect(again).toBe(text);
    }
  });

  it('shows addresses, bytes, names, targets, and what is no instruction', () => {
    const bytes = Uint8Array.of(0x90, 0xeb, 0xfd, 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 0x06);
    expect([...disassemble(bytes, { address: 0x1000n, names: new Map([[0x1000n, 'start']]) })]).toEqual([
      'start:',
      '1000  90                       nop',
      '1001  eb fd                    jmp start',
      '1003  48 b8 01 02 03 04 05 06  mov rax, 0x807060504030201',
      '      07 08',
      '100d  06                       db 0x6',
    ]);
  });

  it('of an object has its symbols and relocations', () => {
    const object = assembleSource('extern puts\nglobal f\nf: call puts\n ret', { name: 'o' });
    expect([...disassembleObject(object)]).toEqual([
      'section text',
      'f:',
      '0  e8 00 00 00 00           call 5  ; rel32 puts',
      '5  c3                       ret',
    ]);
  });
});
