/** The handlers of the interpreter: made when a shape is first met, kept in a table of functions; equal code is one handler. */
import { FunctionBody } from '../wasm/function-body.ts';
import { ModuleBuilder } from '../wasm/module-builder.ts';
import { type HandlerOptions, handlerSignature, lowerHandler, lowerHandlers } from './handler.ts';
import { meaningOf } from './instructions/index.ts';
import type { Meaning } from './language.ts';
import { calledSignature } from './lowering.ts';
import { handlerKeyOf, type Shape } from './operand-shape.ts';
import { preparedHandlers, preparedModule } from './prepared-handlers.ts';
import * as record from './record.ts';
import { type SpecialHandler, specialHandlers } from './special-handlers.ts';

/** What the code of a core needs from around it: the memory, and the functions that it calls by name. */
export interface CodeEnvironment extends HandlerOptions {
  readonly memory: WebAssembly.Memory;
  /** Maximum of the memory in pages, where it is shared. */
  readonly sharedMaximum?: number | undefined;
  readonly functions: Readonly<Record<string, WebAssembly.ExportValue>>;
}

/**
 * How often two instructions must have been decoded one behind the other before they are to have a handler. Modules are dear and functions in them are
 * cheap, so pairs wait for each other: until there are so many, or until one has been met so much oftener.
 */
const PAIR_THRESHOLD = 64;
const PAIRS_AT_ONCE = 16;
const PAIR_PATIENCE = 8;

export class HandlerTable {
  readonly #environment: CodeEnvironment;
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  /** What all modules import. */
  readonly #imports: WebAssembly.Imports;
  /** Indexes into the table, by the shape's key. */
  readonly #indexes = new Map<string, number>();
  /** The same, by the shape itself: shapes of one form are one object. */
  readonly #byShape = new WeakMap<Shape, number>();
  /** The same, by the fingerprint of the code. */
  readonly #byCode = new Map<string, number>();
  /** By index: a shape that the handler is for. */
  readonly #shapes: Shape[] = [];
  /** By the indexes of first and second: the handler of both, or below zero how often they were met. */
  readonly #pairs: (Map<number, number> | undefined)[] = [];
  readonly #waiting: { readonly first: number; readonly second: number }[] = [];
  /** Indexes of functions that were given up. */
  readonly #free: number[] = [];
  /** Goes from record to record until one leaves. */
  readonly run: (record: number, core: number) => void;

  constructor(environment: CodeEnvironment) {
    this.#environment = environment;
    this.#imports = { core: { ...environment.functions, memory: environment.memory, table: this.#table } };
    const dispatcher = new ModuleBuilder(this.#shared);
    dispatcher.import('goOn', calledSignature('goOn'));
    dispatcher.function('run', { parameters: ['i32', 'i32'], results: [] }, dispatch(dispatcher));
    this.run = this.#instantiate(dispatcher)['run'] as HandlerTable['run'];
    if (arePrepared(environment)) this.#addPrepared();
    else this.#addAll(specialHandlers(environment));
    if (this.special('stale') !== record.STALE_HANDLER) throw new Error('The first handler is that of stale records');
  }

  get #shared(): { maximum: number } | undefined {
    const { sharedMaximum } = this.#environment;
    return sharedMaximum === undefined ? undefined : { maximum: sharedMaximum };
  }

  /** How many handlers were made here, beside those that were prepared. */
  get made(): number {
    return this.#byCode.size;
  }

  special(name: SpecialHandler): number {
    return this.#indexes.get(name) as number;
  }

  /** @throws Error when `prepare` has not seen the shape. */
  indexOf(shape: Shape): number {
    let index = this.#byShape.get(shape);
    if (index === undefined) {
      index = this.#indexes.get(handlerKeyOf(shape));
      if (index === undefined) throw new Error(`No handler was made for ${handlerKeyOf(shape)}`);
      this.#byShape.set(shape, index);
      this.#shapes[index] = shape;
    }
    return index;
  }

