/** Writes a WebAssembly module: functions over an imported memory and an imported table (core specification 5.5). */
import { name, typeCodes, unsignedLeb, vector } from './encoding.ts';
import type { FunctionBody } from './function-body.ts';
import type { ValueType } from './operators.ts';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** All imports come from the module `core`; the memory is `memory`, the table of functions `table`. */
export class ModuleBuilder {
  readonly #types: number[][] = [];
  readonly #imports: number[][] = [];
  readonly #functions: { readonly type: number; readonly exported: string; readonly body: FunctionBody }[] = [];

  type(signature: Signature): number {
    const encoded = [
      0x60,
      ...vector(signature.parameters.map((type) => [typeCodes[type]])),
      ...vector(signature.results.map((type) => [typeCodes[type]])),
    ];
    const known = this.#types.findIndex((type) => type.join() === encoded.join());
    return known >= 0 ? known : this.#types.push(encoded) - 1;
  }

  /** Imports come before functions. @returns the index to call. */
  import(field: string, signature: Signature): number {
    if (this.#functions.length > 0) throw new Error('Imports come before functions');
    return this.#imports.push([...name('core'), ...name(field), 0x00, ...unsignedLeb(this.type(signature))]) - 1;
  }

  /** @returns the index to call. */
  function(exported: string, signature: Signature, body: FunctionBody): number {
    this.#functions.push({ type: this.type(signature), exported, body });
    return this.#imports.length + this.#functions.length - 1;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const imports = [
      ...this.#imports,
      [...name('core'), ...name('memory'), 0x02, 0x00, ...unsignedLeb(1)],
      [...name('core'), ...name('table'), 0x01, 0x70, 0x00, ...unsignedLeb(1)],
    ];
    const first = this.#imports.length;
    const exports = this.#functions.map(({ exported }, index) => [
      ...name(exported),
      0x00,
      ...unsignedLeb(first + index),
    ]);
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vector(this.#types)),
      ...section(2, vector(imports)),
      ...section(3, vector(this.#functions.map(({ type }) => unsignedLeb(type)))),
      ...section(7, vector(exports)),
      ...section(10, vector(this.#functions.map(({ body }) => body.encode()))),
    ]);
  }
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsignedLeb(content.length), ...content];
}
