/** Captures the vectors on this machine: `pnpm --filter x86-vectors capture [64|32|16]...`. Needs Linux on amd64 and gcc. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Mode, rows } from '@drift-os/x86-core';
import { vectorUrl } from '@drift-os/x86-vectors';
import { baseStates } from './bases.ts';
import { generate, rowName } from './generate.ts';
import { Bytes, commonStates, packFile, type RowVectors, writeInput } from './pack.ts';
import { limitation, refusal } from './refusals.ts';
import { splitOutput } from './output.ts';

function processor(): { name: string; flags: ReadonlySet<string> } {
  const text = readFileSync('/proc/cpuinfo', 'utf8');
  const field = (name: string): string => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const name = `${field('model name')}, family ${field('cpu family')}, model ${field('model')}, stepping ${field('stepping')}`;
  return { name, flags: new Set(field('flags').split(' ')) };
}

function captureMode(mode: Mode, folder: string, program: string): void {
  const { name, flags } = processor();
  const bases = baseStates(mode);
  const input = new Bytes();
  input.word(bases.length);
  input.word(0);
  input.push(commonStates(bases));
  const starts: number[] = [];
  const plans = rows()
    .filter((row) => row.modes.includes(mode))
    .map((row) => {
      const reason = refusal(row, flags);
      const first = starts.length;
      for (const candidate of reason === undefined ? generate(row, mode, bases) : []) {
        starts.push(input.length);
        writeInput(input, candidate, bases);
      }
      return { row, reason: reason ?? limitation(row), first, end: starts.length };
    });
  const inputBytes = input.take();
  new DataView(inputBytes.buffer).setUint32(4, starts.length, true);
  writeFileSync(join(folder, 'input'), inputBytes);
  execFileSync(program, [join(folder, 'input'), join(folder, 'output')], { stdio: 'inherit' });
  const outputs = splitOutput(readFileSync(join(folder, 'output')), starts.length);
  const packed = plans.map(({ row, reason, first, end }): RowVectors => {
    const block = new Bytes();
    let count = 0;
    for (let index = first; index < end; index++) {
      const output = outputs[index];
      if (output === undefined) {
        console.log(`  left out: one of ${rowName(row)}`);
        continue;
      }
      block.push(inputBytes.subarray(starts[index], starts[index + 1] ?? inputBytes.length));
      block.push(output);
      count++;
    }
    return { name: rowName(row), count, block: block.take(), reason };
  });
  const file = packFile(mode, name, bases, packed);
  const path = fileURLToPath(vectorUrl(mode));
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, file);
  report(mode, packed, file.length);
}

function report(mode: Mode, packed: readonly RowVectors[], bytes: number): void {
  const covered = packed.filter(({ count }) => count > 0).length;
  const total = packed.reduce((sum, { count }) => sum + count, 0);
  console.log(
    `${mode}-bit code: ${covered} of ${packed.length} rows, ${total} vectors, ${(bytes / 1e6).toFixed(2)} MB`,
  );
  for (const { name, count, reason } of packed) {
    if (count === 0) console.log(`  no vectors: ${name} (${reason ?? 'NO REASON'})`);
  }
}

const modes = process.argv.slice(2).map(Number) as Mode[];
const folder = mkdtempSync(join(tmpdir(), 'x86-capture-'));
try {
  const program = join(folder, 'execute');
  execFileSync(
    'gcc',
    ['-O1', '-static', '-fno-stack-protector', '-Wall', '-o', program, join(import.meta.dirname, '../execute.c')],
    { stdio: 'inherit' },
  );
  for (const mode of modes.length === 0 ? ([64, 32, 16] as const) : modes) captureMode(mode, folder, program);
} finally {
  rmSync(folder, { recursive: true });
}
