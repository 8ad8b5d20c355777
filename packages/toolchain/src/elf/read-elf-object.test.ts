import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { missing } from '../../test/host-programs.ts';
import { sampleObject as sample } from '../../test/sample-object.ts';
import { writeElfObject } from './elf-object.ts';
import { readElfObject } from './read-elf-object.ts';

describe('readElfObject', () => {
  test('reads what writeElfObject wrote', () => {
    const read = readElfObject('sample', writeElfObject(sample));
    // In a file zeros are written out, and the globals are data like any other.
    const sizes = ({ sections }: typeof sample) =>
      sections.map(({ name, bytes, zeroBytes }) => [name.replace('globals', 'data'), bytes.length + zeroBytes]);
    expect(sizes(read)).toEqual(sizes(sample));
    const globals = ({ symbols }: typeof sample) =>
      symbols.filter((symbol) => symbol.global).map(({ name, offset }) => [name, offset]);
    expect(globals(read)).toEqual(globals(sample));
    const places = ({ relocations }: typeof sample) =>
      relocations.map(({ offset, kind, addend }) => [offset, kind, addend]);
    expect(places(read)).toEqual(places(sample));
  });

  test('refuses what is not an object for this processor', () => {
    expect(() => readElfObject('text', new TextEncoder().encode('#include <stdio.h>'.repeat(9)))).toThrow(
      /not a little-endian ELF64/,
    );
    const arm = writeElfObject(sample).slice();
    arm[18] = 183;
    expect(() => readElfObject('arm', arm)).toThrow(/x86-64/);
  });
});

describe.skipIf(missing('gcc'))('with gcc', () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-elf-object-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  const gcc = (...args: string[]) => execFileSync('gcc', args, { cwd: folder, stdio: 'pipe' });
  const freestanding = ['-O2', '-ffreestanding', '-fno-pic', '-fcf-protection=none', '-c'];

  test("what gcc compiled still computes after it went through the linker's form", () => {
    writeFileSync(
      path('part.c'),
      `static const int primes[] = {2, 3, 5, 7, 11};
       static int calls;
       int total = 40;
       extern int twice(int);
       static int step(int i) { calls++; return twice(primes[i]); }
       const char *name(int i) { switch (i) { case 0: return "zero"; case 1: return "one"; case 2: return "two"; case 3: return "three"; case 4: return "four"; default: return "many"; } }
       int run(void) { for (int i = 0; i < 5; i++) total += step(i); return total * 10 + calls; }`,
    );
    writeFileSync(
      path('main.c'),
      `#include <stdio.h>
       int run(void); const char *name(int);
       int twice(int a) { return a * 2; }
       int main() { printf("%d %s %s\\n", run(), name(3), name(9)); return 0; }`,
    );
    gcc(...freestanding, 'part.c', '-o', 'part.o');
    const object = readElfObject('part', readFileSync(path('part.o')));
    expect(object.functions.map(({ name }) => name).sort()).toEqual(['name', 'run']);
    writeFileSync(path('again.o'), writeElfObject(object));
    gcc('-no-pie', 'main.c', 'again.o', '-o', 'main');
    expect(execFileSync(path('main'), { encoding: 'utf8' })).toBe('965 three many\n');
  });

  test('says which relocation it does not know', () => {
    writeFileSync(path('shared.c'), 'extern int shared; int get(void) { return shared; }');
    gcc('-O2', '-fPIC', '-c', 'shared.c', '-o', 'shared.o');
    expect(() => readElfObject('shared', readFileSync(path('shared.o')))).toThrow(/relocation type \d+ against shared/);
  });
});
