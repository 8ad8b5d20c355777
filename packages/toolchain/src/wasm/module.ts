/** Decodes the sections of a module (WebAssembly Core 5.5) and checks what lies outside function bodies (Core 3.4). */
import { readInitializer } from './initializer.ts';
import { ByteReader } from './reader.ts';
import {
  type DataSegment,
  type ElementSegment,
  EXTERNREF,
  type Export,
  FUNCREF,
  type Function,
  type FunctionType,
  type Global,
  type GlobalType,
  I32,
  I64,
  type ImportName,
  type Initializer,
  type Limits,
  type Memory,
  type MemoryType,
  type Module,
  type Table,
  type TableType,
  V128,
  type ValueType,
} from './types.ts';

/** Limits that engines share (WebAssembly JavaScript Interface, "Implementation-defined limits"). */
const MAX_COUNT = 1_000_000;
const MAX_PARAMETERS = 1000;

const EXPORT_KINDS = ['function', 'table', 'memory', 'global'] as const;

export function readValueType(reader: ByteReader): ValueType {
  const at = reader.offset;
  const byte = reader.byte();
  if (byte >= V128 && byte <= I32) return byte as ValueType;
  if (byte === FUNCREF || byte === EXTERNREF) return byte;
  throw reader.malformed(`unknown value type 0x${byte.toString(16)}`, at);
}

/**
 * @throws WasmError with the byte offset and the reason when the module is malformed, invalid, or uses what is not supported.
 * Function bodies are not looked at: see `validateFunction`.
 */
export function decodeModule(bytes: Uint8Array): Module {
  return new ModuleDecoder(bytes).decode();
}

class ModuleDecoder {
  readonly #reader: ByteReader;
  readonly #types: FunctionType[] = [];
  readonly #functions: Function[] = [];
  readonly #tables: Table[] = [];
  readonly #memories: Memory[] = [];
  readonly #globals: Global[] = [];
  readonly #exports: Export[] = [];
  readonly #elements: ElementSegment[] = [];
  readonly #data: DataSegment[] = [];
  readonly #declaredFunctions = new Set<number>();
  readonly #functionNames = new Map<number, string>();
  #imports = 0;
  #bodies = 0;
  #start: number | undefined;
  #dataCount: number | undefined;

  constructor(bytes: Uint8Array) {
    this.#reader = new ByteReader(bytes);
  }

  decode(): Module {
    const reader = this.#reader;
    const magic = reader.bytes.length >= 4 ? reader.u32le() : 0;
    if (magic !== 0x6d736100) throw reader.malformed('magic number "\\0asm" missing', 0);
    const version = reader.u32le();
    if (version !== 1) throw reader.malformed(`unknown binary version ${version}`, 4);
    let order = 0;
    while (!reader.atEnd) {
      const at = reader.offset;
      const id = reader.byte();
      const size = reader.u32();
      if (size > reader.end - reader.offset) throw reader.malformed('section is longer than the module', at);
      const section = new ByteReader(reader.bytes, reader.offset, reader.offset + size);
      reader.offset += size;
      if (id === 0) {
        this.#custom(section);
        continue;
      }
      // The data count section (12) stands between element (9) and code (10).
      const place = id === 12 ? 9.5 : id;
      if (place <= order) throw reader.malformed(`section ${id} is out of order or repeated`, at);
      order = place;
      this.#section(id, section, at);
      if (!section.atEnd) throw section.malformed(`section ${id} is longer than its contents`);
    }
    if (this.#bodies !== this.#functions.length - this.#imports) {
      throw reader.malformed('function and code sections have different lengths');
    }
    if (this.#dataCount !== undefined && this.#dataCount !== this.#data.length) {
      throw reader.malformed('data count and data sections disagree');
    }
    this.#checkMemories();
    return {
      bytes: reader.bytes,
      types: this.#types,
      functions: this.#functions,
      tables: this.#tables,
      memories: this.#memories,
      globals: this.#globals,
      exports: this.#exports,
      elements: this.#elements,
      data: this.#data,
      start: this.#start,
      dataCount: this.#dataCount,
      declaredFunctions: this.#declaredFunctions,
      functionNames: this.#functionNames,
    };
  }

