/**
 * An instruction that was decoded before has the record that decoding it anew gives: every row, with prefixes, with other
 * displacements and immediates, at other places, up to the end of what can be fetched.
 */
import { expect, test } from 'vitest';
import { BlockWriter, type Handlers } from '../../src/cpu/block-writer.ts';
import type { CodeFetch, FetchedCode } from '../../src/cpu/code-fetch.ts';
import type { CodeMode } from '../../src/cpu/code-mode.ts';
import { prepareForm } from '../../src/encode/form.ts';
import {
  type Memory,
  CodeBuffer,
  decode,
  eax,
  EncodeError,
  emitForm,
  formatInstruction,
  mem,
  PhysicalMemory,
  rax,
  rows,
} from '../../src/index.ts';
import { formOf } from '../../src/semantics/form.ts';
import { type CodeShape, keyOf, longMode } from '../../src/semantics/operand-shape.ts';
import * as record from '../../src/semantics/record.ts';
import { writeRecord } from '../../src/semantics/record-writer.ts';
import { FeatureSet } from '../../src/system/features.ts';
import { sampleOperands } from '../oracle/samples.ts';
import { Random } from '../robustness/random.ts';
import { TestMachine } from './machine.ts';

const memory = new PhysicalMemory({ bytes: 1 << 20 });
const core = memory.addCore({
  busRead: () => undefined,
  busWrite: () => undefined,
  watch: () => undefined,
  dropCode: () => undefined,
  lockBus: () => undefined,
  unlockBus: () => undefined,
  mappingChanged: () => undefined,
});
const AT = core + 0x53_0000;
const WORDS = record.RECORD_BYTES / 4;
const features = new FeatureSet();

const codes: readonly CodeShape[] = [
  { mode: 16, segmentation: 'segmented', stackBits: 16, linearBits: 32 },
  { mode: 32, segmentation: 'flat', stackBits: 32, linearBits: 32 },
  longMode,
];

function modeOf(shape: CodeShape, parts: Partial<CodeMode> = {}): CodeMode {
  const off = { user: false, realSegments: false, taskSwitched: false, monitorCoprocessor: false, emulation: false };
  return { key: '', shape, ...off, sse: true, xsave: true, avx: true, single: false, ...parts };
}

/** Numbers for shapes: what a handler does is no matter here, only whose it is. */
const numbers = new Map<string, number>();
const specials = ['stale', 'undefined', 'tooLong', 'notAvailable', 'goOn'];
const handlers: Handlers = {
  prepare: () => undefined,
  indexOf: (shape) => {
    const key = keyOf(shape);
    const number = numbers.get(key) ?? 10 + numbers.size;
    numbers.set(key, number);
    return number;
  },
  pairOf: () => 0,
  special: (name) => 1 + specials.indexOf(name),
};

function writer(): BlockWriter {
  const fetch: Pick<CodeFetch, 'fetchBeyond'> = { fetchBeyond: () => undefined };
  return new BlockWriter(memory.view, core, handlers, fetch, features);
}

function fetched(mode: CodeMode, rip: bigint, bytes: Uint8Array): FetchedCode {
  return { place: { rip, physical: 0, mode }, bytes, copies: [], secondPage: -1, fault: undefined };
}

/** The first record without its handler; what the block ends with, where it has none. */
function written(by: BlockWriter, mode: CodeMode, rip: bigint, bytes: Uint8Array): string {
  memory.view.setUint32(AT, 0, true);
  try {
    by.write(fetched(mode, rip, bytes), AT, 1, undefined);
  } catch {
    return 'fault';
  }
  return recordAt(memory.view, AT);
}

function recordAt(view: DataView, at: number): string {
  const words = Array.from({ length: WORDS }, (_, word) => view.getUint32(at + 4 * word, true).toString(16));
  // How often a branch was taken is no part of what is written; where it goes is compared below.
  words[record.TAKEN / 4] = words[record.TARGET / 4] = '';
  return words.join();
}

