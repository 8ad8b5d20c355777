/**
 * Runs compiled modules natively: a C program is generated that maps a window for linear memory, calls exports with given arguments,
 * catches the signals that traps become, and prints one line per call. Memory base 0 needs the right to map page 0 (root). Needs gcc on amd64 Linux; `nativeReason` says what is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompileWasmOptions, compileWasm, type ObjectModule, writeElfObject } from '../../src/index.ts';
import { decodeModule } from '../../src/wasm/module.ts';
import { F32, F64, I32, I64, type Module, type ValueType } from '../../src/wasm/types.ts';

function missing(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'native runs need amd64 Linux';
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'gcc is missing: apt install gcc';
}

/** Why nothing can be run natively here; undefined where it can. */
export const nativeReason: string | undefined = missing();

/** Where the window of linear memory is. */
export const WINDOW = 0x40000000;

/** A call: an export's name, and arguments as their bits. */
export interface NativeCall {
  readonly name: string;
  readonly arguments: readonly bigint[];
}

export interface NativeRun {
  readonly wasm: Uint8Array;
  readonly calls: readonly NativeCall[];
  readonly options?: Partial<CompileWasmOptions>;
}

const C_TYPES: Readonly<Record<number, string>> = {
  [I32]: 'uint32_t',
  [I64]: 'uint64_t',
  [F32]: 'float',
  [F64]: 'double',
};

