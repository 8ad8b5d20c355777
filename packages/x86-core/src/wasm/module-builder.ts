/** Writes a WebAssembly module: functions over an imported memory and an imported table (core specification 5.5). */
import { name, signedLeb, typeCodes, unsignedLeb, vector } from './encoding.ts';
import type { EncodedBody, FunctionBody } from './function-body.ts';
import type { ValueType } from './operators.ts';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** All imports come from the module `core`; the memory is `memory`, the table of functions `table`. Functions are called by index or by name. */
export class ModuleBuilder {
  readonly #types: number[][] = [];
  readonly #imports: number[][] = [];
  readonly #indexes = new Map<string, number>();
  readonly #shared: { readonly maximum: number } | undefined;
  readonly #functions: { readonly type: number; readonly exported: string; readonly body: FunctionBody }[] = [];

  /** `shared`: the memory is shared, and has this maximum in pages. */
  constructor(shared?: { readonly maximum: number }) {
    this.#shared = shared;
  }

  type(signature: Signature): number {
    const encoded = [
      0x60,
      ...vector(signature.parameters.map((type) => [typeCodes[type]])),
      ...vector(signature.results.map((type) => [typeCodes[type]])),
    ];
    const known = this.#types.findIndex((type) => type.join() === encoded.join());
    return known >= 0 ? known : this.#types.push(encoded) - 1;
  }

  /** Imports a function, once. Imports come before functions. @returns the index to call. */
  import(field: string, signature: Signature): number {
    const known = this.#indexes.get(field);
    if (known !== undefined) return known;
    if (this.#functions.length > 0) throw new Error('Imports come before functions');
    const index = this.#imports.push([...name('core'), ...name(field), 0x00, ...unsignedLeb(this.type(signature))]) - 1;
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

  #indexOf(called: string): number {
    const index = this.#indexes.get(called);
    if (index === undefined) throw new Error(`The module has no function ${called}`);
    return index;
  }

  /** @param tableOffset where in the table the functions go, in their order; undefined: they are exported instead */
  encode(tableOffset?: number): Uint8Array<ArrayBuffer> {
    const limits = this.#shared === undefined ? [0x00, 1] : [0x03, 1, ...unsignedLeb(this.#shared.maximum)];
    const imports = [
      ...this.#imports,
      [...name('core'), ...name('memory'), 0x02, ...limits],
      [...name('core'), ...name('table'), 0x01, 0x70, 0x00, ...unsignedLeb(1)],
    ];
    const first = this.#imports.length;
    const indexes = this.#functions.map((_, index) => unsignedLeb(first + index));
    const exports = this.#functions.map(({ exported }, index) => [
      ...name(exported),
      0x00,
      ...(indexes[index] as number[]),
    ]);
    const bodies = this.#functions.map(({ body }) => body.encode((called) => this.#indexOf(called)));
    const types = this.#functions.map(({ type }) => unsignedLeb(type));
    const sections = [
      section(1, this.#types),
      section(2, imports),
      section(3, types),
      tableOffset === undefined
        ? section(7, exports)
        : section(9, [[0x00, 0x41, ...signedLeb(tableOffset), 0x0b, ...vector(indexes)]]),
      ...hints(first, bodies),
      section(
        10,
        bodies.map(({ code }) => code),
      ),
    ];
    const bytes = new Uint8Array(8 + sections.reduce((sum, { length }) => sum + length, 0));
    bytes.set([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    let at = 8;
    for (const each of sections) {
      bytes.set(each, at);
      at += each.length;
    }
    return bytes;
  }
}

/** The custom section of the branch hinting proposal: which branches are seldom taken. Engines that do not know it skip it. */
function hints(first: number, bodies: readonly EncodedBody[]): Uint8Array[] {
  const functions = bodies.flatMap(({ unlikely }, index) =>
    unlikely.length === 0
      ? []
      : [[...unsignedLeb(first + index), ...vector(unlikely.map((offset) => [...unsignedLeb(offset), 1, 0]))]],
  );
  if (functions.length === 0) return [];
  const content = [...name('metadata.code.branch_hint'), ...vector(functions)];
  return [Uint8Array.from([0, ...unsignedLeb(content.length), ...content])];
}

/** A section that is a vector of items. */
function section(id: number, items: readonly (readonly number[])[]): Uint8Array {
  const count = unsignedLeb(items.length);
  const content = items.reduce((sum, { length }) => sum + length, count.length);
  const head = [id, ...unsignedLeb(content), ...count];
  const bytes = new Uint8Array(head.length + content - count.length);
  bytes.set(head);
  let at = head.length;
  for (const item of items) {
    bytes.set(item, at);
    at += item.length;
  }
  return bytes;
}
