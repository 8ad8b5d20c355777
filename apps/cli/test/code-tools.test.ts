/** drift compile, asm and disasm, as a shell runs them; what they write is linked into C programs and run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drift } from './drift.ts';

const gcc = process.platform === 'linux' && process.arch === 'x64' && spawnSync('gcc', ['--version']).status === 0;
const skipped = gcc ? '' : ' (skipped: needs amd64 Linux and gcc: apt install gcc)';

/**
 * (module (import "host" "print" (func (param i32))) (memory (export "memory") 1 4) (data (i32.const 16) "\2a")
 *   (func (export "answer") (result i32) (call 0 (i32.load8_u (i32.const 16))) (memory.grow (i32.const 1)) drop (memory.size)))
 */
const MODULE = Buffer.from(
  '0061736d0100000001090260017f006000017f020e0104686f7374057072696e74000003020101050401010104071302066d' +
    '656d6f7279020006616e7377657200010c01010a1201100041102d00001000410140001a3f000b0b07010041100b012a',
  'hex',
);

/** (module (memory 1 1) (data (i32.const 8) "\\02") (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.load (i32.const 8))))) */
const TWICE = Buffer.from(
  '0061736d0100000001060160017f017f0302010005040101010107090105747769636500000c01010a0c010a00200041082802006c0b0b07010041080b0102',
  'hex',
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drift-tools-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

describe('drift compile', () => {
  it.skipIf(!gcc)(`makes an object that a C program links and runs${skipped}`, async () => {
    await writeFile(at('answer.wasm'), MODULE);
    const result = await drift(['compile', at('answer.wasm'), '-o', at('answer.o')]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^Wrote .*answer\.o: \d+ functions, .* of code\.\n$/);
    await writeFile(
      at('main.c'),
      `#include <stdint.h>
      #include <stdio.h>
      #include <sys/mman.h>
      extern struct { void *base; uint64_t bytes; } answer$memory;
      void answer$initialize(void);
      int answer(void) asm("answer.answer");
      void print(int n) asm("host.print");
      void print(int n) { printf("%d\\n", n); }
      int grow(void *base, uint64_t old_bytes, uint64_t new_bytes) asm("drift.memory_grow");
      int grow(void *base, uint64_t old_bytes, uint64_t new_bytes) { return mprotect(base, new_bytes, 3) == 0; }
      int main(void) {
        answer$memory.base = mmap(0, 4 * 65536, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(answer$memory.base, answer$memory.bytes, 3);
        answer$initialize();
        printf("%d pages\\n", answer());
        return 0;
      }`,
    );
    execFileSync('gcc', ['-no-pie', '-o', at('main'), at('main.c'), at('answer.o')]);
    expect(execFileSync(at('main'), { encoding: 'utf8' })).toBe('42\n2 pages\n');
    const listing = await drift(['disasm', at('answer.o')]);
    expect(listing.stdout).toMatch(/^answer\.answer:$/m);
    expect(listing.stdout).toMatch(/call.*; rel32 host\.print$/m);
  });

  it.skipIf(!gcc)(`the README's program runs${skipped}`, async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    await writeFile(at('readme.c'), /```c\n([\s\S]*?)```/.exec(readme)?.[1] ?? '');
    await writeFile(at('math.wasm'), TWICE);
    expect(await drift(['compile', at('math.wasm')])).toMatchObject({ code: 0 });
    execFileSync('gcc', ['-no-pie', '-o', at('readme'), at('readme.c'), at('math.o')]);
    expect(spawnSync(at('readme')).status).toBe(42);
  });

  it('says where a module is wrong, and writes nothing', async () => {
    await writeFile(at('broken.wasm'), MODULE.subarray(0, -4));
    const result = await drift(['compile', at('broken.wasm')]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/\(at byte \d+, 0x[0-9a-f]+\)\n$/);
    expect(existsSync(at('broken.o'))).toBe(false);
  });

  it.each([
    [['compile'], 'compile takes one module.'],
    [['compile', 'no.wasm'], 'There is no file no.wasm.'],
    [['compile', 'no.wasm', '--base', 'high'], "--base is 'high'; it must be 0, an address below 2 GiB, or register."],
    [['compile', 'no.wasm', '--features', 'warp'], "--features is 'warp'; it must be one of popcnt, lzcnt"],
    [['asm', 'no.asm', '--bits', '8'], "--bits is '8'; it must be one of 16, 32, 64."],
    [['disasm', 'no.o', '--base', 'x'], "--base is 'x'; it must be a number such as 512 or 0x200."],
  ])('usage: %j', async (args, message) => {
    const { code, stderr } = await drift(args, { folder });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('drift asm', () => {
  it('makes a boot sector, and disasm reads it back', async () => {
    await writeFile(
      at('boot.asm'),
      'bits 16\norg 0x7c00\nstart: cli\nmov ax, cs\nhlt\njmp start\norg 0x7dfe\ndw 0xaa55\n',
    );
    expect(await drift(['asm', at('boot.asm'), '-o', at('boot.bin')])).toMatchObject({ code: 0, stderr: '' });
    const bytes = await readFile(at('boot.bin'));
    expect(bytes.length).toBe(512);
    expect(bytes.subarray(0, 6).toString('hex')).toBe('fa8cc8f4ebfa');
    expect(bytes.readUInt16LE(510)).toBe(0xaa55);
    const { stdout } = await drift(['disasm', at('boot.bin'), '--bits', '16', '--base', '0x7c00', '--length', '6']);
    expect(stdout.split('\n').map((line) => line.slice(30).trim())).toEqual([
      'cli',
      'mov ax, cs',
      'hlt',
      'jmp 0x7c00',
      '',
    ]);
  });

  it.skipIf(!gcc)(`makes an object for C${skipped}`, async () => {
    await writeFile(
      at('twice.asm'),
      'global twice\ntwice: lea rax, [rdi*2]\n add rax, [rel bias]\n ret\nsection rodata\nbias: dq 1\n',
    );
    expect(await drift(['asm', at('twice.asm')])).toMatchObject({ code: 0 });
    await writeFile(at('user.c'), 'long twice(long); int main(void) { return twice(20); }');
    execFileSync('gcc', ['-no-pie', '-o', at('user'), at('user.c'), at('twice.o')]);
    expect(spawnSync(at('user')).status).toBe(41);
  });

  it('names the line and the nearest instruction', async () => {
    await writeFile(at('bad.asm'), 'nop\n  movv eax, 1\n');
    const { code, stderr } = await drift(['asm', at('bad.asm')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/bad\.asm:2: .*no instruction is called "movv"; the nearest is "mov/);
    expect(existsSync(at('bad.o'))).toBe(false);
  });
});
