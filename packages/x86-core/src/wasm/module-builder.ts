/** Writes a WebAssembly module: functions over an imported memory and an imported table (core specification 5.5). */
import { ByteWriter } from './byte-writer.ts';
import type { FunctionBody } from './function-body.ts';
import { typeCodes, type ValueType } from './operators.ts';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** All imports come from the module `core`; the memory is `memory`, the table of functions `table`. Functions are called by index or by name. */
export class ModuleBuilder {
  readonly #types: Signature[] = [];
  readonly #imports: { readonly field: string; readonly type: number }[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #shared: { readonly maximum: number } | undefined;
  readonly #functions: { readonly type: number; readonly exported: string; readonly body: FunctionBody }[] = [];
  readonly #indexOf = (called: string): number => {
    const index = this.#indexes.get(called);
    if (index === undefined) throw new Error(`The module has no function ${called}`);
    return index;
  };

  /** `shared`: the memory is shared, and has this maximum in pages. */
  constructor(shared?: { readonly maximum: number }) {
    this.#shared = shared;
  }

  type(signature: Signature): number {
    for (let index = 0; index < this.#types.length; index++) {
      if (isEqual(this.#types[index] as Signature, signature)) return index;
    }
    return this.#types.push(signature) - 1;
  }

  /** Imports a function, once. Imports come before functions. @returns the index to call. */
  import(field: string, signature: Signature): number {
    const known = this.#indexes.get(field);
    if (known !== undefined) return known;
    if (this.#functions.length > 0) throw new Error('Imports come before functions');
    const index = this.#imports.push({ field, type: this.type(signature) }) - 1;
    this.#indexes.set(field, index);
    return index;
  }

  /** @returns the index to call. */
  function(exported: string, signature: Signature, body: FunctionBody): number {
    const index = this.#imports.length + this.#functions.length;
    this.#functions.push({ type: this.type(signature), exported, body });
    this.#indexes.set(exported, index);
    return index;
  }

  /** @param tableOffset where in the table the functions go, in their order; undefined: they are exported instead */
  encode(tableOffset?: number): Uint8Array<ArrayBuffer> {
    // Room for the code with its locals and calls, so that the writers seldom grow.
    const room = this.#functions.reduce((sum, { body }) => sum + body.size + (body.size >> 3), 1024);
    const module = new ByteWriter(room);
    const content = new ByteWriter(room);
    const section = (id: number, count: number, write: () => void): void => {
      content.clear();
      content.unsigned(count);
      write();
      module.byte(id);
      module.unsigned(content.length);
      module.copy(content);
    };
    module.bytes(PREAMBLE);
    section(1, this.#types.length, () => this.#writeTypes(content));
    section(2, this.#imports.length + 2, () => this.#writeImports(content));
    section(3, this.#functions.length, () => {
      for (const { type } of this.#functions) content.unsigned(type);
    });
    if (tableOffset === undefined) section(7, this.#functions.length, () => this.#writeExports(content));
    else section(9, 1, () => this.#writeElements(content, tableOffset));
    const scratch = new ByteWriter(1024);
    const code = new ByteWriter(room);
    const unlikely = this.#functions.map(({ body }) => body.writeTo(code, scratch, this.#indexOf));
    if (unlikely.some(({ length }) => length > 0)) this.#writeHints(module, content, unlikely);
    section(10, this.#functions.length, () => content.copy(code));
    return module.written;
  }

  /** The custom section of the branch hinting proposal: which branches are seldom taken. Engines that do not know it skip it. */
  #writeHints(module: ByteWriter, content: ByteWriter, unlikely: readonly (readonly number[])[]): void {
    content.clear();
    content.name('metadata.code.branch_hint');
    content.unsigned(unlikely.filter(({ length }) => length > 0).length);
    for (const [index, offsets] of unlikely.entries()) {
      if (offsets.length === 0) continue;
      content.unsigned(this.#imports.length + index);
      content.unsigned(offsets.length);
      for (const offset of offsets) {
        content.unsigned(offset);
        content.bytes(UNLIKELY);
      }
    }
    module.byte(0);
    module.unsigned(content.length);
    module.copy(content);
  }

  #writeTypes(to: ByteWriter): void {
    for (const { parameters, results } of this.#types) {
      to.byte(0x60);
      for (const types of [parameters, results]) {
        to.unsigned(types.length);
        for (const type of types) to.byte(typeCodes[type]);
      }
    }
  }

  #writeImports(to: ByteWriter): void {
    for (const { field, type } of this.#imports) {
      to.name('core');
      to.name(field);
      to.byte(0x00);
      to.unsigned(type);
    }
    to.name('core');
    to.name('memory');
    to.byte(0x02);
    to.byte(this.#shared === undefined ? 0x00 : 0x03);
    to.unsigned(1);
    if (this.#shared !== undefined) to.unsigned(this.#shared.maximum);
    to.name('core');
    to.name('table');
    to.bytes([0x01, 0x70, 0x00]);
    to.unsigned(1);
  }

  #writeExports(to: ByteWriter): void {
    for (const [index, { exported }] of this.#functions.entries()) {
      to.name(exported);
      to.byte(0x00);
      to.unsigned(this.#imports.length + index);
    }
  }

  #writeElements(to: ByteWriter, tableOffset: number): void {
    to.byte(0x00);
    to.byte(0x41);
    to.signed32(tableOffset);
    to.byte(0x0b);
    to.unsigned(this.#functions.length);
    for (let index = 0; index < this.#functions.length; index++) to.unsigned(this.#imports.length + index);
  }
}

/** A hint of one byte: 0, not taken. */
const UNLIKELY = [1, 0];
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function isEqual(a: Signature, b: Signature): boolean {
  return a === b || (isSame(a.parameters, b.parameters) && isSame(a.results, b.results));
}

function isSame(a: readonly ValueType[], b: readonly ValueType[]): boolean {
  return a.length === b.length && a.every((type, position) => type === b[position]);
}
