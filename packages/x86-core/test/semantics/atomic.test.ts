/** LOCK between threads: two of them change the same place of a shared memory, and nothing is lost. */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import {
  CodeBuffer,
  decode,
  eax,
  encode,
  mem8,
  mem32,
  mem64,
  type Operand,
  type PrefixedMnemonic,
} from '../../src/index.ts';
import { handlerSignature, lowerHandler } from '../../src/semantics/handler.ts';
import { meaningOf } from '../../src/semantics/instructions/index.ts';
import { calledSignature } from '../../src/semantics/lowering.ts';
import { longMode, shapeOf } from '../../src/semantics/operand-shape.ts';
import * as record from '../../src/semantics/record.ts';
import * as state from '../../src/semantics/state.ts';
import { ModuleBuilder } from '../../src/wasm/module-builder.ts';

const PAGES = 256;
const CORE_BYTES = 0x52_0000;
const CORES = [0x1_0000, 0x1_0000 + CORE_BYTES];
const PLACE = 0x30_0000;
const ROUNDS = 500_000;

/** The handler alone, called again and again once both threads are there: no page is in the TLB, and every address is its own host address. */
const worker = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { module, memory, record, core, rounds, translated } = workerData;
  const words = new Int32Array(memory.buffer);
  const translate = (core, address) => (words[(core + translated) / 4] = Number(address));
  const functions = { translate, commit() {}, raise() {}, segmentFault() {}, beginLocked() {}, endLocked() {} };
  const { handler } = new WebAssembly.Instance(module, { core: { ...functions, memory, table: new WebAssembly.Table({ element: 'anyfunc', initial: 1 }) } }).exports;
  const started = new Int32Array(memory.buffer, 256, 1);
  Atomics.add(started, 0, 1);
  while (Atomics.load(started, 0) < 2);
  for (let round = 0; round < rounds; round++) handler(record, core);
  parentPort.postMessage('done');
`;

function moduleOf(mnemonic: PrefixedMnemonic, operands: readonly Operand[]): WebAssembly.Module {
  const out = new CodeBuffer();
  encode(64, mnemonic, operands, out);
  const decoded = decode(64, out.toBytes());
  if (decoded.kind === 'failure') throw new Error(decoded.reason);
  const shape = shapeOf(decoded, longMode, false);
  const meaning = meaningOf(shape);
  if (meaning === undefined) throw new Error(`${mnemonic} has no meaning`);
  const body = lowerHandler(meaning, shape);
  const module = new ModuleBuilder({ maximum: PAGES });
  for (const name of body.calls) module.import(name, calledSignature(name));
  module.function('handler', handlerSignature, body);
  return new WebAssembly.Module(module.encode());
}

async function runOnBoth(module: WebAssembly.Module): Promise<DataView> {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  const view = new DataView(memory.buffer);
  const done = CORES.map((core) => {
    const at = core + state.RECORDS;
    view.setInt32(core + state.TLB, core + state.TLB_SETS, true);
    view.setInt32(at + record.BASE, core + state.ZERO, true);
    view.setInt32(at + record.INDEX, core + state.ZERO, true);
    view.setInt32(at + record.OPERANDS, core + state.GPR, true);
    view.setInt32(at + record.OPERANDS + 4, core + state.GPR, true);
    view.setBigInt64(at + record.DISPLACEMENT, BigInt(PLACE), true);
    view.setBigInt64(core + state.GPR, 1n, true);
    const thread = new Worker(worker, {
      eval: true,
      workerData: { module, memory, record: at, core, rounds: ROUNDS, translated: state.TRANSLATED_HOST },
    });
    return new Promise<void>((resolve, reject) => {
      thread.once('message', () => resolve());
      thread.once('error', reject);
    });
  });
  await Promise.all(done);
  return view;
}

test.each([
  ['a doubleword', 'lock inc', [mem32(PLACE)]],
  ['a quadword', 'lock inc', [mem64(PLACE)]],
  ['with a register', 'lock add', [mem32(PLACE), eax]],
] as const)('two threads count: %s', async (_, mnemonic, operands) => {
  const view = await runOnBoth(moduleOf(mnemonic, operands));
  expect(view.getUint32(PLACE, true)).toBe(2 * ROUNDS);
});

test('bytes come round, and XCHG is locked without the prefix', async () => {
  const counted = await runOnBoth(moduleOf('lock dec', [mem8(PLACE)]));
  expect(counted.getUint8(PLACE)).toBe((-2 * ROUNDS) & 0xff);
  const exchanged = await runOnBoth(moduleOf('xchg', [mem32(PLACE), eax]));
  const values = [PLACE, ...CORES.map((core) => core + state.GPR)].map((at) => exchanged.getUint32(at, true));
  expect(values.toSorted()).toEqual([0, 1, 1]);
});
