/**
 * The WebAssembly to amd64 compiler: a module in, an object module with machine code out. Ahead of time, one function after
 * the other; nothing is shared between functions but the pool of constants.
 *
 * ```
 * bytes -> wasm/      decode the sections, validate every body (offset and reason of the first error)
 *       -> ir/        build SSA from the structured code, fold constants and divisions by them on the way; drop phis that are
 *                     no choice; thread jumps; branches around little become selects; order blocks so that loops are
 *                     contiguous; narrow by width; number values (redundant ones go); move what a loop does not change in
 *                     front of it; drop dead values
 *       -> select*    bottom-up selection into machine instructions on virtual registers: addresses fold into memory operands,
 *                     loads into arithmetic, comparisons into branches, constants into immediates
 *       -> flow       split critical edges, number positions
 *       -> liveness   live intervals with holes, uses weighted by loop depth, registers that instructions claim
 *       -> coalesce   phis and copies share intervals with what they come from
 *       -> linear-scan, resolve    registers, splits, spills; the moves between pieces, on edges, and for phis
 *       -> layout, emit, code      order of blocks, machine code, aligned loops, the shortest jumps
 *       -> entry, routines-*       what is called from outside; operations on tables and segments, as far as they are used
 *       -> module-data             globals, static data, tables of functions, constants, jump tables
 * ```
 *
 * What the rest relies on:
 *  - An i32 in a register has zeros in its upper half: all 32-bit instructions leave it so. Widening to u64 costs nothing, and
 *    an i32 can be part of a 64-bit address. Exported functions clear the upper half of their parameters, because the System V
 *    convention leaves it undefined.
 *  - rsp does not move between prologue and epilogue. `frameBytes` of the function record is all that a backtrace needs.
 *  - Nothing is kept below rsp: an interrupt may use the stack at any moment.
 *  - Traps are `ud2` (or the division instruction itself) with a record of the reason. Jumps to them are predicted not taken.
 *  - With `memoryBase: register` r15 is the base in all code of the module; what the outside calls are entries (entry.ts).
 */
import { CodeBuffer } from '@drift-os/x86-core';
import type {
  FunctionRecord,
  LineRecord,
  ObjectModule,
  Relocation,
  Section,
  SymbolDefinition,
  TrapRecord,
} from '../object.ts';
import { decodeModule } from '../wasm/module.ts';
import type { Function } from '../wasm/types.ts';
import { emitFunction, type EmittedFunction } from './emit.ts';
import { DWARF_REGISTERS } from './convention.ts';
import { entryOf } from './entry.ts';
import {
  activeData,
  buildConstants,
  buildData,
  buildGlobals,
  buildInstance,
  buildReferences,
  buildSegments,
  buildTables,
  SectionBuilder,
} from './module-data.ts';
import { ModuleContext } from './module-context.ts';
import { CompileError, type CompileWasmOptions } from './options.ts';
import { lowerFunction } from './pipeline.ts';
import { Routine, type RoutineWriter } from './routine.ts';
import { initialize } from './routines-memory.ts';
import { positionAt } from './source-map.ts';

export {
  CompileError,
  type CompileErrorCode,
  type CompileWasmOptions,
  type GlobalsPlace,
  type MemoryBase,
} from './options.ts';

const TEXT = 0;
const RODATA = 1;
const GLOBALS = 2;
const FUNCTION_ALIGNMENT = 16;

/**
 * Compiles a module.
 *
 * Exports become global symbols `name.export`, System V functions; imports become undefined symbols `module.field`, except those
 * from `cpu` where `intrinsics` is set. Memory, tables and their imports need no symbol. `name._start` is the start function
 * where the module has one.
 *
 * @throws WasmError when the module is malformed, invalid, or uses what is not supported, with the byte offset.
 * @throws CompileError when it is valid but cannot be compiled with these options.
 */
export function compileWasm(wasm: Uint8Array, options: CompileWasmOptions): ObjectModule {
  return new ModuleCompiler(wasm, options).compile();
}

class ModuleCompiler {
  readonly #context: ModuleContext;
  readonly #options: CompileWasmOptions;
  readonly #code = new CodeBuffer(65536);
  readonly #rodata = new SectionBuilder(RODATA);
  readonly #symbols: SymbolDefinition[] = [];
  readonly #functions: FunctionRecord[] = [];
  readonly #lines: LineRecord[] = [];
  readonly #traps: TrapRecord[] = [];

  constructor(wasm: Uint8Array, options: CompileWasmOptions) {
    this.#context = new ModuleContext(decodeModule(wasm), options);
    this.#options = options;
    for (const { imported } of this.#context.module.functions) {
      if (imported?.module === 'cpu' && !options.intrinsics) {
        throw new CompileError(
          'COMPILE_INTRINSICS',
          `module ${options.name} imports cpu.${imported.field}, but is compiled with intrinsics: false`,
        );
      }
    }
  }

