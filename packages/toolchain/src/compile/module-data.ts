/** Everything of a module that is not code: globals, static data, tables, constants, jump tables. */
import type { Relocation, Section, SymbolDefinition } from '../object.ts';
import { WasmError } from '../wasm/error.ts';
import type { Global, Initializer } from '../wasm/types.ts';
import { V128 } from '../wasm/types.ts';
import { MEMORY_RECORD_BYTES } from './instance-layout.ts';
import type { ModuleContext } from './module-context.ts';
import { CompileError } from './options.ts';

const MAX_DATA_BYTES = 2 ** 27;
const MAX_TABLE_ELEMENTS = 2 ** 20;

/** A section that grows, with its symbols and relocations. `section` is its index in the object. */
export class SectionBuilder {
  readonly section: number;
  readonly symbols: SymbolDefinition[] = [];
  readonly relocations: Relocation[] = [];
  #bytes = new Uint8Array(256);
  #length = 0;

  constructor(section: number) {
    this.section = section;
  }

  get length(): number {
    return this.#length;
  }

  align(alignment: number): void {
    this.append(new Uint8Array(-this.#length & (alignment - 1)));
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  define(name: string, size: number, kind: 'object' | 'label', global: boolean, offset: number = this.#length): void {
    this.symbols.push({ name, section: this.section, offset, size, kind, global });
  }

  /** Eight bytes that hold the address of a symbol. */
  address(symbol: string, addend = 0): void {
    this.relocations.push({ section: this.section, offset: this.#length, kind: 'abs64', symbol, addend });
    this.append(new Uint8Array(8));
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** The bytes of an initial value, 4, 8 or 16 of them; undefined for functions, whose descriptor's address comes by relocation. */
function initialBytes(initial: Initializer, at: string): Uint8Array | undefined {
  if (initial.kind === 'bits') return initial.bytes;
  if (initial.kind === 'null') return new Uint8Array(8);
  if (initial.kind === 'function') return undefined;
  if (initial.kind === 'global')
    throw new CompileError('COMPILE_UNSUPPORTED', `${at} is initialised from an imported global`);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, initial.value, true);
  return bytes;
}

export function buildGlobals(context: ModuleContext, builder: SectionBuilder): void {
  const { module, options } = context;
  builder.define(context.globalsSymbol, 0, 'object', false, 0);
  const exported = new Map<number, string>();
  for (const { kind, index, name } of module.exports) if (kind === 'global') exported.set(index, name);
  module.globals.forEach((global: Global, i) => {
    if (global.imported !== undefined) return;
    const size = global.type === V128 ? 16 : 8;
    builder.align(size);
    const name = exported.get(i);
    if (name !== undefined && options.globals.kind === 'absolute')
      builder.define(`${options.name}.${name}`, size, 'object', true);
    const initial = global.initial as Initializer;
    // What is immutable is read from the import itself.
    const bytes =
      initial.kind === 'global' && !global.mutable ? new Uint8Array() : initialBytes(initial, `global ${i}`);
    if (bytes === undefined) builder.address(context.reference((initial as { index: number }).index));
    else {
      const padded = new Uint8Array(size);
      padded.set(bytes);
      builder.append(padded);
    }
  });
}

/** The rest of what an instance changes, behind its globals (instance-layout.ts). */
export function buildInstance(context: ModuleContext, builder: SectionBuilder): void {
  const { layout, module, options } = context;
  const number = (value: number): void => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
    builder.append(bytes);
  };
  if (layout.memory !== undefined) {
    if (options.globals.kind === 'absolute')
      builder.define(`${options.name}$memory`, MEMORY_RECORD_BYTES, 'object', true);
    number(options.memoryBase.kind === 'constant' ? options.memoryBase.address : 0);
    number(context.memoryBytes);
  }
  module.data.forEach(({ bytes }, i) => {
    if (layout.dataLengths[i] !== undefined) number(bytes.length);
  });
  module.elements.forEach(({ items }, i) => {
    if (layout.elementLengths[i] !== undefined) number(items.length);
  });
  module.tables.forEach((table, t) => {
    const place = layout.tables[t];
    if (place === undefined) return;
    for (const { kind, index, name } of options.globals.kind === 'absolute' ? module.exports : []) {
      if (kind === 'table' && index === t)
        builder.define(`${options.name}.${name}`, 8 + 8 * place.capacity, 'object', true);
    }
    number(table.minimum);
    for (const item of tableItems(context, t)) appendReference(context, builder, item);
    builder.append(new Uint8Array(8 * (place.capacity - table.minimum)));
  });
}

function appendReference(context: ModuleContext, builder: SectionBuilder, item: Initializer | undefined): void {
  if (item?.kind === 'function') builder.address(context.reference(item.index));
  else if (item === undefined || item.kind === 'null') builder.append(new Uint8Array(8));
  else throw new CompileError('COMPILE_UNSUPPORTED', 'element that is an imported global');
}

/** Where the active data segments go, in the order in which they are written. */
export function activeData(context: ModuleContext): { address: number; index: number; bytes: Uint8Array }[] {
  return context.module.data.flatMap(({ mode, offset, bytes }, index) => {
    if (mode !== 'active') return [];
    if (offset?.kind !== 'integer')
      throw new CompileError('COMPILE_UNSUPPORTED', `data segment ${index} does not start at a constant`);
    return [{ address: Number(BigInt.asUintN(64, offset.value)), index, bytes }];
  });
}

/** Static data: the active segments, laid out from the lowest address. */
export function buildData(context: ModuleContext): Omit<Section, 'name'> | undefined {
  const { options } = context;
  const segments = activeData(context);
  for (const { address, bytes, index } of segments) {
    if (address + bytes.length > context.memoryBytes) {
      throw new WasmError(
        'WASM_INVALID',
        bytes.byteOffset - context.module.bytes.byteOffset,
        `data segment ${index} at ${address} does not fit the memory of ${context.memoryBytes} bytes`,
      );
    }
  }
  const occupied = segments.filter(({ bytes }) => bytes.length > 0);
  if (occupied.length === 0) return undefined;
  const start = occupied.reduce((least, { address }) => Math.min(least, address), Number.POSITIVE_INFINITY);
  const end = occupied.reduce((most, { address, bytes }) => Math.max(most, address + bytes.length), 0);
  if (end - start > MAX_DATA_BYTES) {
    const text = `static data from ${start} to ${end}: more than ${MAX_DATA_BYTES} bytes in one section`;
    throw new CompileError('COMPILE_UNSUPPORTED', text);
  }
  const data = new Uint8Array(end - start);
  for (const { address, bytes } of occupied) data.set(bytes, address - start);
  const base = options.memoryBase.kind === 'constant' ? options.memoryBase.address : 0;
  const dataEnd = Math.max(end, options.dataEnd ?? context.memoryBytes);
  return { bytes: data, zeroBytes: dataEnd - end, alignment: 1, address: base + start };
}

/** What a table starts with, from the active segments; undefined is null. */
function tableItems(context: ModuleContext, table: number): (Initializer | undefined)[] {
  const { module } = context;
  const size = context.tableSize(table);
  const items = new Array<Initializer | undefined>(size).fill(undefined);
  for (const segment of module.elements) {
    if (segment.mode !== 'active' || segment.table !== table) continue;
    if (segment.offset?.kind !== 'integer')
      throw new CompileError('COMPILE_UNSUPPORTED', 'element segment that does not start at a constant');
    const start = Number(BigInt.asUintN(64, segment.offset.value));
    if (start + segment.items.length > size)
      throw new WasmError('WASM_INVALID', segment.at, `element segment does not fit its table of ${size} elements`);
    segment.items.forEach((item, i) => (items[start + i] = item));
  }
  return items;
}

/** Constant tables as two arrays: addresses, and numbers of the signatures, 0 where there is no function. */
export function buildTables(context: ModuleContext, builder: SectionBuilder): void {
  const { module, layout } = context;
  module.tables.forEach((table, t) => {
    if (table.imported !== undefined) {
      const { module: from, field } = table.imported;
      throw new CompileError('COMPILE_UNSUPPORTED', `imported table ${from}.${field}`);
    }
    if (context.tableSize(t) > MAX_TABLE_ELEMENTS)
      throw new CompileError('COMPILE_UNSUPPORTED', `table of more than ${MAX_TABLE_ELEMENTS} elements`);
    if (layout.tables[t] !== undefined) return;
    const functions = tableItems(context, t).map((item) => (item?.kind === 'function' ? item.index : -1));
    builder.align(8);
    builder.define(context.tableAddresses(t), 8 * functions.length, 'object', false);
    for (const index of functions) {
      if (index < 0) builder.append(new Uint8Array(8));
      else builder.address(context.symbols[index] as string);
    }
    builder.define(context.tableSignatures(t), 4 * functions.length, 'object', false);
    for (const index of functions) {
      const bytes = new Uint8Array(4);
      if (index >= 0)
        new DataView(bytes.buffer).setUint32(0, context.signature(module.functions[index]?.typeIndex as number), true);
      builder.append(bytes);
    }
  });
}

/** Passive segments, for the routines that read them. */
export function buildSegments(context: ModuleContext, builder: SectionBuilder): void {
  const { module, layout } = context;
  const copied = context.options.memoryBase.kind === 'register';
  module.data.forEach(({ mode, bytes }, i) => {
    if (mode === 'active' && !copied) return;
    builder.define(context.dataSymbol(i), bytes.length, 'object', false);
    builder.append(bytes);
  });
  module.elements.forEach(({ items }, i) => {
    if (layout.elementLengths[i] === undefined) return;
    builder.align(8);
    builder.define(context.elementSymbol(i), 8 * items.length, 'object', false);
    for (const item of items) appendReference(context, builder, item);
  });
}

/** Descriptors of the functions that are values somewhere: call after everything that may refer to them. */
export function buildReferences(context: ModuleContext, builder: SectionBuilder): void {
  for (const index of context.references) {
    builder.align(8);
    builder.define(context.reference(index), 24, 'object', false);
    builder.address(context.symbols[index] as string);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(
      0,
      context.signature(context.module.functions[index]?.typeIndex as number),
      true,
    );
    builder.append(bytes);
    builder.address(context.entrySymbol(index));
  }
}

export function buildConstants(context: ModuleContext, builder: SectionBuilder): void {
  const constants = [...context.constants].sort((a, b) => b.bytes.length - a.bytes.length);
  for (const { symbol, bytes } of constants) {
    builder.align(bytes.length);
    builder.define(symbol, bytes.length, 'object', false);
    builder.append(bytes);
  }
}
