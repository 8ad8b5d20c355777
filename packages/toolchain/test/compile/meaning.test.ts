/**
 * Every instruction that the emitter asks for is read back by iced-x86 as exactly that: mnemonic, registers, address, immediate. What was
 * asked for is caught at `FunctionCode.emit`, before the encoder sees it.
 */
import type { Memory, Operand } from '@drift-os/x86-core';
import iced from 'iced-x86';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CodePoint, FunctionCode } from '../../src/compile/code.ts';
import { type CompileWasmOptions, compileWasm, type ObjectModule } from '../../src/index.ts';
import { accessCases, accessOperators } from './access-cases.ts';
import { WINDOW } from './native.ts';
import { scalarCases, scalarOperators, vectorCases, vectorOperators } from './operator-cases.ts';
import { optionsOf } from './random-check.ts';
import { randomModule } from './random-module.ts';
import { kernelOptions, mixedModule, pressureModule } from './samples.ts';
import { assembleText } from './wat.ts';

interface Request {
  readonly point: CodePoint;
  readonly mnemonic: string;
  readonly operands: readonly Operand[];
}

interface PlacedRequest extends Request {
  /** In the text section. */
  readonly offset: number;
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** Compiles, and notes every instruction that is asked for with the place that it gets. */
function compileWatched(
  wasm: Uint8Array,
  options: CompileWasmOptions,
): { object: ObjectModule; list: PlacedRequest[] } {
  const requests = new Map<FunctionCode, Request[]>();
  const list: PlacedRequest[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const { emit, place } = FunctionCode.prototype;
  vi.spyOn(FunctionCode.prototype, 'emit').mockImplementation(function (this: FunctionCode, mnemonic, ...operands) {
    const known = requests.get(this);
    const request = { point: this.here, mnemonic, operands };
    if (known === undefined) requests.set(this, [request]);
    else known.push(request);
    emit.call(this, mnemonic, ...operands);
  });
  vi.spyOn(FunctionCode.prototype, 'place').mockImplementation(function (this: FunctionCode, out) {
    const at = place.call(this, out);
    for (const request of requests.get(this) ?? []) list.push({ ...request, offset: at(request.point) });
    return at;
  });
  const object = compileWasm(wasm, options);
  vi.restoreAllMocks();
  return { object, list };
}

/** Names that iced-x86 has for what the emitter calls otherwise. */
const NAMES: Readonly<Record<string, string>> = { 'jmp far': 'jmp', 'o64 retf': 'retfq' };

function nameOf(values: Readonly<Record<number, string>>, value: number): string {
  return (values[value] as string).toLowerCase();
}

function memoryText(instruction: iced.Instruction): string {
  const registers = iced.Register as unknown as Readonly<Record<number, string>>;
  const base = nameOf(registers, instruction.memoryBase);
  const index = nameOf(registers, instruction.memoryIndex);
  const scale = index === 'none' ? 1 : instruction.memoryIndexScale;
  const prefix = nameOf(registers, instruction.segmentPrefix);
  return `${prefix === 'fs' || prefix === 'gs' ? prefix : ''}[${base}+${index}*${scale}]`;
}

function requestedMemory(memory: Memory): string {
  const base = memory.base === undefined ? 'none' : memory.base === 'rip' ? 'rip' : memory.base.name;
  const index = memory.index?.name ?? 'none';
  const segment = memory.segment?.name ?? '';
  return `${segment}[${base}+${index}*${index === 'none' ? 1 : memory.scale}]`;
}

/** [as asked for, as read back] of one operand; undefined where only the linker knows. */
function operandTexts(
  operand: Operand,
  instruction: iced.Instruction,
  i: number,
): readonly [string, string] | undefined {
  const kind = nameOf(iced.OpKind, instruction.opKind(i));
  if (typeof operand !== 'object') {
    const read = kind.startsWith('immediate') ? BigInt.asUintN(64, instruction.immediate(i)) : -1n;
    const bits = kind.includes('to64')
      ? 64
      : kind.includes('32')
        ? 32
        : kind.includes('16')
          ? 16
          : kind.includes('64')
            ? 64
            : 8;
    const wide = kind.includes('to32') ? 32 : kind.includes('to16') ? 16 : bits;
    return [BigInt.asUintN(wide, BigInt(operand)).toString(), BigInt.asUintN(wide, read).toString()];
  }
  if (operand.kind === 'register') {
    const name = nameOf(iced.Register, instruction.opRegister(i));
    return [operand.name, kind === 'register' ? name.replace(/^(r\d+)l$/, '$1b') : kind];
  }
  if (operand.kind !== 'memory') return undefined;
  const displacement = (value: bigint): string => ` ${BigInt.asIntN(32, value)}`;
  const known = operand.symbol === undefined && operand.base !== 'rip';
  return [
    requestedMemory(operand) + (known ? displacement(BigInt(operand.displacement)) : ''),
    memoryText(instruction) + (known ? displacement(instruction.memoryDisplacement) : ''),
  ];
}

function compare({ mnemonic, operands, offset }: PlacedRequest, instruction: iced.Instruction): string[] {
  const problems: string[] = [];
  const words = mnemonic.split(' ');
  const name = NAMES[mnemonic] ?? words.at(-1);
  const read = nameOf(iced.Mnemonic, instruction.mnemonic);
  if (name !== read) problems.push(`${offset}: ${mnemonic} is read as ${read}`);
  if (words.includes('lock') !== instruction.hasLockPrefix) problems.push(`${offset}: lock of ${mnemonic}`);
  if (words.includes('rep') !== instruction.hasRepPrefix) problems.push(`${offset}: rep of ${mnemonic}`);
  operands.forEach((operand, i) => {
    const texts = operandTexts(operand, instruction, i);
    if (texts !== undefined && texts[0] !== texts[1])
      problems.push(`${offset}: ${mnemonic}: operand ${i} ${texts[0]} is read as ${texts[1]}`);
  });
  return problems;
}

/** How many instructions were compared, and every difference. */
function check(wasm: Uint8Array, options: CompileWasmOptions): { count: number; problems: string[] } {
  const { object, list } = compileWatched(wasm, options);
  const text = object.sections[0]?.bytes as Uint8Array;
  const problems: string[] = [];
  for (const request of list) {
    const decoder = new iced.Decoder(64, text.subarray(request.offset, request.offset + 15), iced.DecoderOptions.None);
    decoder.ip = BigInt(request.offset);
    const instruction = decoder.decode();
    problems.push(...compare(request, instruction));
    instruction.free();
    decoder.free();
  }
  return { count: list.length, problems };
}

const samples: readonly (readonly [string, () => Uint8Array])[] = [
  ['scalar operators', () => scalarCases(scalarOperators).wasm],
  ['vector operators', () => vectorCases(vectorOperators.filter((_, i) => i % 6 === 0)).wasm],
  ['accesses', () => accessCases(accessOperators, false).wasm],
  [
    'accesses at constants',
    () =>
      accessCases(
        accessOperators.filter((_, i) => i % 5 === 0),
        true,
      ).wasm,
  ],
  ['register pressure', () => assembleText(pressureModule(24, 'i64'))],
  ['vector pressure', () => assembleText(pressureModule(24, 'v128'))],
  ['control flow', () => assembleText(mixedModule)],
];
const models: readonly Partial<CompileWasmOptions>[] = [
  { features: ['popcnt', 'lzcnt', 'bmi1', 'bmi2'] },
  { memoryBase: { kind: 'constant', address: WINDOW }, bounds: 'checked', memoryGrowth: 'hook' },
  { memoryBase: { kind: 'register' }, bounds: 'guard', globals: { kind: 'segment', segment: 'fs', offset: 0x40 } },
];

describe('what is asked for is what iced-x86 reads', () => {
  it.each(samples)('%s', (_title, make) => {
    const wasm = make();
    for (const options of models) {
      const { count, problems } = check(wasm, { ...kernelOptions, vectors: 'sse4.1', ...options });
      expect(problems).toEqual([]);
      expect(count).toBeGreaterThan(50);
    }
  });

  it('random modules', async () => {
    for (const seed of [4, 9, 14, 21, 28, 36]) {
      const { wasm } = await randomModule(seed, { bytes: 3000, inBounds: false, forEngine: true });
      const { problems } = check(wasm, { ...kernelOptions, vectors: 'sse4.1', ...optionsOf(seed) });
      expect(problems).toEqual([]);
    }
  }, 60_000);

  it('notices another register and another displacement', () => {
    const { object, list } = compileWatched(assembleText(mixedModule), kernelOptions);
    const text = object.sections[0]?.bytes as Uint8Array;
    const found = list.find(({ mnemonic, operands }) => mnemonic === 'mov' && operands.length === 2) as PlacedRequest;
    const decoder = new iced.Decoder(64, text.subarray(found.offset), iced.DecoderOptions.None);
    const instruction = decoder.decode();
    expect(compare(found, instruction)).toEqual([]);
    expect(compare({ ...found, mnemonic: 'movzx' }, instruction)).toHaveLength(1);
    expect(compare({ ...found, operands: [1, ...found.operands.slice(1)] }, instruction)).toHaveLength(1);
    instruction.free();
    decoder.free();
  });
});
