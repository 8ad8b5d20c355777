/** Long random programs against the processor this runs on: registers, vectors, memory, flags that are defined; on the interpreter and compiled. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differences, program, ProgramCore, programLines, randomCase, resultBytes } from './programs.ts';

const PROGRAMS = 4000;
const LENGTH = 40;

const compiles = process.platform === 'linux' && process.arch === 'x64' && spawnSync('gcc', ['--version']).status === 0;
const lines = compiles ? programLines() : undefined;
if (lines === undefined) {
  console.log('skipped: programs.slow.ts needs Linux on an amd64 processor with AVX2, and gcc (apt-get install gcc)');
}

/** xorshift32: the same programs every time. */
let seed = 0x2545_f491;
function random(below: number): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % below;
}

function runNatively(input: Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'drift-programs-'));
  try {
    const native = join(folder, 'program');
    execFileSync('gcc', ['-O1', '-o', native, join(import.meta.dirname, 'program.c')]);
    return execFileSync(native, { input, maxBuffer: 1 << 30 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(lines === undefined)('programs', () => {
  test('forty instructions each', () => {
    expect(lines?.length).toBeGreaterThan(1500);
    const programs = Array.from({ length: PROGRAMS }, () => program(lines ?? [], LENGTH, random));
    const cases = programs.map(({ code }) => randomCase(random, code));
    const theirs = runNatively(Buffer.concat(cases));
    const core = new ProgramCore();
    for (const [index, each] of programs.entries()) {
      const expected = theirs.subarray(index * resultBytes, (index + 1) * resultBytes);
      for (const ours of core.run(cases[index] as Buffer, each)) {
        expect(differences(ours, expected, each.defined), each.text).toEqual([]);
      }
    }
  });
});