/** Compiles each module, links all into one program, and gives the printed lines of each: one per logged value and call, then a hash of the memory. */
export function runNatively(runs: readonly NativeRun[]): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'drift-native-'));
  try {
    const sources = [PRELUDE];
    const objects: string[] = [];
    runs.forEach((run, i) => {
      const object = compileWasm(run.wasm, {
        memoryBase: { kind: 'constant', address: WINDOW },
        bounds: 'guard',
        vectors: 'sse4.1',
        globals: { kind: 'absolute' },
        intrinsics: true,
        ...run.options,
        name: `m${i}`,
      });
      const path = join(folder, `m${i}.o`);
      writeFileSync(path, writeElfObject(object, { compilationDirectory: folder }));
      objects.push(path);
      const base = run.options?.memoryBase?.kind === 'zero' ? 0 : WINDOW;
      sources.push(driver(`m${i}`, base, decodeModule(run.wasm), object, run.calls));
    });
    sources.push(`int main(void) { prepare(); ${runs.map((_, i) => `run_m${i}();`).join(' ')} return 0; }`);
    writeFileSync(join(folder, 'main.c'), sources.join('\n'));
    const program = join(folder, 'main');
    execFileSync('gcc', ['-w', '-O0', '-no-pie', '-o', program, join(folder, 'main.c'), ...objects]);
    const { stdout, signal, stderr } = spawnSync(program, { maxBuffer: 1 << 28, encoding: 'utf8', timeout: 120_000 });
    if (signal !== null) throw new Error(`native program ended by ${signal}\n${stderr}\n${stdout.slice(-500)}`);
    return splitRuns(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function splitRuns(output: string): string[][] {
  const runs: string[][] = [];
  for (const line of output.trimEnd().split('\n')) {
    if (line === '== run') runs.push([]);
    else runs.at(-1)?.push(line);
  }
  return runs;
}

/** Whether C can call the function: no vectors, at most one result. */
export function isCallable(parameters: readonly ValueType[], results: readonly ValueType[]): boolean {
  return results.length <= 1 && [...parameters, ...results].every((type) => C_TYPES[type] !== undefined);
}

function driver(
  name: string,
  base: number,
  module: Module,
  object: ObjectModule,
  calls: readonly NativeCall[],
): string {
  const lines: string[] = [];
  const declared = new Map<string, string>();
  const body: string[] = [];
  const pages = module.memories[0]?.minimum ?? 0;
  const data = object.sections.find((section) => section.name === 'data');
  if (data !== undefined) lines.push(`static const unsigned char data_${name}[] = {${data.bytes.join(',')}};`);
  body.push(`puts("== run"); reset(${base}ul, ${pages}ul * 65536);`);
  if (data !== undefined) body.push(`memcpy((void *)${data.address}ul, data_${name}, ${data.bytes.length});`);
  if (module.start !== undefined) {
    lines.push(`void start_${name}(void) asm("\\"${name}._start\\"");`);
    body.push(`if (sigsetjmp(trapped, 1) == 0) start_${name}(); else puts("start: trap");`);
  }
  for (let i = 0; i < calls.length; ) {
    const call = calls[i] as NativeCall;
    const exported = module.exports.find((each) => each.kind === 'function' && each.name === call.name);
    const type = module.functions[exported?.index as number]?.type;
    if (type === undefined) throw new Error(`no exported function ${call.name}`);
    let id = declared.get(call.name);
    if (id === undefined) {
      id = `${name}_f${declared.size}`;
      declared.set(call.name, id);
      const result = type.results[0] === undefined ? 'void' : C_TYPES[type.results[0]];
      const parameters = type.parameters.map((parameter) => C_TYPES[parameter]).join(', ') || 'void';
      lines.push(`${result} ${id}(${parameters}) asm("\\"${name}.${call.name}\\"");`);
    }
    // Calls of one function in a row share a table of arguments.
    const rows: string[] = [];
    for (; calls[i]?.name === call.name; i++) {
      const bits = (calls[i] as NativeCall).arguments.map((argument) => `${BigInt.asUintN(64, argument)}ul`);
      rows.push(`{${bits.join(',') || '0'}}`);
    }
    lines.push(`static const uint64_t ${name}_a${i}[][${Math.max(1, type.parameters.length)}] = {${rows.join(',')}};`);
    const values = type.parameters.map((parameter, k) => argument(parameter, `${name}_a${i}[i][${k}]`)).join(', ');
    const print = { [I32]: 'show32', [I64]: 'show64', [F32]: 'showf', [F64]: 'showd' }[type.results[0] as number];
    const shown = JSON.stringify(`${call.name}: `);
    const action =
      print === undefined ? `${id}(${values}); puts("${call.name}: -");` : `${print}(${shown}, ${id}(${values}));`;
    body.push(
      `for (volatile int i = 0; i < ${rows.length}; i++) if (sigsetjmp(trapped, 1) == 0) { ${action} } else puts("${call.name}: trap");`,
    );
  }
  body.push('hash();');
  return `${lines.join('\n')}\nstatic void run_${name}(void) {\n${body.join('\n')}\n}`;
}

function argument(type: ValueType, bits: string): string {
  return type === F32
    ? `asf((uint32_t)${bits})`
    : type === F64
      ? `asd(${bits})`
      : type === I32
        ? `(uint32_t)${bits}`
        : bits;
}

const PRELUDE = `
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
static sigjmp_buf trapped;
static char alternate[65536];
static unsigned char *volatile window = (unsigned char *)${WINDOW}ul;
static unsigned long used;
static void caught(int signal) { siglongjmp(trapped, 1); }
static void prepare(void) {
  mmap(window, 0x200010000ul, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
  sigaltstack(&stack, 0);
  struct sigaction action = { .sa_handler = caught, .sa_flags = SA_ONSTACK | SA_NODEFER };
  int signals[] = { SIGILL, SIGFPE, SIGSEGV, SIGBUS };
  for (int i = 0; i < 4; i++) sigaction(signals[i], &action, 0);
}
static void reset(unsigned long base, unsigned long bytes) {
  window = (unsigned char *)base;
  if (base == 0) {
    if (mmap(0, 0x200000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) puts("no page 0");
    used = bytes;
    return;
  }
  mmap(window, 0x200010000ul, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (bytes) mprotect(window, bytes, PROT_READ | PROT_WRITE);
  used = bytes;
}
static void hash(void) {
  uint32_t h = 2166136261u;
  for (unsigned long i = 0; i < used; i++) h = (h ^ window[i]) * 16777619u;
  printf("memory %08x\\n", h);
}
static float asf(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
static double asd(uint64_t bits) { double d; memcpy(&d, &bits, 8); return d; }
static void show32(const char *s, uint32_t v) { printf("%s%08x\\n", s, v); }
static void show64(const char *s, uint64_t v) { printf("%s%016lx\\n", s, v); }
static void showf(const char *s, float f) { uint32_t v; memcpy(&v, &f, 4); if (f != f) printf("%snan\\n", s); else show32(s, v); }
static void showd(const char *s, double d) { uint64_t v; memcpy(&v, &d, 8); if (d != d) printf("%snan\\n", s); else show64(s, v); }
void log_i32(uint32_t v) asm("\\"fuzzing-support.log-i32\\"");
void log_i64(uint64_t v) asm("\\"fuzzing-support.log-i64\\"");
void log_f32(float v) asm("\\"fuzzing-support.log-f32\\"");
void log_f64(double v) asm("\\"fuzzing-support.log-f64\\"");
void call_export(uint32_t index, uint32_t flags) asm("\\"fuzzing-support.call-export\\"");
uint32_t call_export_catch(uint32_t index) asm("\\"fuzzing-support.call-export-catch\\"");
void call_export(uint32_t index, uint32_t flags) {}
uint32_t call_export_catch(uint32_t index) { return 0; }
void log_v128(void) asm("\\"fuzzing-support.log-v128\\"");
/* JavaScript cannot be called with a vector: the engine throws. */
void log_v128(void) { siglongjmp(trapped, 1); }
uint32_t sleep_for(uint32_t milliseconds, uint32_t id) asm("\\"fuzzing-support.sleep\\"");
uint32_t sleep_for(uint32_t milliseconds, uint32_t id) { return id; }
void log_i32(uint32_t v) { show32("log ", v); }
void log_i64(uint64_t v) { show64("log ", v); }
void log_f32(float v) { showf("log ", v); }
void log_f64(double v) { showd("log ", v); }
`;
