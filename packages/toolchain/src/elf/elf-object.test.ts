import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { missing } from '../../test/host-programs.ts';
import { sampleObject as sample } from '../../test/sample-object.ts';
import { writeElfObject } from './elf-object.ts';

describe('writeElfObject', () => {
  const elf = writeElfObject(sample);
  const view = new DataView(elf.buffer);

  test('is a relocatable x86-64 file whose section headers lie inside it', () => {
    expect([...elf.subarray(0, 6)]).toEqual([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    expect(view.getUint16(16, true)).toBe(1);
    expect(view.getUint16(18, true)).toBe(62);
    const end = Number(view.getBigUint64(40, true)) + view.getUint16(60, true) * view.getUint16(58, true);
    expect(end).toBe(elf.length);
  });

  test('is the same file each time', () => {
    expect(writeElfObject(sample)).toEqual(elf);
  });

  test('names a section of fixed address after the address', () => {
    const [, rodata] = sample.sections;
    if (rodata === undefined) throw new Error('sample has two sections');
    const fixed = { ...sample, relocations: [], sections: [{ ...rodata, name: 'data' as const, address: 0x100000 }] };
    const bytes = writeElfObject({ ...fixed, symbols: [], functions: [], lines: [] });
    expect(new TextDecoder('latin1').decode(bytes)).toContain('.data.at_0x100000\0');
  });

  test('keeps the zeros of a large memory out of the file', () => {
    const data = {
      name: 'data',
      bytes: Uint8Array.of(1, 2),
      zeroBytes: 2 ** 32,
      alignment: 1,
      address: 0x100000,
    } as const;
    const bytes = writeElfObject({
      ...sample,
      relocations: [],
      sections: [data],
      symbols: [],
      functions: [],
      lines: [],
    });
    expect(bytes.length).toBeLessThan(4096);
    expect(new TextDecoder('latin1').decode(bytes)).toContain('.bss.at_0x100002\0');
  });
});

describe.skipIf(missing('gcc', 'readelf'))('with gcc and readelf', () => {
  const folder = mkdtempSync(join(tmpdir(), 'elf-object-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  writeFileSync(path('sample.o'), writeElfObject(sample, { compilationDirectory: '/src' }));
  writeFileSync(
    path('main.c'),
    `#include <stdio.h>
     int sum(int, int) __asm__("sample.sum");
     extern int *pointer;
     int outer(int a) { return a * 100; }
     int main() { printf("%d %d\\n", sum(3, 2), *pointer); return 0; }`,
  );
  const gcc = (...options: string[]) =>
    execFileSync('gcc', ['-O0', ...options, path('main.c'), path('sample.o'), '-o', path('main')], {
      encoding: 'utf8',
      stdio: 'pipe',
    });

  test.each([['-no-pie'], ['-static']])('gcc %s links it and the program computes', (mode) => {
    gcc(mode, '-no-pie', '-Wl,--fatal-warnings');
    expect(execFileSync(path('main'), { encoding: 'utf8' })).toBe('342 40\n');
  });

  test('readelf shows lines, functions and frames without complaint', () => {
    const run = spawnSync('readelf', ['-W', '--debug-dump=decodedline,info,frames-interp', path('sample.o')], {
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(run.stdout).toMatch(/sample\.ts\s+300\s+0xc\b/);
    expect(run.stdout).toMatch(/DW_AT_name\s+: \(string\) sum/);
    expect(run.stdout).toMatch(/rsp\+32\s+c-16\s+c-8/);
  });

  test.skipIf(missing('gdb'))('gdb stops at a TypeScript line and unwinds through the frame', () => {
    gcc('-no-pie', '-g');
    const commands = ['break outer', 'run', 'backtrace', 'up', 'info line *$pc', 'up', 'print $rip > 0'];
    const output = execFileSync('gdb', ['-nx', '-batch', ...commands.flatMap((line) => ['-ex', line]), path('main')], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(output).toMatch(/#1 .*in sum \(\) at assembly\/sample\.ts:11/);
    expect(output).toMatch(/#2 .*in main \(\)/);
  });
});