  compile(): ObjectModule {
    const { module } = this.#context;
    module.functions.forEach((definition, i) => {
      if (definition.imported === undefined) this.#function(definition, i);
    });
    const anywhere = this.#options.memoryBase.kind === 'register';
    if (anywhere) this.#initialize();
    for (const [symbol, write] of this.#context.routines) this.#routine([symbol], false, write);
    buildTables(this.#context, this.#rodata);
    buildSegments(this.#context, this.#rodata);
    buildConstants(this.#context, this.#rodata);
    const globals = new SectionBuilder(GLOBALS);
    buildGlobals(this.#context, globals);
    buildInstance(this.#context, globals);
    buildReferences(this.#context, this.#rodata);
    if (this.#context.hasEntries) this.#entries();
    const data = anywhere ? undefined : buildData(this.#context);
    const plain = (name: Section['name'], bytes: Uint8Array): Section => ({
      name,
      bytes,
      zeroBytes: 0,
      alignment: 16,
      address: undefined,
    });
    const sections: Section[] = [
      plain('text', this.#code.toBytes()),
      plain('rodata', this.#rodata.bytes()),
      plain('globals', globals.bytes()),
    ];
    if (data !== undefined) sections.push({ name: 'data', ...data });
    const code: Relocation[] = this.#code.fixups.map(({ offset, kind, symbol, addend }) => ({
      section: TEXT,
      offset,
      kind,
      symbol,
      addend,
    }));
    return {
      name: this.#options.name,
      sections,
      symbols: [...this.#symbols, ...this.#rodata.symbols, ...globals.symbols],
      relocations: [...code, ...this.#rodata.relocations, ...globals.relocations],
      functions: this.#functions,
      files: this.#context.map?.files ?? [],
      lines: this.#lines,
      traps: this.#traps,
    };
  }

  #function(definition: Function, index: number): void {
    const context = this.#context;
    const { lir, allocation } = lowerFunction(context, index);
    this.#align();
    const emitted = emitFunction(lir, allocation, context, this.#code);
    this.#record(definition, index, emitted);
  }

  /** Fills up to the next function with INT3, which nothing should reach. */
  #align(): void {
    const code = this.#code;
    const padding = -code.length & (FUNCTION_ALIGNMENT - 1);
    code.reserve(padding);
    code.bytes.fill(0xcc, code.length, code.length + padding);
    code.length += padding;
  }

  #record(definition: Function, index: number, emitted: EmittedFunction): void {
    const { symbols } = this.#context;
    const { offset, size, frame } = emitted;
    const define = (symbol: string, global: boolean): void => {
      this.#symbols.push({ name: symbol, section: TEXT, offset, size, kind: 'function', global });
    };
    const exported = this.#context.hasEntries ? [] : this.#exportedNames(index);
    if (exported.length === 0 || !exported.includes(symbols[index] as string)) define(symbols[index] as string, false);
    for (const name of exported) define(name, true);
    this.#functions.push({
      section: TEXT,
      offset,
      size,
      name: this.#context.nameOf(index),
      frameBytes: frame.size,
      savedRegisters: frame.saved.map((register, i) => ({
        dwarf: DWARF_REGISTERS[register] as number,
        belowCfa: 16 + 8 * i,
      })),
      prologueBytes: emitted.prologueBytes,
      unwind: emitted.unwind,
    });
    for (const trap of emitted.traps) this.#traps.push({ section: TEXT, offset: trap.offset, reason: trap.reason });
    this.#lineRecords(definition, emitted);
    for (const { symbol, targets } of emitted.jumpTables) {
      this.#rodata.align(8);
      this.#rodata.define(symbol, 8 * targets.length, 'object', false);
      for (const target of targets) this.#rodata.address(symbols[index] as string, target - offset);
    }
  }

  /** Symbols by which code outside of the module calls a function. */
  #exportedNames(index: number): string[] {
    const { module } = this.#context;
    const names = module.exports.filter((each) => each.kind === 'function' && each.index === index);
    const isStart = module.start === index && !names.some((each) => each.name === '_start');
    return [...names.map(({ name }) => name), ...(isStart ? ['_start'] : [])].map(
      (name) => `${this.#options.name}.${name}`,
    );
  }

  #entries(): void {
    const { module, symbols } = this.#context;
    module.functions.forEach(({ type, imported }, i) => {
      if (imported !== undefined) return;
      const write = entryOf(symbols[i] as string, type);
      const names = this.#exportedNames(i);
      if (names.length > 0) this.#routine(names, true, write);
      if (this.#context.references.has(i)) this.#routine([this.#context.entrySymbol(i)], false, write);
    });
  }

  #initialize(): void {
    const { name } = this.#options;
    const segments = activeData(this.#context).filter(({ bytes }) => bytes.length > 0);
    if (this.#context.layout.memory === undefined) return;
    const sizes = segments.map(({ address, index, bytes }) => ({ address, index, bytes: bytes.length }));
    this.#routine([`${name}$initialize`], true, initialize(sizes));
  }

  #routine(names: readonly string[], global: boolean, write: RoutineWriter): void {
    this.#align();
    const routine = new Routine(this.#context);
    write(routine);
    const { offset, size, traps, ...frame } = routine.place(this.#code);
    for (const name of names) this.#symbols.push({ name, section: TEXT, offset, size, kind: 'function', global });
    const name = (names[0] as string).slice(this.#options.name.length + 1);
    this.#functions.push({ section: TEXT, offset, size, name, ...frame });
    for (const trap of traps) this.#traps.push({ section: TEXT, ...trap });
  }

  #lineRecords(definition: Function, emitted: EmittedFunction): void {
    const { map } = this.#context;
    if (map === undefined) return;
    let last: LineRecord | undefined;
    for (const { offset, origin } of emitted.origins) {
      const position = positionAt(map, origin, definition.start);
      if (position === undefined) continue;
      const { file, line, column } = position;
      if (last !== undefined && last.file === file && last.line === line && last.column === column) continue;
      if (last?.offset === offset) this.#lines.pop();
      last = { section: TEXT, offset, file, line, column };
      this.#lines.push(last);
    }
  }
}
