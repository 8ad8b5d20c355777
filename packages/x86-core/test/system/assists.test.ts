/** The instructions that leave for TypeScript are those that TypeScript has. */
import { expect, test } from 'vitest';
import { systemDefinitions } from '../../src/semantics/instructions/system.ts';
import { farTransferDefinitions } from '../../src/semantics/instructions/far-transfer.ts';
import { mnemonics } from '../../src/semantics/instructions/index.ts';
import { assists } from '../../src/system/index.ts';

test('every system instruction and far transfer has its function, and every function a mnemonic', () => {
  const leaving = [...systemDefinitions.keys(), ...farTransferDefinitions.keys()];
  expect(leaving.filter((name) => !assists.has(name))).toEqual([]);
  const known = new Set(mnemonics);
  expect([...assists.keys()].filter((name) => !known.has(name))).toEqual([]);
});
