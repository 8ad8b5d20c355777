/** Every row against the processor: a sample of the vectors of @drift-os/x86-vectors. vectors.slow.ts takes all. */
import { VectorFile, vectorUrl } from '@drift-os/x86-vectors';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type Mode, rows } from '../src/index.ts';
import { differences } from './conformance/compare.ts';
import { CpuSubject } from './conformance/cpu-subject.ts';
import { replayAll } from './conformance/replay-all.ts';
import { rowName, vectorFile } from './conformance/replay-row.ts';

const SAMPLE = 2;

describe.each([16, 32, 64] as const)('%i-bit code', (mode: Mode) => {
  test('every row of the table has its vectors, or a reason why not', async () => {
    const file = await VectorFile.read(await readFile(vectorUrl(mode)));
    const missing = rows().filter((row) => row.modes.includes(mode) && !file.rows.has(rowName(row)));
    expect(missing.map(({ text }) => text)).toEqual([]);
  });

  test('a sample of each row', { timeout: 120_000 }, async () => {
    const { failures, passed, notOffered } = await replayAll(mode, SAMPLE);
    console.log(
      `${mode}-bit code: ${passed} vectors pass; CPUID does not promise ${[...new Set(notOffered)].join(', ')}`,
    );
    expect(failures).toEqual([]);
  });
});

test('a vector of each row, compiled, in 64-bit code', { timeout: 120_000 }, async () => {
  const { failures, passed, compiled } = await replayAll(64, 1, 'compiled');
  console.log(`${passed} vectors pass, ${compiled} of them as compiled regions`);
  expect(failures).toEqual([]);
  // The others are carried out in TypeScript.
  expect(compiled).toBeGreaterThan(1500);
});

test('a wrong result is found', async () => {
  const file = await vectorFile(64);
  const row = rows().find((each) => rowName(each) === 'add r/m32, r32 | o32 01 /r');
  if (row === undefined) throw new Error('ADD has no such row');
  const subject = new CpuSubject();
  for (const vector of await file.vectorsOf(rowName(row))) {
    subject.load(file.inputOf(vector), vector.code, true);
    subject.execute();
    const got = file.inputOf(vector);
    subject.save(got);
    expect(differences(row, file.outputOf(vector), got)).toEqual([]);
    got[128] = (got[128] as number) ^ 1;
    expect(differences(row, file.outputOf(vector), got).map(({ place }) => place)).toEqual(['rip']);
  }
});
