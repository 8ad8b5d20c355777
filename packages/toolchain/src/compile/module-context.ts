/** What the compilation of one function needs to know about its module and the options. */
import { type Module, sameType } from '../wasm/types.ts';
import { InstanceLayout } from './instance-layout.ts';
import { moduleUsage } from './module-usage.ts';
import type { CompileWasmOptions } from './options.ts';
import type { RoutineWriter } from './routine.ts';
import { parseSourceMap, positionAt, type SourceMap } from './source-map.ts';

/** A float or vector constant in read-only data. */
export interface PooledConstant {
  readonly symbol: string;
  readonly bytes: Uint8Array;
}

export class ModuleContext {
  readonly module: Module;
  readonly options: CompileWasmOptions;
  /** Symbol of every function, by index. */
  readonly symbols: readonly string[];
  /** Whether code outside the module may call the function. */
  readonly isExported: readonly boolean[];
  readonly map: SourceMap | undefined;
  readonly layout: InstanceLayout;
  /** Of `ModuleUsage`. */
  readonly incomingBytes: number;
  readonly resultsOffset: number;
  readonly #constants = new Map<string, PooledConstant>();
  readonly #routines = new Map<string, RoutineWriter>();
  readonly #references = new Set<number>();
  readonly #signatures: readonly number[];

  constructor(module: Module, options: CompileWasmOptions) {
    this.module = module;
    this.options = options;
    this.map = options.sourceMap === undefined ? undefined : parseSourceMap(options.sourceMap);
    const usage = moduleUsage(module);
    this.layout = new InstanceLayout(module, usage, options);
    this.incomingBytes = usage.incomingBytes;
    this.resultsOffset = usage.resultsOffset;
    const exported = new Map<number, string>();
    for (const { kind, index, name } of module.exports)
      if (kind === 'function' && !exported.has(index)) exported.set(index, name);
    this.symbols = module.functions.map(({ imported }, i) => {
      if (imported !== undefined) return `${imported.module}.${imported.field}`;
      const name = exported.get(i);
      return name === undefined || this.hasEntries ? `${options.name}:function.${i}` : `${options.name}.${name}`;
    });
    this.isExported = module.functions.map((_, i) => exported.has(i));
    this.#signatures = module.types.map((type) => 1 + module.types.findIndex((other) => sameType(type, other)));
  }

  /** Name of a function for people: from the name section, its export, or its number. */
  nameOf(index: number): string {
    const { functionNames, exports } = this.module;
    const exported = exports.find((each) => each.kind === 'function' && each.index === index);
    return functionNames.get(index) ?? exported?.name ?? `function ${index}`;
  }

  /** Where an instruction of the module comes from, as far as that is known. */
  place(functionIndex: number, origin: number): string {
    const position =
      this.map === undefined
        ? undefined
        : positionAt(this.map, origin, this.module.functions[functionIndex]?.start ?? 0);
    const file = position === undefined ? undefined : this.map?.files[position.file];
    const at = file === undefined ? `wasm offset ${origin}` : `${file}:${position?.line}`;
    return `${this.nameOf(functionIndex)} (${at})`;
  }

  /** Whether an access out of bounds is noticed, so that even a load nobody needs has to be made. */
  get loadsMayTrap(): boolean {
    return this.options.bounds !== 'none';
  }

  /** Size that the linear memory starts with. */
  get memoryBytes(): number {
    return (this.module.memories[0]?.minimum ?? 0) * 65536;
  }

  get memoryGrows(): boolean {
    return this.options.memoryGrowth === 'hook' && this.module.memories.length > 0;
  }

  /** Whether an access of `bytes` at a constant offset has to be compared with the memory's size. */
  isChecked(offset: number, bytes: number): boolean {
    const { bounds, guardBytes = 2 ** 32 } = this.options;
    if (bounds !== 'guard') return bounds === 'checked';
    return this.module.memories[0]?.wide === true || offset + bytes > guardBytes;
  }

  /** Exports are entries of their own, which prepare what the functions rely on: the base register, room for tail calls and for results. */
  get hasEntries(): boolean {
    return this.options.memoryBase.kind === 'register' || this.incomingBytes > 0;
  }

  /** Number that equal signatures share; 0 is no signature. */
  signature(typeIndex: number): number {
    return this.#signatures[typeIndex] as number;
  }

  /** Symbol of a constant of 4, 8 or 16 bytes in read-only data, aligned to its size. */
  constant(bytes: Uint8Array): string {
    const key = bytes.toString();
    let pooled = this.#constants.get(key);
    if (pooled === undefined) {
      pooled = { symbol: `${this.options.name}:constant.${this.#constants.size}`, bytes };
      this.#constants.set(key, pooled);
    }
    return pooled.symbol;
  }

  get constants(): readonly PooledConstant[] {
    return [...this.#constants.values()];
  }

  /** Number of elements that a table starts with. */
  tableSize(table: number): number {
    return this.module.tables[table]?.minimum ?? 0;
  }

  tableAddresses(table: number): string {
    return `${this.options.name}:table.${table}.addresses`;
  }

  tableSignatures(table: number): string {
    return `${this.options.name}:table.${table}.signatures`;
  }

  get globalsSymbol(): string {
    return `${this.options.name}:globals.area`;
  }

  /** Offset of a global in the globals section. */
  globalOffset(index: number): number {
    return this.layout.globals[index] as number;
  }

  /** Symbol by which code outside of the module calls a function that was given to it as a value. */
  entrySymbol(index: number): string {
    const imported = this.module.functions[index]?.imported !== undefined;
    return this.hasEntries && !imported ? `${this.options.name}:entry.${index}` : (this.symbols[index] as string);
  }

  /** Symbol of the descriptor that stands for a function as a value: address, signature, address for the outside; 8 bytes each. */
  reference(index: number): string {
    this.#references.add(index);
    return `${this.options.name}:reference.${index}`;
  }

  get references(): ReadonlySet<number> {
    return this.#references;
  }

  /** Symbol of a routine of the module that `write` makes once. */
  routine(name: string, write: RoutineWriter): string {
    const symbol = `${this.options.name}:${name}`;
    this.#routines.set(symbol, write);
    return symbol;
  }

  get routines(): ReadonlyMap<string, RoutineWriter> {
    return this.#routines;
  }

  /** Symbol of the bytes of a passive data segment. */
  dataSymbol(index: number): string {
    return `${this.options.name}:data.${index}`;
  }

  /** Symbol of the elements of a passive element segment. */
  elementSymbol(index: number): string {
    return `${this.options.name}:element.${index}`;
  }

  has(feature: 'popcnt' | 'lzcnt' | 'bmi1' | 'bmi2'): boolean {
    return this.options.features?.includes(feature) ?? false;
  }
}
