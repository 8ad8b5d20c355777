/** The semantics against the processor this runs on: random programs over registers, all flags that the table does not call undefined. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decode, r9, rax, rbx, rcx, rdx, gpr64, type Register } from '../../src/index.ts';
import { GUEST, type Line, TestCore } from './core.ts';
import { straight } from './straight.ts';

const CASES = 3000;
const CODE = 0x1000;
const CASE_BYTES = 128 + 7 * 8;
const registers = [rax, rcx, rdx, rbx, r9, gpr64[15] as Register];
const statusBits: Readonly<Record<string, number>> = { c: 1, p: 4, a: 0x10, z: 0x40, s: 0x80, o: 0x800 };

const available = process.arch === 'x64' && spawnSync('gcc', ['--version']).status === 0;
if (!available) console.log('skipped: hardware.test.ts needs an x64 host and gcc (apt-get install gcc)');

let seed = 0x0bad_cafe;
function random(below: number): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % below;
}

/** Registers and immediates only; no shift of 8 or 16 bits by CL, whose CF may be undefined and be read by the next ADC. */
function runsAnywhere(line: Line): boolean {
  if (typeof line === 'string') return false;
  const [mnemonic, ...operands] = line;
  if (/^(push|pop|movs[bwdq]$|movups|addps|cld)/.test(mnemonic)) return false;
  if (operands.some((operand) => typeof operand === 'object' && operand.kind === 'memory' && mnemonic !== 'lea'))
    return false;
  const [first, count] = operands;
  const narrow = typeof first === 'object' && first.kind === 'register' && first.bits < 32;
  return !(/^(sh|sa)/.test(mnemonic) && narrow && typeof count === 'object');
}

/** Status flags that the program leaves defined, by the flags column. */
function definedFlags(code: Uint8Array): number {
  let undefinedFlags = 0;
  const mask = (letters: string): number => Array.from(letters).reduce((sum, flag) => sum | (statusBits[flag] ?? 0), 0);
  for (let at = 0; at < code.length; ) {
    const instruction = decode(64, code, at);
    if (instruction.kind === 'failure') throw new Error(instruction.reason);
    const { flags, mnemonic } = instruction.row;
    if (!/^(sh|sa)/.test(mnemonic)) undefinedFlags &= ~mask(flags.written + flags.cleared + flags.set);
    undefinedFlags |= mask(flags.undefined);
    at += instruction.length;
  }
  return 0x8d5 & ~undefinedFlags;
}

function runNatively(input: Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'drift-hardware-'));
  try {
    const program = join(folder, 'native');
    execFileSync('gcc', ['-O1', '-o', program, join(import.meta.dirname, 'native.c')]);
    return execFileSync(program, { input, maxBuffer: 1 << 24 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!available)('hardware', () => {
  test('random programs', () => {
    const core = new TestCore(1 << 16);
    const lines = straight.filter(runsAnywhere);
    const input = Buffer.alloc(CASES * CASE_BYTES);
    const ours: { registers: bigint[]; flags: number; defined: number; text: string }[] = [];
    for (let index = 0; index < CASES; index++) {
      const program = Array.from({ length: 1 + (index % 6) }, () => lines[random(lines.length)] as Line);
      const labels = core.assemble(CODE, [...program, 'end', ['hlt']]);
      const code = core.bytes.slice(GUEST + CODE, GUEST + Number(labels.get('end')));
      core.interpreter.flush();
      for (const register of registers) {
        const value = (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));
        core.set(register, random(4) === 0 ? BigInt(random(256)) : value);
      }
      core.flags = random(0x1000) & 0x8d5;
      core.rip = BigInt(CODE);
      const words = [...registers.map((register) => core.get(register)), BigInt(core.flags | 0x202)];
      input.set(code, index * CASE_BYTES);
      input[index * CASE_BYTES + code.length] = 0xc3;
      for (const [word, value] of words.entries()) input.writeBigUInt64LE(value, index * CASE_BYTES + 128 + 8 * word);
      core.interpreter.run(1000);
      const after = registers.map((register) => core.get(register));
      const text = program.map((line) => (typeof line === 'string' ? line : line[0])).join(', ');
      ours.push({ registers: after, flags: core.flags, defined: definedFlags(code), text });
    }
    const theirs = runNatively(input);
    for (const [index, { registers: values, flags, defined, text }] of ours.entries()) {
      const at = index * 56;
      const expected = registers.map((_, word) => theirs.readBigUInt64LE(at + 8 * word));
      expect(values, text).toEqual(expected);
      expect(flags & defined, text).toBe(Number(theirs.readBigUInt64LE(at + 48)) & defined);
    }
  });
});
