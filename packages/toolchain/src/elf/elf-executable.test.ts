import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { missing } from '../../test/host-programs.ts';
import { sampleObject } from '../../test/sample-object.ts';
import { linkImage } from '../link/link-image.ts';
import type { ObjectModule } from '../object.ts';
import { writeElfExecutable } from './elf-executable.ts';

/** Defines what `sampleObject` calls and every entry of an image; has a source file of its own. */
const outer: ObjectModule = {
  name: 'outer',
  sections: [{ name: 'text', bytes: new Uint8Array(16).fill(0xc3), zeroBytes: 0, alignment: 16, address: undefined }],
  symbols: [{ name: 'outer', section: 0, offset: 4, size: 1, kind: 'function', global: true }],
  relocations: [],
  functions: [{ section: 0, offset: 4, size: 1, name: 'outer', frameBytes: 0, savedRegisters: [], prologueBytes: 0 }],
  files: ['assembly/outer.ts'],
  lines: [{ section: 0, offset: 4, file: 0, line: 77, column: 1 }],
  traps: [],
};

const image = linkImage([outer, sampleObject], {
  modules: [],
  buildName: 'test',
  configuration: '',
  entries: {
    start: 'sample.sum',
    interruptStubs: 'outer',
    workerStubs: 'outer',
    workerEntry: 'outer',
    trampoline: 'outer',
    trampolineEnd: 'outer',
  },
  controlStack: { address: 0, bytes: 0 },
});
const elf = writeElfExecutable(image, { compilationDirectory: '/src' });

test('is an executable entered at the entry of the image', () => {
  const view = new DataView(elf.buffer);
  expect(view.getUint16(16, true)).toBe(2);
  expect(Number(view.getBigUint64(24, true))).toBe(image.entry);
});

test('loads every segment from where its contents are, at offsets that agree with the addresses', () => {
  const view = new DataView(elf.buffer);
  const headers = Number(view.getBigUint64(32, true));
  for (const [index, segment] of image.segments.entries()) {
    const header = headers + index * 56;
    const offset = Number(view.getBigUint64(header + 8, true));
    expect(Number(view.getBigUint64(header + 16, true))).toBe(segment.address);
    expect(offset % 4096).toBe(segment.address % 4096);
    expect(elf.subarray(offset, offset + segment.bytes.length)).toEqual(segment.bytes);
    expect(Number(view.getBigUint64(header + 40, true))).toBe(segment.memoryBytes);
  }
});

describe.skipIf(missing('gdb'))('gdb', () => {
  const folder = mkdtempSync(join(tmpdir(), 'elf-executable-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('finds functions and lines of several objects', () => {
    const path = join(folder, 'drift.elf');
    writeFileSync(path, elf);
    const commands = ['info line sum', 'info line outer', 'info address sample.sum', 'info scope outer', 'x/2i outer'];
    const output = execFileSync('gdb', ['-nx', '-batch', ...commands.flatMap((line) => ['-ex', line]), path], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    const at = (name: string) => `0x${image.symbols.find((symbol) => symbol.name === name)?.address.toString(16)}`;
    expect(output).toContain(`Line 10 of "assembly/sample.ts" starts at address ${at('sample.sum')}`);
    expect(output).toContain(`Line 77 of "assembly/outer.ts" starts at address ${at('outer')}`);
    expect(output).toMatch(/<outer>:\s+ret/);
  });
});