  #section(id: number, reader: ByteReader, at: number): void {
    switch (id) {
      case 1:
        return this.#list(reader, () => this.#type(reader));
      case 2:
        this.#list(reader, () => this.#import(reader));
        this.#imports = this.#functions.length;
        return;
      case 3:
        return this.#list(reader, () => this.#functions.push(this.#functionOfType(reader, undefined)));
      case 4:
        return this.#list(reader, () => this.#tables.push({ ...this.#tableType(reader), imported: undefined }));
      case 5:
        return this.#list(reader, () => this.#memories.push({ ...this.#memoryType(reader), imported: undefined }));
      case 6:
        return this.#list(reader, () => this.#global(reader));
      case 7:
        return this.#list(reader, () => this.#export(reader));
      case 8:
        this.#start = this.#index(reader, this.#functions.length, 'function');
        {
          const type = (this.#functions[this.#start] as Function).type;
          if (type.parameters.length + type.results.length > 0)
            throw reader.refuse('WASM_INVALID', 'start function has a signature');
        }
        return;
      case 9:
        return this.#list(reader, () => this.#element(reader));
      case 10:
        return this.#list(reader, () => this.#code(reader));
      case 11:
        return this.#list(reader, () => this.#dataSegment(reader));
      case 12:
        this.#dataCount = reader.u32();
        return;
      default:
        throw reader.malformed(`unknown section ${id}`, at);
    }
  }

