/** The two stacks of validation: types of operands, and the constructs that are open (WebAssembly Core, "Validation Algorithm"). */
import type { ByteReader } from './reader.ts';
import { type FunctionType, type Module, typeName, type ValueType } from './types.ts';

const MAX_DEPTH = 20_000;
/** Every loop takes time for all loops around it. */
const MAX_LOOP_DEPTH = 1_000;

/** A type on the operand stack; 0 stands for the unknown type of unreachable code. */
export type StackType = ValueType | 0;

export interface ControlFrame {
  readonly code: number;
  readonly type: FunctionType;
  readonly height: number;
  unreachable: boolean;
}

export class ValidationStack {
  protected readonly module: Module;
  protected readonly reader: ByteReader;
  /** Offset of the instruction in hand. */
  protected at = 0;
  readonly #stack: StackType[] = [];
  readonly #control: ControlFrame[] = [];
  #loops = 0;

  constructor(module: Module, reader: ByteReader, results: readonly ValueType[]) {
    this.module = module;
    this.reader = reader;
    this.#control.push({ code: 0x02, type: { parameters: [], results }, height: 0, unreachable: false });
  }

  /** True when the last `end` has been seen. */
  get finished(): boolean {
    return this.#control.length === 0;
  }

  protected invalid(reason: string): Error {
    return this.reader.refuse('WASM_INVALID', reason, this.at);
  }

  protected push(type: StackType): void {
    this.#stack.push(type);
  }

  protected pop(expected: StackType = 0): StackType {
    const frame = this.#control[this.#control.length - 1] as ControlFrame;
    if (this.#stack.length === frame.height) {
      if (frame.unreachable) return expected;
      throw this.invalid(expected === 0 ? 'operand missing' : `operand missing: ${typeName(expected)} expected`);
    }
    const actual = this.#stack.pop() as StackType;
    if (actual !== expected && actual !== 0 && expected !== 0) {
      throw this.invalid(`type mismatch: ${typeName(expected)} expected, ${typeName(actual)} found`);
    }
    return actual === 0 ? expected : actual;
  }

  protected popAll(types: readonly ValueType[]): void {
    for (let i = types.length - 1; i >= 0; i--) this.pop(types[i]);
  }

  protected pushAll(types: readonly ValueType[]): void {
    for (const type of types) this.push(type);
  }

  protected enter(code: number, type: FunctionType): void {
    if (this.#control.length >= MAX_DEPTH) {
      throw this.reader.refuse('WASM_TOO_LARGE', `blocks nested deeper than ${MAX_DEPTH}`, this.at);
    }
    if (code === 0x03 && ++this.#loops > MAX_LOOP_DEPTH) {
      throw this.reader.refuse('WASM_TOO_LARGE', `loops nested deeper than ${MAX_LOOP_DEPTH}`, this.at);
    }
    this.#control.push({ code, type, height: this.#stack.length, unreachable: false });
    this.pushAll(type.parameters);
  }

  protected leave(): ControlFrame {
    const frame = this.#control.at(-1);
    if (frame === undefined) throw this.invalid('end without a block');
    this.popAll(frame.type.results);
    if (this.#stack.length !== frame.height) throw this.invalid('values left on the stack at the end of a block');
    this.#control.pop();
    if (frame.code === 0x03) this.#loops--;
    return frame;
  }

  protected unreachable(): void {
    const frame = this.#control.at(-1) as ControlFrame;
    this.#stack.length = frame.height;
    frame.unreachable = true;
  }

  /** Types that a branch to the label takes along. */
  protected label(depth: number): readonly ValueType[] {
    const frame = this.#control[this.#control.length - 1 - depth];
    if (frame === undefined) throw this.invalid(`unknown label ${depth}`);
    return frame.code === 0x03 ? frame.type.parameters : frame.type.results;
  }
}
