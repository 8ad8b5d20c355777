/** The files are whole, and damaged ones are refused. */
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXCEPTION, RIP, STATE_BYTES, VectorFile, VectorFileError, vectorUrl } from '../src/index.ts';

const modes = [16, 32, 64] as const;
const bytesOf = (mode: 16 | 32 | 64): Uint8Array => new Uint8Array(readFileSync(vectorUrl(mode)));

describe.each(modes)('%i-bit code', (mode) => {
  test('every row has vectors, or a reason why not', async () => {
    const file = await VectorFile.read(bytesOf(mode));
    expect(file.mode).toBe(mode);
    expect(file.processor).toMatch(/family \d+, model \d+, stepping \d+/);
    const without = [...file.rows].filter(([, { vectors, reason }]) => vectors === 0 && reason === undefined);
    expect(without).toEqual([]);
    const covered = [...file.rows.values()].filter(({ vectors }) => vectors > 0).length;
    const total = [...file.rows.values()].reduce((sum, { vectors }) => sum + vectors, 0);
    console.log(`${mode}-bit code: ${covered} of ${file.rows.size} rows, ${total} vectors`);
    expect(covered).toBeGreaterThan(0.97 * file.rows.size);
  });

  test('an instruction ends behind itself, elsewhere, or with an exception', async () => {
    const file = await VectorFile.read(bytesOf(mode));
    const [before, after] = [new Uint8Array(STATE_BYTES), new Uint8Array(STATE_BYTES)];
    const ripOf = (state: Uint8Array): bigint => new DataView(state.buffer).getBigUint64(RIP, true);
    for (const row of ['lea r32, m | o32 8D /r', 'mov r16, r/m16 | o16 8B /r']) {
      for (const vector of await file.vectorsOf(row)) {
        file.inputOf(vector, before);
        file.outputOf(vector, after);
        const expected = after[EXCEPTION] === 0 ? ripOf(before) + BigInt(vector.code.length) : ripOf(before);
        expect(ripOf(after)).toBe(expected);
      }
    }
  });
});

test('the whole is not larger than a repository bears', () => {
  const bytes = modes.reduce((sum, mode) => sum + statSync(vectorUrl(mode)).size, 0);
  expect(bytes).toBeLessThan(30e6);
});

test('what is no file of vectors is refused', async () => {
  await expect(VectorFile.read(new Uint8Array(100))).rejects.toThrow(VectorFileError);
  await expect(VectorFile.read(new Uint8Array())).rejects.toMatchObject({ code: 'FORMAT' });
});

test('a row that is not there is named', async () => {
  const file = await VectorFile.read(bytesOf(64));
  await expect(file.vectorsOf('aaa | 37')).rejects.toMatchObject({ code: 'ROW', message: /aaa/ });
});
