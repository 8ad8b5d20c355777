/** The examples of README.md: the application runs, the code for the host prints what it says, and the files of the map exist. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileAssemblyScript } from '@drift-os/asc';
import { expect, test } from 'vitest';
import { createHeap, createStandOff } from '../src/index.ts';
import { compileApplication, compileGuest, Machine, packageFolder } from './machine.ts';

const readme: string = readFileSync(join(packageFolder, 'README.md'), 'utf8');
const [application = '', host = ''] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] as string);

test('the application runs', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(packageFolder, 'test/readme-'));
  try {
    writeFileSync(join(folder, 'application.ts'), application);
    const module = await compileApplication(join(folder, 'application.ts'), 0x300000);
    const machine = await Machine.create();
    const worker = machine.addWorker();
    worker.kernel.begin(worker.block);
    const instance = machine.threadC.start(worker, machine.addApplication('readme', module));
    machine.run(50);
    expect(machine.threadC.log[0]).toBe(`${instance}: Hello`);
    expect(machine.threadC.log[1]).toMatch(/: it is \d+$/);
    expect(machine.threadC.ledger.size).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the code for the host prints what it says', { timeout: 120_000 }, async () => {
  const { wasm } = await compileAssemblyScript({ entry: join(packageFolder, 'assembly/hosted/heap.ts') });
  const heap = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
  const standOff = await compileGuest('assembly/hosted/stand-off.ts', 1024);
  const body = host.replaceAll(/^import .*;$/gm, '').replaceAll('console.log(', 'print(');
  const printed: string[] = [];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const run = new AsyncFunction('createHeap', 'createStandOff', 'print', body) as (
    ...values: unknown[]
  ) => Promise<void>;
  await run(
    (options: Parameters<typeof createHeap>[0]) => createHeap({ ...options, module: heap }),
    (configuration: Parameters<typeof createStandOff>[0]) => createStandOff(configuration, standOff),
    (...values: unknown[]) =>
      printed.push(values.map((value) => (Array.isArray(value) ? list(value) : String(value))).join(' ')),
  );
  expect(printed).toEqual([...host.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]));
  expect(printed.length).toBe(2);
});

function list(values: readonly unknown[]): string {
  return `[ ${values.map((value) => `'${String(value)}'`).join(', ')} ]`;
}

test('the files of the map exist', () => {
  const table = readme.slice(readme.indexOf('## Files'), readme.indexOf('## Follows'));
  const rows = [...table.matchAll(/^\| (`[^|]*`) *\|/gm)].map((match) => match[1] as string);
  expect(rows.length).toBeGreaterThan(8);
  for (const row of rows) {
    const names = [...row.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
    const folder = (names[0] as string).replace(/[^/]*$/, '');
    for (const [index, name] of names.entries()) {
      const path = index === 0 || name.includes('/') ? name : folder + name;
      expect(existsSync(join(packageFolder, path)), path).toBe(true);
    }
  }
});
