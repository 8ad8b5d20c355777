/** What the compilation of one function needs to know about its module and the options. */
import type { Module, ValueType } from '../wasm/types.ts';
import { F32, F64, sameType, V128 } from '../wasm/types.ts';
import { parseSourceMap, positionAt, type SourceMap } from './source-map.ts';
import type { CompileWasmOptions } from './options.ts';

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
  readonly #constants = new Map<string, PooledConstant>();
  readonly #signatures: readonly number[];

  constructor(module: Module, options: CompileWasmOptions) {
    this.module = module;
    this.options = options;
    this.map = options.sourceMap === undefined ? undefined : parseSourceMap(options.sourceMap);
    const exported = new Map<number, string>();
    for (const { kind, index, name } of module.exports)
      if (kind === 'function' && !exported.has(index)) exported.set(index, name);
    this.symbols = module.functions.map(({ imported }, i) => {
      if (imported !== undefined) return `${imported.module}.${imported.field}`;
      const name = exported.get(i);
      return name === undefined ? `${options.name}:function.${i}` : `${options.name}.${name}`;
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

  /** Size of the linear memory; it does not grow. */
  get memoryBytes(): number {
    return (this.module.memories[0]?.minimum ?? 0) * 65536;
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

  /** Number of elements; tables do not grow. */
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

  /** Offset of a global in the globals section: 8 bytes each, vectors 16 and aligned to 16. */
  globalOffset(index: number): number {
    let offset = 0;
    for (let i = 0; i <= index; i++) {
      const size = this.module.globals[i]?.type === V128 ? 16 : 8;
      offset = (offset + size - 1) & -size;
      if (i === index) return offset;
      offset += size;
    }
    return offset;
  }

  has(feature: 'popcnt' | 'lzcnt' | 'bmi1' | 'bmi2'): boolean {
    return this.options.features?.includes(feature) ?? false;
  }
}

export function isFloat(type: ValueType | 0): boolean {
  return type === F32 || type === F64 || type === V128;
}
