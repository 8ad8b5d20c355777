import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AssemblyScriptError, compileAssemblyScript } from './index.ts';

const folder = await mkdtemp(join(tmpdir(), 'asc-'));
afterAll(() => rm(folder, { recursive: true }));

describe('compileAssemblyScript', () => {
  it('runs the example in the README', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const entry = join(folder, 'counter.ts');
    await writeFile(entry, 'let count: u32 = 0;\nexport function next(): u32 { return ++count; }\n');
    const body = example
      .replace(/^import .*$/m, '')
      .replace("'counter.ts'", 'entry')
      .replace('console.log', 'print');
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const printed: unknown[] = [];
    const run = new AsyncFunction('compileAssemblyScript', 'entry', 'print', body);
    await run(compileAssemblyScript, entry, (...values: unknown[]) => printed.push(...values));
    expect(printed).toEqual([expect.arrayContaining(['next']), 1, true]);
  });

  it("passes on asc's diagnostics with file and line", async () => {
    const entry = join(folder, 'wrong.ts');
    await writeFile(entry, 'export function f(): void {\n  missing();\n}\n');
    const compiling = compileAssemblyScript({ entry });
    await expect(compiling).rejects.toBeInstanceOf(AssemblyScriptError);
    await expect(compiling).rejects.toThrow(/missing[\s\S]*wrong\.ts\(2,3\)/);
  });

  it('finds packages that are not installed where the caller says they are; what is installed comes first', async () => {
    const place = join(folder, 'elsewhere');
    const { mkdir } = await import('node:fs/promises');
    await mkdir(place);
    await writeFile(join(place, 'index.ts'), 'export const answer: u32 = 42;\n');
    const entry = join(folder, 'user.ts');
    await writeFile(
      entry,
      "import { answer } from '@nobody/answers';\nexport function get(): u32 { return answer; }\n",
    );
    await expect(compileAssemblyScript({ entry })).rejects.toThrow(/@nobody\/answers/);
    const packages = { '@nobody/answers': place };
    const { files } = await compileAssemblyScript({ entry, packages });
    expect(files).toContain(join(place, 'index.ts'));
    const installed = join(folder, 'node_modules', '@nobody', 'answers');
    await mkdir(installed, { recursive: true });
    await writeFile(join(installed, 'index.ts'), 'export const answer: u32 = 43;\n');
    expect((await compileAssemblyScript({ entry, packages })).files).toContain(join(installed, 'index.ts'));
  });
});
