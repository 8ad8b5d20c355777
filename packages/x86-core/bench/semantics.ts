/**
 * Interpreter and compiled regions on a crc loop and on recursive fib, against the same instructions run natively (where gcc is installed).
 *
 *   node --conditions=@drift-os/source bench/semantics.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dl, eax, edx, mem8, mem32, rax, rbx, rcx, rdi, rdx, rsi, rsp } from '../src/index.ts';
import { BUDGET } from '../src/semantics/state.ts';
import { CORE, GUEST, TestCore } from '../test/semantics/core.ts';

const ROUNDS = 6;
const TABLE = 0x2_0000;
const BUFFER = 0x3_0000;
const core = new TestCore(1 << 20);
for (let i = 0; i < 256; i++) {
  let c = i;
  for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? 0xedb8_8320 ^ (c >>> 1) : c >>> 1;
  core.view.setUint32(GUEST + TABLE + i * 4, c >>> 0, true);
}
for (let i = 0; i < 65536; i++) core.bytes[GUEST + BUFFER + i] = i * 7;

const crc = core.assemble(0x1000, [
  'loop',
  ['movzx', edx, mem8({ base: rsi, index: rcx })],
  ['xor', edx, eax],
  ['movzx', edx, dl],
  ['shr', eax, 8],
  ['xor', eax, mem32({ base: rdi, index: rdx, scale: 4 })],
  ['inc', rcx],
  ['cmp', rcx, 65536],
  ['jne', 'loop'],
  'end',
  ['hlt'],
]);
const fib = core.assemble(0x2000, [
  ['call', 'fib'],
  'end',
  ['hlt'],
  'fib',
  ['cmp', rdi, 2],
  ['jb', 'leaf'],
  'recurse',
  ['push', rbx],
  ['push', rdi],
  ['dec', rdi],
  ['call', 'fib'],
  'first',
  ['pop', rdi],
  ['mov', rbx, rax],
  ['sub', rdi, 2],
  ['call', 'fib'],
  'second',
  ['add', rax, rbx],
  ['pop', rbx],
  ['ret'],
  'leaf',
  ['mov', rax, rdi],
  ['ret'],
]);

interface Measured {
  readonly nanoseconds: number;
  readonly instructions: number;
  readonly result: bigint;
}

const budget = 2 ** 40;
type Run = (budget: number) => unknown;

function crcOnce(run: Run): void {
  core.rip = 0x1000n;
  core.set(rax, 0xffff_ffffn);
  core.set(rcx, 0n);
  core.set(rsi, BigInt(BUFFER));
  core.set(rdi, BigInt(TABLE));
  run(budget);
}

function fibOnce(run: Run): void {
  core.rip = 0x2000n;
  core.set(rdi, 32n);
  core.set(rsp, 0x8_0000n);
  run(budget);
}

function best(once: (run: Run) => void, run: Run, times: number): Measured {
  let nanoseconds = Infinity;
  let instructions = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    for (let time = 0; time < times; time++) once(run);
    nanoseconds = Math.min(nanoseconds, (performance.now() - begun) * 1e6);
    instructions = (budget - Number(core.view.getBigInt64(CORE + BUDGET, true))) * times;
  }
  return { nanoseconds, instructions, result: core.get(rax) };
}

function native(): number[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'drift-bench-'));
  try {
    const program = join(folder, 'native');
    execFileSync('gcc', ['-O2', '-o', program, join(import.meta.dirname, 'native.c')], { stdio: 'pipe' });
    return execFileSync(program, { encoding: 'utf8' }).trim().split(' ').map(Number);
  } catch {
    console.log('native: skipped, gcc is not installed (apt-get install gcc)');
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const before = native();
const interpret: Run = (instructions) => core.interpreter.run(instructions);
for (const [position, { name, once, times, blocks }] of [
  { name: 'crc', once: crcOnce, times: 40, blocks: [0x1000n, crc.get('end')] },
  {
    name: 'fib',
    once: fibOnce,
    times: 1,
    blocks: [0x2000n, ...['end', 'fib', 'leaf', 'recurse', 'first', 'second'].map((label) => fib.get(label))],
  },
].entries()) {
  const interpreted = best(once, interpret, times);
  const compiled = best(once, core.compile(blocks as bigint[]), times);
  if (interpreted.result !== compiled.result) throw new Error(`${name}: the backends differ`);
  const rate = (interpreted.instructions / interpreted.nanoseconds) * 1e3;
  const reference = before?.[position];
  const ratio = (measured: Measured): string =>
    reference === undefined ? '' : `, ${(measured.nanoseconds / reference).toFixed(1)} times native`;
  console.log(`${name} interpreter: ${rate.toFixed(0)} million instructions/s${ratio(interpreted)}`);
  console.log(`${name} region: ${(compiled.nanoseconds / 1e6).toFixed(1)} ms${ratio(compiled)}`);
}
