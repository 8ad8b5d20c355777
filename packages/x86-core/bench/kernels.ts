/**
 * Floating point and memory against native code: the functions of kernels.c, compiled by gcc, interpreted and compiled, over paged
 * memory. CPU time over native CPU time.
 *
 *   node --conditions=@drift-os/source bench/kernels.ts [kernel ...]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Cpu, emptyBus, PhysicalMemory } from '../src/index.ts';
import { Segment, type SegmentNumber } from '../src/system/core-context.ts';

const MIB = 1 << 20;
const IMAGE = 0x1_0000;
const STACK = 0x8_0000;
const RETURN = 0x9_0000;
const TABLES = 0x10_0000;
const AREA = 4 * MIB;
const RAM = AREA + 320 * MIB;
const BUDGET = 100_000;

/** Name, rounds that take some tens of milliseconds natively, whether the interpreter is measured too. */
const kernels: readonly (readonly [string, number, string])[] = [
  ['nbody', 300_000, 'nbody'],
  ['mandel', 3000, 'mandel'],
  ['saxpy', 60_000, 'saxpy'],
  ['dot', 20_000, 'dot'],
  ['memset_rep', 100, 'memory'],
  ['memcpy_rep', 60, 'memory'],
  ['memcpy_alias', 60, 'memory'],
  ['memcpy_sse', 40, 'memory'],
  ['memcpy_sse_alias', 40, 'memory'],
  ['read_u32', 60, 'memory'],
  ['pages', 1000, 'pages'],
  ['code_stores', 100_000, 'code_stores'],
];

interface Built {
  readonly image: Uint8Array;
  readonly symbols: ReadonlyMap<string, number>;
  readonly native: (name: string, rounds: number) => [number, bigint];
  readonly remove: () => void;
}

function build(): Built {
  const folder = mkdtempSync(join(tmpdir(), 'drift-bench-'));
  const source = join(import.meta.dirname, 'kernels.c');
  const flags =
    '-O2 -std=gnu11 -fno-pic -fno-stack-protector -fcf-protection=none -fno-math-errno -ffp-contract=off'.split(' ');
  const [elf, flat, program] = ['guest.elf', 'guest.bin', 'native'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const gcc = (...options: string[]): Buffer => execFileSync('gcc', [...flags, ...options, source], { stdio: 'pipe' });
  gcc('-o', program, '-no-pie', '-DNATIVE');
  const link = ['-ffreestanding', '-fno-asynchronous-unwind-tables', '-nostdlib', '-static', '-no-pie'];
  gcc('-o', elf, ...link, `-Wl,-N,--build-id=none,-e,0,-Ttext=0x${IMAGE.toString(16)}`);
  execFileSync('objcopy', ['-O', 'binary', elf, flat]);
  const symbols = new Map<string, number>();
  for (const line of execFileSync('nm', [elf], { encoding: 'utf8' }).split('\n')) {
    const [address, , name] = line.split(' ');
    if (address !== undefined && name !== undefined) symbols.set(name, Number.parseInt(address, 16));
  }
  return {
    image: readFileSync(flat),
    symbols,
    native: (name, rounds) => {
      const [time, result] = execFileSync(program, [name, String(rounds)], { encoding: 'utf8' })
        .trim()
        .split(' ');
      return [Number(time), BigInt(result as string)];
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** 64-bit mode over pages of 4 KiB, mapped one to one. */
class Guest {
  readonly ram: Uint8Array;
  readonly cpu: Cpu;

  constructor(image: Uint8Array, compiles: boolean) {
    const memory = new PhysicalMemory({ bytes: RAM, ...(compiles ? {} : { jit: false }) });
    this.ram = memory.mapRam(0, RAM);
    this.cpu = new Cpu(emptyBus, { memory });
    const { context } = this.cpu;
    this.ram.set(image, IMAGE);
    this.ram[RETURN] = 0xf4;
    const view = new DataView(this.ram.buffer, this.ram.byteOffset, this.ram.length);
    const [top, second, directory, table] = [TABLES, TABLES + 0x1000, TABLES + 0x2000, TABLES + 0x3000] as const;
    view.setBigUint64(top, BigInt(second | 7), true);
    view.setBigUint64(second, BigInt(directory | 7), true);
    for (let page = 0; page < RAM / 4096; page++) {
      if (page % 512 === 0) view.setBigUint64(directory + page / 64, BigInt((table + page * 8) | 7), true);
      view.setBigUint64(table + page * 8, BigInt(page * 4096 + 7), true);
    }
    this.cpu.system.activity = 'running';
    context.cr3 = BigInt(top);
    context.cr4 = 0x620;
    context.efer = 0xd01;
    context.cr0 = 0x8001_0033;
    context.setSegment(Segment.cs, { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0xa09b });
    const data = { selector: 16, base: 0n, limit: 0xffff_ffff, attributes: 0xc093 };
    for (const number of [0, 2, 3, 4, 5] as SegmentNumber[]) context.setSegment(number, data);
    context.flushTlb('all');
  }

  /** System V's calling convention: the function and its two arguments. */
  enter(address: number, rounds: number): void {
    const { registers, context } = this.cpu;
    new DataView(this.ram.buffer, this.ram.byteOffset).setBigUint64(STACK, BigInt(RETURN), true);
    registers.set('rsp', STACK);
    registers.set('rdi', AREA);
    registers.set('rsi', rounds);
    context.rip = BigInt(address);
  }

  run(address: number, rounds: number): bigint {
    this.enter(address, rounds);
    this.cpu.system.activity = 'running';
    // Entered often, for V8 takes its optimised code only then.
    while (this.cpu.run(BUDGET) === 'budget');
    return this.cpu.registers.get('rax');
  }
}

/** Nanoseconds of CPU time, the best of several. */
function best(times: number, run: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < times; time++) {
    const begun = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(begun);
    least = Math.min(least, (user + system) * 1000);
  }
  return least;
}

// Browsers have it by default.
setFlagsFromString('--experimental-wasm-branch-hinting');
const built = build();
try {
  const wanted = process.argv.slice(2);
  for (const [name, rounds, prepare] of kernels) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const [native, expected] = built.native(name, rounds);
    const [init, entry] = [built.symbols.get(`${prepare}_init`) as number, built.symbols.get(name) as number];
    const [slow, fast] = [false, true].map((compiles) => {
      const guest = new Guest(built.image, compiles);
      guest.run(init, 0);
      const result = guest.run(entry, 2);
      if (result !== expected) throw new Error(`${name}: native ${expected}, here ${result}`);
      if (!compiles) {
        const few = Math.ceil(rounds / 20);
        return best(2, () => guest.run(entry, few)) * (rounds / few);
      }
      guest.run(entry, Math.ceil(rounds / 2));
      return best(5, () => guest.run(entry, rounds));
    }) as [number, number];
    const over = (time: number): string => (time / native).toFixed(2).padStart(7);
    console.log(
      `${name.padEnd(18)} native ${(native / 1e6).toFixed(0).padStart(4)} ms   compiled ${over(fast)}   interpreter ${over(slow)}`,
    );
  }
} finally {
  built.remove();
}