  #list(reader: ByteReader, item: () => unknown): void {
    const count = reader.u32();
    if (count > MAX_COUNT) throw reader.refuse('WASM_TOO_LARGE', `a section with ${count} entries`);
    for (let i = 0; i < count; i++) item();
  }

  #index(reader: ByteReader, count: number, what: string): number {
    const at = reader.offset;
    const index = reader.u32();
    if (index >= count) throw reader.refuse('WASM_INVALID', `unknown ${what} ${index}`, at);
    return index;
  }

  #type(reader: ByteReader): void {
    const at = reader.offset;
    const form = reader.byte();
    if (form !== 0x60) throw reader.malformed(`type form 0x${form.toString(16)} is not a function type`, at);
    const valueTypes = (): ValueType[] => {
      const count = reader.u32();
      if (count > MAX_PARAMETERS) throw reader.refuse('WASM_TOO_LARGE', `a function type with ${count} values`);
      return Array.from({ length: count }, () => readValueType(reader));
    };
    this.#types.push({ parameters: valueTypes(), results: valueTypes() });
  }

  #functionOfType(reader: ByteReader, imported: ImportName | undefined): Function {
    const typeIndex = this.#index(reader, this.#types.length, 'type');
    return { type: this.#types[typeIndex] as FunctionType, typeIndex, imported, start: 0, end: 0 };
  }

  #import(reader: ByteReader): void {
    const imported = { module: reader.name(), field: reader.name() };
    const at = reader.offset;
    const kind = reader.byte();
    if (kind === 0) this.#functions.push(this.#functionOfType(reader, imported));
    else if (kind === 1) this.#tables.push({ ...this.#tableType(reader), imported });
    else if (kind === 2) this.#memories.push({ ...this.#memoryType(reader), imported });
    else if (kind === 3) this.#globals.push({ ...this.#globalType(reader), imported, initial: undefined });
    else throw reader.malformed(`unknown import kind ${kind}`, at);
  }

  #limits(reader: ByteReader, flags: number, cap: number, what: string): Limits {
    const at = reader.offset;
    const read = (): number => (flags & 4 ? Number(reader.u64()) : reader.u32());
    const minimum = read();
    const maximum = flags & 1 ? read() : undefined;
    if (minimum > cap || (maximum ?? 0) > cap)
      throw reader.refuse('WASM_INVALID', `${what} size is over the limit of ${cap}`, at);
    if (maximum !== undefined && maximum < minimum)
      throw reader.refuse('WASM_INVALID', `${what} maximum is below its minimum`, at);
    return { minimum, maximum };
  }

  #tableType(reader: ByteReader): TableType {
    const at = reader.offset;
    const element = readValueType(reader);
    if (element !== FUNCREF && element !== EXTERNREF) throw reader.malformed('table of a non-reference type', at);
    const flags = reader.byte();
    const wide = (flags & 4) !== 0;
    if (flags > 1 && flags !== 4 && flags !== 5) throw reader.malformed(`table limits flag ${flags}`, at);
    return { element, wide, ...this.#limits(reader, flags, wide ? 2 ** 64 : 0xffffffff, 'table') };
  }

  #memoryType(reader: ByteReader): MemoryType {
    const at = reader.offset;
    const flags = reader.byte();
    if (flags > 7) throw reader.malformed(`memory limits flag ${flags}`, at);
    const wide = (flags & 4) !== 0;
    const limits = this.#limits(reader, flags, wide ? 2 ** 48 : 65536, 'memory');
    if (flags & 2 && limits.maximum === undefined)
      throw reader.refuse('WASM_INVALID', 'shared memory needs a maximum', at);
    return { ...limits, shared: (flags & 2) !== 0, wide };
  }

  #globalType(reader: ByteReader): GlobalType {
    const type = readValueType(reader);
    const at = reader.offset;
    const mutable = reader.byte();
    if (mutable > 1) throw reader.malformed(`mutability ${mutable}`, at);
    return { type, mutable: mutable === 1 };
  }

  #initializer(reader: ByteReader, type: ValueType): Initializer {
    const initializer = readInitializer(reader, type, this.#globals, this.#functions.length);
    if (initializer.kind === 'function') this.#declaredFunctions.add(initializer.index);
    return initializer;
  }

  #global(reader: ByteReader): void {
    const type = this.#globalType(reader);
    this.#globals.push({ ...type, imported: undefined, initial: this.#initializer(reader, type.type) });
  }

  #export(reader: ByteReader): void {
    const at = reader.offset;
    const name = reader.name();
    if (this.#exports.some((other) => other.name === name))
      throw reader.refuse('WASM_INVALID', `duplicate export "${name}"`, at);
    const kind = EXPORT_KINDS[reader.byte()];
    if (kind === undefined) throw reader.malformed('unknown export kind', at);
    const counts = {
      function: this.#functions.length,
      table: this.#tables.length,
      memory: this.#memories.length,
      global: this.#globals.length,
    };
    const index = this.#index(reader, counts[kind], kind);
    if (kind === 'function') this.#declaredFunctions.add(index);
    this.#exports.push({ name, kind, index });
  }

  #element(reader: ByteReader): void {
    const at = reader.offset;
    const flags = reader.u32();
    if (flags > 7) throw reader.malformed(`element segment flag ${flags}`, at);
    const mode = (flags & 1) === 0 ? 'active' : (flags & 2) === 0 ? 'passive' : 'declarative';
    const table = mode === 'active' && flags & 2 ? reader.u32() : 0;
    let offset: Initializer | undefined;
    if (mode === 'active') {
      if (table >= this.#tables.length) throw reader.refuse('WASM_INVALID', `unknown table ${table}`, at);
      offset = this.#initializer(reader, this.#tables[table]?.wide === true ? I64 : I32);
    }
    let type: ValueType = FUNCREF;
    if (flags & 3) {
      if (flags & 4) type = readValueType(reader);
      else if (reader.byte() !== 0) throw reader.malformed('element kind is not function', at);
    }
    if (mode === 'active' && (this.#tables[table] as Table).element !== type) {
      throw reader.refuse('WASM_INVALID', 'element segment and table have different types', at);
    }
    const items: Initializer[] = [];
    this.#list(reader, () => {
      if (flags & 4) return items.push(this.#initializer(reader, type));
      const index = this.#index(reader, this.#functions.length, 'function');
      this.#declaredFunctions.add(index);
      return items.push({ kind: 'function', index });
    });
    this.#elements.push({ at, mode, table, type, offset, items });
  }

  #code(reader: ByteReader): void {
    const size = reader.u32();
    const start = reader.offset;
    const index = this.#imports + this.#bodies++;
    const declared = this.#functions[index];
    if (declared === undefined) throw reader.malformed('more bodies than functions', start);
    reader.take(size);
    this.#functions[index] = { ...declared, start, end: reader.offset };
  }

  #dataSegment(reader: ByteReader): void {
    const at = reader.offset;
    const flags = reader.u32();
    if (flags > 2) throw reader.malformed(`data segment flag ${flags}`, at);
    const memory = flags === 2 ? reader.u32() : 0;
    let offset: Initializer | undefined;
    if (flags !== 1) {
      const target = this.#memories[memory];
      if (target === undefined) throw reader.refuse('WASM_INVALID', `unknown memory ${memory}`, at);
      offset = this.#initializer(reader, target.wide ? I64 : I32);
    }
    const bytes = reader.take(reader.u32());
    this.#data.push({ mode: flags === 1 ? 'passive' : 'active', memory, offset, bytes });
  }

  #custom(reader: ByteReader): void {
    if (reader.name() !== 'name') return;
    while (!reader.atEnd) {
      const id = reader.byte();
      const size = reader.u32();
      const end = reader.offset + size;
      if (id === 1) {
        const count = reader.u32();
        for (let i = 0; i < count; i++) this.#functionNames.set(reader.u32(), reader.name());
      }
      reader.offset = end;
    }
  }

  #checkMemories(): void {
    if (this.#memories.length > 1) throw this.#reader.refuse('WASM_UNSUPPORTED', 'more than one memory');
  }
}
