import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileAssemblyScript } from './compile.ts';

test('sources are named after their package, and functions keep their names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'source-names-'));
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: '@drift-os/sample' }));
    await writeFile(
      join(folder, 'part.ts'),
      'export function twice(a: i32): i32 { return a > 9 ? twice(a - 1) : a * 2; }',
    );
    await writeFile(
      join(folder, 'main.ts'),
      "import { twice } from './part';\nexport function run(a: i32): i32 { return twice(a); }",
    );
    const { wasm, sourceMap } = await compileAssemblyScript({ entry: join(folder, 'main.ts') });
    const map = JSON.parse(sourceMap) as { sources: string[]; sourceRoot?: string };
    expect(map.sources).toEqual(expect.arrayContaining(['sample/part.ts']));
    expect(map.sourceRoot).toBeUndefined();
    expect(new TextDecoder('latin1').decode(wasm)).toContain('part/twice');
  } finally {
    await rm(folder, { recursive: true });
  }
});