/** By the decoder and the writer of records alone. */
function expected(mode: CodeMode, rip: bigint, bytes: Uint8Array): string {
  const draft = new DataView(new ArrayBuffer(record.RECORD_BYTES));
  const instruction = decode(mode.shape.mode, bytes);
  if (instruction.kind === 'failure' && instruction.reason === 'truncated') return 'fault';
  const form = instruction.kind === 'failure' ? undefined : formOf(instruction, mode.shape);
  if (instruction.kind === 'failure' || form === undefined) {
    const tooLong = instruction.kind === 'failure' && instruction.reason === 'too long';
    draft.setInt32(0, handlers.special(tooLong ? 'tooLong' : 'undefined'), true);
    draft.setUint16(record.COUNT, 1, true);
    draft.setBigUint64(record.IMMEDIATE, rip, true);
    draft.setBigUint64(record.INSTRUCTION_RIP, rip, true);
    return recordAt(draft, 0);
  }
  const handler = handlers.indexOf(form.shape);
  const next = BigInt.asUintN(mode.shape.mode === 64 ? 64 : 32, rip + BigInt(instruction.length));
  writeRecord(draft, core, 0, { ...form, instruction, rip, next }, handler, 1);
  return recordAt(draft, 0);
}

/** Every row, in some of its operand forms; each also with prefixes that may change size, segment, row or legality. */
function* samplesOf({ mode }: CodeShape, random: Random): Generator<Uint8Array> {
  const prefixes = [
    0x66,
    0x67,
    0xf2,
    0xf3,
    0xf0,
    0x2e,
    0x36,
    0x64,
    0x65,
    ...(mode === 64 ? [0x40, 0x41, 0x44, 0x48, 0x4f] : []),
  ];
  for (const row of rows()) {
    const form = prepareForm(row, mode);
    if (form === undefined) continue;
    for (const [position, operands] of sampleOperands(row, mode).entries()) {
      if (position > 0 && !random.once(16)) continue;
      const out = new CodeBuffer(32);
      try {
        emitForm(out, form, operands[0], operands[1], operands[2], operands[3]);
      } catch (error) {
        if (error instanceof EncodeError && error.code === 'REGISTER') continue;
        throw error;
      }
      const bytes = out.toBytes();
      yield bytes;
      const some = Array.from({ length: 1 + random.below(3) }, () => prefixes[random.below(prefixes.length)] as number);
      yield Uint8Array.from([...some, ...bytes]);
    }
  }
}

const dword = (displacement: number): Memory => mem({ displacement, addressBits: 64, bits: 32 });

const places = [0x1000n, 0x7fff_f123n, 0xffff_f000n];
const longPlaces = [...places, 0xffff_ffff_8123_4561n, 0x7fff_ffff_f000n, 0xffff_ffff_ffff_f080n];

test.each(codes)('records of $mode-bit code', { timeout: 120_000 }, (shape) => {
  const random = new Random(7);
  const mode = modeOf(shape);
  const by = writer();
  const wrong: string[] = [];
  let compared = 0;
  for (const sample of samplesOf(shape, random)) {
    const instruction = decode(shape.mode, sample);
    const tail = instruction.kind === 'failure' ? 0 : instruction.length;
    const { displacementOffset = -1, immediateOffset = -1 } = instruction.kind === 'failure' ? {} : instruction;
    const from = displacementOffset >= 0 ? displacementOffset : immediateOffset >= 0 ? immediateOffset : tail;
    const all = shape.mode === 64 ? longPlaces : places;
    // The first time it is learned. Then it stands elsewhere, with other fields; cut short; and with bytes behind it.
    for (let time = 0; time < 4; time++) {
      const bytes = Uint8Array.from([...sample, 0x90, 0x04, 0xc3]);
      if (time > 0) for (let at = from; at < tail; at++) bytes[at] = random.below(256);
      const part = time === 3 ? bytes.subarray(0, random.below(sample.length + 1)) : bytes;
      const rip = all[(compared + time) % all.length] as bigint;
      compared++;
      const [got, want] = [written(by, mode, rip, part), expected(mode, rip, part)];
      if (got !== want) {
        const name = instruction.kind === 'failure' ? instruction.reason : formatInstruction(instruction);
        wrong.push(`${name} [${Buffer.from(part).toString('hex')}] time ${time}:\n  ${got}\n  ${want}`);
      }
    }
  }
  expect(wrong.slice(0, 10)).toEqual([]);
  expect(compared).toBeGreaterThan(5000);
});

