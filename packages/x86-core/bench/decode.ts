/**
 * What it costs to get from bytes to code: decoding, blocks, handlers, a long function of many instructions. Microseconds of processor time, on the
 * code of the Node that runs this.
 *
 *   node --conditions=@drift-os/source bench/decode.ts
 */
import { openSync, readSync } from 'node:fs';
import { PhysicalMemory } from '../src/cpu/physical-memory.ts';
import { decode } from '../src/decode/decode.ts';
import { handlerSignature, lowerHandlers } from '../src/semantics/handler.ts';
import { meaningOf } from '../src/semantics/instructions/index.ts';
import type { Meaning } from '../src/semantics/language.ts';
import { calledSignature } from '../src/semantics/lowering.ts';
import { keyOf, longMode, type Shape } from '../src/semantics/operand-shape.ts';
import { decodeRun, type StraightRun } from '../src/semantics/straight-run.ts';
import { ModuleBuilder } from '../src/wasm/module-builder.ts';

/** What a boot decodes, and what makes everything warm. */
const COLD = 10_000;
const WARM = 200_000;
const REGION = 500;

const started = measure(() => decode(64, Uint8Array.of(0x90)));
console.log(`the first instruction of all                ${started.toFixed(0)} us`);
const code = nativeCode(1 << 20);

let offset = 0;
const sweep = (count: number): number => {
  let decoded = 0;
  while (decoded < count) {
    const instruction = decode(64, code, offset);
    offset = (offset + (instruction.kind === 'instruction' ? instruction.length : 1)) % (code.length - 16);
    decoded++;
  }
  return decoded;
};
report('decode, cold', COLD, () => sweep(COLD));
report('decode, warm', WARM, () => sweep(WARM));

let page = 0;
const runs: StraightRun[] = [];
/** Of so many blocks shapes are taken. */
const KEPT = 20_000;
const blocks = (count: number): number => {
  let decoded = 0;
  while (decoded < count) {
    let rip = BigInt(page);
    while (decoded < count && rip < page + 4096) {
      const run = decodeRun(fetchCode, rip, longMode, { throughBranches: true });
      rip = run.end === rip || run.ending !== 'jump' ? run.end + 1n : run.end;
      decoded += run.instructions.length;
      if (runs.length < KEPT) runs.push(run);
    }
    page = (page + 4096) % code.length;
  }
  return decoded;
};
report('blocks (decode, forms, liveness), cold', COLD, () => blocks(COLD));
report('blocks (decode, forms, liveness), warm', WARM, () => blocks(WARM));

const shapes = new Map<string, Shape>();
for (const run of runs) for (const { shape } of run.instructions) shapes.set(keyOf(shape), shape);
const some = [...shapes.values()];
const memory = new PhysicalMemory({ bytes: 1 << 20 });
const table = memory.handlers;
let prepared = 0;
const prepare = (count: number): number => {
  const before = table.made;
  for (let end = prepared + count; prepared < end && prepared < some.length; prepared += 3) {
    table.prepare(some.slice(prepared, prepared + 3));
  }
  return table.made - before;
};
report('handlers, three at a time, cold: each', 300, () => prepare(300));
report('handlers, three at a time, warm: each', some.length - prepared, () => prepare(some.length));

const region = runs
  .flatMap(({ instructions }) => instructions)
  .filter(({ mayLeave, shape }) => !mayLeave || shape.operands.some(({ kind }) => kind === 'memory'))
  .filter(({ leads }) => leads)
  .slice(0, REGION);
for (const name of ['cold', 'warm']) {
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  const times = name === 'cold' ? 1 : 40;
  report(`a function of ${REGION} instructions, ${name}: each`, REGION * times, () => {
    for (let time = 0; time < times; time++) {
      const body = lowerHandlers(region.map(({ shape }) => ({ meaning: meaningOf(shape) as Meaning, shape })));
      const module = new ModuleBuilder();
      for (const called of body.calls) module.import(called, calledSignature(called));
      module.function('run', handlerSignature, body);
      bytes = module.encode();
    }
    return REGION * times;
  });
  if (name === 'cold')
    report(
      `  of which WebAssembly.Module for ${bytes.length} bytes: each`,
      REGION,
      () => (new WebAssembly.Module(bytes), REGION),
    );
}

function fetchCode(rip: bigint, beyond: boolean): Uint8Array {
  const at = Number(rip);
  return code.subarray(at, beyond ? at + 15 : Math.ceil((at + 1) / 4096) * 4096);
}

/** Microseconds of this process. */
function measure(what: () => unknown): number {
  const before = process.cpuUsage();
  what();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function report(name: string, expected: number, what: () => number): void {
  let count = expected;
  const time = measure(() => {
    count = what();
  });
  console.log(`${name.padEnd(64)} ${(time / count).toFixed(2).padStart(8)} us   (${count})`);
}

/** Code of the running program: from its entry on (System V ABI, "ELF header", "Program header"). */
function nativeCode(bytes: number): Uint8Array {
  const file = openSync(process.execPath, 'r');
  const header = Buffer.alloc(4096);
  readSync(file, header, 0, header.length, 0);
  const entry = header.readBigUInt64LE(24);
  const programs = Number(header.readBigUInt64LE(32));
  for (let at = programs; ; at += 56) {
    const [address, length] = [header.readBigUInt64LE(at + 16), header.readBigUInt64LE(at + 32)];
    if (entry < address || entry >= address + length) continue;
    const contents = new Uint8Array(bytes);
    readSync(file, contents, 0, bytes, Number(header.readBigUInt64LE(at + 8) + entry - address));
    return contents;
  }
}
