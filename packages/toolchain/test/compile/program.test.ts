/** An AssemblyScript program: what it computes, and what is known of its code: names, lines, frames, traps. */
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';
import { compileWasm, type ObjectModule } from '../../src/index.ts';
import { compileAssemblyScript } from './compile-guest.mjs';
import { type NativeCall, nativeReason, runNatively } from './native.ts';
import { kernelOptions } from './samples.ts';
import { runInEngine } from './reference.ts';

let wasm: Uint8Array;
let object: ObjectModule;

beforeAll(async () => {
  const entry = fileURLToPath(new URL('../guest/program.ts', import.meta.url));
  const compiled = await compileAssemblyScript({ entry });
  wasm = compiled.wasm;
  object = compileWasm(compiled.wasm, { ...kernelOptions, name: 'program', sourceMap: compiled.sourceMap });
}, 60_000);

describe('a program', () => {
  it('exports its functions as symbols and names them in records', () => {
    const names = object.symbols.filter(({ kind, global }) => kind === 'function' && global).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['program.fnv', 'program.sort', 'program.fill']));
    expect(object.functions.map(({ name }) => name).join(' ')).toMatch(/ascending/);
  });

  it('knows its lines', () => {
    const file = object.files.findIndex((name) => name.endsWith('program.ts'));
    expect(file).toBeGreaterThanOrEqual(0);
    const fnv = object.functions.find(({ name }) => /fnv/.test(name));
    const lines = object.lines.filter(
      (line) => line.offset >= (fnv?.offset ?? 0) && line.offset < (fnv?.offset ?? 0) + (fnv?.size ?? 0),
    );
    expect(lines.some((line) => line.file === file && line.line === 6)).toBe(true);
    expect(lines.every((line, i) => i === 0 || line.offset > (lines[i - 1]?.offset ?? 0))).toBe(true);
  });

  it('has frames that end at the return address', () => {
    for (const { frameBytes, savedRegisters, prologueBytes, size } of object.functions) {
      expect(frameBytes).toBeGreaterThanOrEqual(8 * savedRegisters.length);
      expect(prologueBytes).toBeLessThan(size);
    }
  });

  it('says why it may trap', () => {
    expect(object.traps.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['undefined element', 'indirect call type mismatch']),
    );
  });

  it.skipIf(nativeReason !== undefined)(
    `computes what the engine computes${nativeReason === undefined ? '' : ` (skipped: ${nativeReason})`}`,
    () => {
      const call = (name: string, ...values: number[]): NativeCall => ({ name, arguments: values.map(BigInt) });
      const calls = [
        call('fill', 4096, 300),
        call('fnv', 4096, 1200),
        call('sort', 4096, 300, 0),
        call('fnv', 4096, 1200),
        call('sort', 4096, 300, 1),
        call('fnv', 4096, 1200),
      ];
      expect(runNatively([{ wasm, calls }])).toEqual([runInEngine(wasm, calls)]);
    },
  );
});