  /** Makes the handlers that are missing, in one module. */
  prepare(shapes: readonly Shape[]): void {
    const bodies = new Map<string, FunctionBody>();
    for (const shape of shapes) {
      if (this.#byShape.has(shape)) continue;
      const key = handlerKeyOf(shape);
      if (this.#indexes.has(key) || bodies.has(key)) continue;
      const meaning = meaningOf(shape);
      if (meaning === undefined) throw new Error(`No meaning for ${key}`);
      bodies.set(key, lowerHandler(meaning, shape, this.#environment));
    }
    if (bodies.size > 0) this.#addAll(bodies);
  }

  /**
   * The handler that carries out two instructions which follow each other, once they were met together often enough to be worth it; else 0.
   * The first one's form must say that it leads. Both are indexes that `indexOf` gave.
   */
  pairOf(first: number, second: number): number {
    const followers = (this.#pairs[first] ??= new Map<number, number>());
    const known = followers.get(second) ?? 0;
    if (known > 0) return known;
    // Below zero: how often the pair was met.
    const met = known - 1;
    followers.set(second, met);
    if (met === -PAIR_THRESHOLD) this.#waiting.push({ first, second });
    if (met === -PAIR_THRESHOLD - PAIR_PATIENCE || this.#waiting.length === PAIRS_AT_ONCE) this.#makePairs();
    return 0;
  }

  #makePairs(): void {
    const bodies = new Map<string, FunctionBody>();
    const keys = this.#waiting.map(({ first, second }) => {
      const shapes = [first, second].map((index) => this.#shapes[index] as Shape);
      const key = shapes.map(handlerKeyOf).join(' & ');
      const parts = shapes.map((shape) => ({ meaning: meaningOf(shape) as Meaning, shape }));
      bodies.set(key, lowerHandlers(parts, this.#environment));
      return key;
    });
    this.#addAll(bodies);
    for (const [position, { first, second }] of this.#waiting.entries()) {
      this.#pairs[first]?.set(second, this.#indexes.get(keys[position] as string) as number);
    }
    this.#waiting.length = 0;
  }

  #addPrepared(): void {
    const { functions, indexes } = preparedHandlers();
    const first = this.#table.grow(functions);
    if (first !== record.STALE_HANDLER) throw new Error('Prepared handlers are the first');
    this.#exportsOf(preparedModule(this.#environment.sharedMaximum));
    for (const [key, index] of indexes) this.#indexes.set(key, first + index);
  }

  #addAll(bodies: ReadonlyMap<string, FunctionBody>): void {
    const fingerprints = new Map(Array.from(bodies, ([key, body]) => [key, body.fingerprint]));
    const fresh = new Map<string, FunctionBody>();
    for (const [key, fingerprint] of fingerprints) {
      if (!this.#byCode.has(fingerprint)) fresh.set(fingerprint, bodies.get(key) as FunctionBody);
    }
    if (fresh.size > 0) this.#compile(fresh);
    for (const [key, fingerprint] of fingerprints) this.#indexes.set(key, this.#byCode.get(fingerprint) as number);
  }

  #compile(bodies: ReadonlyMap<string, FunctionBody>): void {
    const module = new ModuleBuilder(this.#shared);
    for (const body of bodies.values()) for (const name of body.calls) module.import(name, calledSignature(name));
    const fingerprints = [...bodies.keys()];
    for (const [position, fingerprint] of fingerprints.entries()) {
      module.function(String(position), handlerSignature, bodies.get(fingerprint) as FunctionBody);
    }
    const first = this.#table.grow(fingerprints.length);
    this.#instantiate(module, first);
    for (const [position, fingerprint] of fingerprints.entries()) this.#byCode.set(fingerprint, first + position);
  }

  #instantiate(module: ModuleBuilder, tableOffset?: number): WebAssembly.Exports {
    return this.#exportsOf(new WebAssembly.Module(module.encode(tableOffset)));
  }

  #exportsOf(module: WebAssembly.Module): WebAssembly.Exports {
    return new WebAssembly.Instance(module, this.#imports).exports;
  }

  /** Puts functions of a module, by their names, into the table. @returns their indexes there */
  install(module: WebAssembly.Module, names: readonly string[]): number[] {
    const exported = this.#exportsOf(module);
    return names.map((name) => {
      const index = this.#free.pop() ?? this.#table.grow(1);
      this.#table.set(index, exported[name]);
      return index;
    });
  }

  /** Gives up a function that `install` has put there. No record may lead to it any more. */
  free(index: number): void {
    this.#table.set(index, null);
    this.#free.push(index);
  }
}

/** Whether the prepared ones are what would be made here. */
function arePrepared({ ordered = false, hotAfter = record.TAKEN_PERIOD }: HandlerOptions): boolean {
  return !ordered && hotAfter === record.TAKEN_PERIOD;
}

/** Calls handlers until one returns 0, and `goOn` too. Faster than a tail call from handler to handler. */
function dispatch(module: ModuleBuilder): FunctionBody {
  const body = new FunctionBody(2);
  const loop = body.loop();
  body.get(0);
  body.get(1);
  body.get(0);
  body.load32(record.HANDLER);
  body.callIndirect(module.type(handlerSignature));
  body.tee(0);
  body.branchIf(loop);
  body.get(1);
  body.callNamed('goOn');
  body.tee(0);
  body.branchIf(loop);
  body.end();
  return body;
}
