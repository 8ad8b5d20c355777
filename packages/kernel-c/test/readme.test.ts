/** The example of README.md prints what it says, and its map of files is complete. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OWNER_WORKER, PROTECTION_READ, PURPOSE_HEAP } from '../layout/ledger.ts';
import { createLedger } from '../src/index.ts';
import { hostWasm } from './host-wasm.ts';

const here = (path: string): URL => new URL(path, import.meta.url);
const readme = readFileSync(here('../README.md'), 'utf8');

test('the example for the host prints what it says', async () => {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const [, expected] = /\/\/ (.*)$/m.exec(code) ?? [];
  const body = code.replaceAll(/^import .*;$/gm, '').replace(/^const wasm = .*$/m, '');
  const printed: string[] = [];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const names = ['wasm', 'createLedger', 'OWNER_WORKER', 'PROTECTION_READ', 'PURPOSE_HEAP', 'console'];
  const run = new AsyncFunction(...names, body) as (...values: unknown[]) => Promise<void>;
  const log = (...values: unknown[]): void => void printed.push(values.join(' '));
  await run(hostWasm, createLedger, OWNER_WORKER, PROTECTION_READ, PURPOSE_HEAP, { log });
  expect(printed).toEqual([expected]);
});

test('the map of files names every file, and no other', () => {
  const table = readme.slice(readme.indexOf('## Files'), readme.indexOf('## What holds'));
  const named = [...table.matchAll(/`([a-z0-9-]+\.ts)`/g)].map(([, name]) => name ?? '');
  const there = readdirSync(here('../assembly')).filter((name) => name.endsWith('.ts'));
  expect(named.toSorted()).toEqual(there.toSorted());
});