test('an instruction over the end of a page is the one that is there, known or not', () => {
  const machine = new TestMachine();
  // Known from here on.
  machine.load(0x2000, 64, [['mov', rax, 0x1122_3344_5566_7788n], ['add', dword(0x500), 0x7654_3210], ['hlt']]);
  machine.startLong(0x2000);
  expect(machine.cpu.run(100)).toBe('halt');
  for (let before = 1; before < 10; before++) {
    machine.load(0x4000 - before, 64, [['mov', rax, 0x0102_0304_0506_0708n], ['hlt']]);
    machine.startLong(0x4000 - before);
    expect(machine.cpu.run(100)).toBe('halt');
    expect(machine.cpu.registers.get('rax')).toBe(0x0102_0304_0506_0708n);
    machine.view.setUint32(0x500, 0, true);
    machine.load(0x4000 - before, 64, [['add', dword(0x500), 0x1000_0000 + before], ['hlt']]);
    machine.startLong(0x4000 - before);
    expect(machine.cpu.run(100)).toBe('halt');
    expect(machine.view.getUint32(0x500, true)).toBe(0x1000_0000 + before);
  }
});

test('code that changes under what is known', () => {
  const machine = new TestMachine();
  for (let value = 0; value < 20; value++) {
    machine.load(0x1000, 64, [['mov', eax, value], value % 2 === 0 ? ['add', eax, 100] : ['sub', eax, 100], ['hlt']]);
    machine.startLong(0x1000);
    expect(machine.cpu.run(100)).toBe('halt');
    expect(machine.cpu.registers.get('rax')).toBe(BigInt.asUintN(32, BigInt(value + (value % 2 === 0 ? 100 : -100))));
  }
});

test('an instruction that is known in one mode is refused in another', () => {
  const by = writer();
  const bytes = Uint8Array.of(0x0f, 0x28, 0xc1);
  const [ready, switched, without] = [
    modeOf(longMode),
    modeOf(longMode, { taskSwitched: true }),
    modeOf(longMode, { sse: false }),
  ];
  for (let time = 0; time < 2; time++) {
    expect(written(by, ready, 0n, bytes)).toBe(expected(ready, 0n, bytes));
    for (const [mode, special] of [
      [switched, 'notAvailable'],
      [without, 'undefined'],
    ] as const) {
      written(by, mode, 0n, bytes);
      expect(memory.view.getInt32(AT, true)).toBe(handlers.special(special));
    }
  }
});

test('the count of a shift decides whether flags before it are seen', () => {
  // ADD writes what SHL by 1 overwrites; SHL by 0 writes nothing, so that the flags of ADD are seen.
  const by = writer();
  const mode = modeOf(longMode);
  const found: number[] = [];
  for (const count of [1, 0, 1, 0]) {
    const bytes = Uint8Array.of(0x01, 0xc8, 0xc1, 0xe0, count, 0xc3);
    by.write(fetched(mode, 0x1000n, bytes), AT, 64, undefined);
    found.push(memory.view.getInt32(AT, true));
  }
  expect(found[0]).not.toBe(found[1]);
  expect(found.slice(2)).toEqual(found.slice(0, 2));
});
