/** Checks function bodies as the algorithm in the appendix of the specification does (WebAssembly Core, "Validation Algorithm"). */
import type { Instruction } from './instruction.ts';
import type { Operator } from './operators.ts';
import { readValueType } from './module.ts';
import { ByteReader } from './reader.ts';
import {
  F32,
  F64,
  FUNCREF,
  EXTERNREF,
  type Function,
  type FunctionType,
  I32,
  I64,
  type Module,
  sameType,
  typeName,
  V128,
  type ValueType,
} from './types.ts';

const MAX_LOCALS = 50_000;
const MAX_DEPTH = 20_000;

/** A type on the operand stack; 0 stands for the unknown type of unreachable code. */
type StackType = ValueType | 0;

interface ControlFrame {
  readonly code: number;
  readonly type: FunctionType;
  readonly height: number;
  unreachable: boolean;
}

const letters: Readonly<Record<string, ValueType>> = { i: I32, l: I64, f: F32, d: F64, v: V128 };

/** Reads the declarations at the start of a code entry: the types of all locals, parameters first. */
export function readLocals(reader: ByteReader, type: FunctionType): ValueType[] {
  const locals = [...type.parameters];
  const groups = reader.u32();
  for (let i = 0; i < groups; i++) {
    const at = reader.offset;
    const count = reader.u32();
    if (count > MAX_LOCALS - locals.length) {
      throw reader.refuse('WASM_TOO_LARGE', `function with more than ${MAX_LOCALS} locals`, at);
    }
    const local = readValueType(reader);
    for (let j = 0; j < count; j++) locals.push(local);
  }
  return locals;
}

/** Checks one body: give it every instruction in turn, then call `finish`. */
export class FunctionValidator {
  readonly #module: Module;
  readonly #locals: readonly ValueType[];
  readonly #results: readonly ValueType[];
  readonly #stack: StackType[] = [];
  readonly #control: ControlFrame[] = [];
  readonly #reader: ByteReader;
  readonly #addressType: ValueType;
  #at = 0;

  constructor(module: Module, definition: Function, locals: readonly ValueType[]) {
    this.#module = module;
    this.#locals = locals;
    this.#results = definition.type.results;
    this.#reader = new ByteReader(module.bytes, definition.start, definition.end);
    this.#addressType = module.memories[0]?.wide ? I64 : I32;
    this.#control.push({
      code: 0x02,
      type: { parameters: [], results: definition.type.results },
      height: 0,
      unreachable: false,
    });
  }

  /** True when the last `end` has been seen. */
  get finished(): boolean {
    return this.#control.length === 0;
  }

  /** Type on top of the stack, for operators whose meaning depends on it (untyped select, drop). 0: unknown. */
  get top(): ValueType | 0 {
    const frame = this.#control.at(-1) as ControlFrame;
    return this.#stack.length > frame.height ? (this.#stack.at(-1) as StackType) : 0;
  }

  #invalid(reason: string): Error {
    return this.#reader.refuse('WASM_INVALID', reason, this.#at);
  }

  #push(type: StackType): void {
    this.#stack.push(type);
  }

  #pop(expected: StackType = 0): StackType {
    const frame = this.#control[this.#control.length - 1] as ControlFrame;
    if (this.#stack.length === frame.height) {
      if (frame.unreachable) return expected;
      throw this.#invalid(expected === 0 ? 'operand missing' : `operand missing: ${typeName(expected)} expected`);
    }
    const actual = this.#stack.pop() as StackType;
    if (actual !== expected && actual !== 0 && expected !== 0) {
      throw this.#invalid(`type mismatch: ${typeName(expected)} expected, ${typeName(actual)} found`);
    }
    return actual === 0 ? expected : actual;
  }

  #popAll(types: readonly ValueType[]): void {
    for (let i = types.length - 1; i >= 0; i--) this.#pop(types[i]);
  }

  #pushAll(types: readonly ValueType[]): void {
    for (const type of types) this.#push(type);
  }

  #enter(code: number, type: FunctionType): void {
    if (this.#control.length >= MAX_DEPTH) {
      throw this.#reader.refuse('WASM_TOO_LARGE', `blocks nested deeper than ${MAX_DEPTH}`, this.#at);
    }
    this.#control.push({ code, type, height: this.#stack.length, unreachable: false });
    this.#pushAll(type.parameters);
  }

  #leave(): ControlFrame {
    const frame = this.#control.at(-1);
    if (frame === undefined) throw this.#invalid('end without a block');
    this.#popAll(frame.type.results);
    if (this.#stack.length !== frame.height) throw this.#invalid('values left on the stack at the end of a block');
    this.#control.pop();
    return frame;
  }

  #unreachable(): void {
    const frame = this.#control.at(-1) as ControlFrame;
    this.#stack.length = frame.height;
    frame.unreachable = true;
  }

  #label(depth: number): readonly ValueType[] {
    const frame = this.#control[this.#control.length - 1 - depth];
    if (frame === undefined) throw this.#invalid(`unknown label ${depth}`);
    return frame.code === 0x03 ? frame.type.parameters : frame.type.results;
  }

  /** @throws WasmError when `instruction` is not valid here. */
  check(instruction: Instruction): void {
    this.#at = instruction.offset;
    if (this.#control.length === 0)
      throw this.#reader.malformed('instructions behind the end of the function', this.#at);
    const operator = instruction.operator;
    if (operator.accessBytes > 0) this.#memoryAccess(instruction);
    if (operator.lanes > 0 && instruction.index >= operator.lanes) throw this.#invalid(`lane ${instruction.index}`);
    if (operator.popped !== undefined) {
      this.#entities(instruction);
      this.#signature(operator);
    } else this.#special(instruction);
  }

  #signature(operator: Operator): void {
    const popped = operator.popped as string;
    const pushed = operator.pushed as string;
    for (let i = popped.length - 1; i >= 0; i--) this.#pop(this.#typeOf(popped[i] as string));
    for (let i = 0; i < pushed.length; i++) this.#push(this.#typeOf(pushed[i] as string));
  }

  #typeOf(letter: string): ValueType {
    return letter === 'a' ? this.#addressType : (letters[letter] as ValueType);
  }

  #memoryAccess(instruction: Instruction): void {
    this.#memory();
    const bytes = instruction.operator.accessBytes;
    const alignment = 2 ** instruction.alignment;
    const atomic = instruction.operator.code >>> 8 === 0xfe;
    if (alignment > bytes) throw this.#invalid(`alignment ${alignment} is larger than the access`);
    if (atomic && alignment !== bytes) throw this.#invalid('atomic access needs its natural alignment');
  }

  #memory(): void {
    if (this.#module.memories.length === 0) throw this.#invalid('unknown memory 0');
  }

  #entities(instruction: Instruction): void {
    switch (instruction.operator.immediate) {
      case 'memory-index':
      case 'memory-memory':
        this.#memory();
        if (instruction.index !== 0 || (instruction.operator.code === 0xfc0a && instruction.index2 !== 0)) {
          throw this.#invalid('unknown memory');
        }
        return;
      case 'data-memory':
        this.#memory();
        this.#dataSegment(instruction.index);
        return;
      case 'data':
        this.#dataSegment(instruction.index);
        return;
      case 'lanes16':
        if (instruction.bytes.some((lane) => lane >= 32)) throw this.#invalid('shuffle lane over 31');
        return;
      case 'element-table':
        this.#table(instruction.index2);
        this.#element(instruction.index);
        return;
      case 'element':
        this.#element(instruction.index);
        return;
      case 'table-table':
        if (this.#table(instruction.index) !== this.#table(instruction.index2))
          throw this.#invalid('tables differ in type');
        return;
      case 'table':
        this.#table(instruction.index);
        return;
      default:
        return;
    }
  }

  #dataSegment(index: number): void {
    const count = this.#module.dataCount;
    if (count === undefined) throw this.#invalid('data count section required');
    if (index >= count) throw this.#invalid(`unknown data segment ${index}`);
  }

  #element(index: number): void {
    if (index >= this.#module.elements.length) throw this.#invalid(`unknown element segment ${index}`);
  }

  #table(index: number): ValueType {
    const table = this.#module.tables[index];
    if (table === undefined) throw this.#invalid(`unknown table ${index}`);
    return table.element;
  }

  #local(index: number): ValueType {
    const type = this.#locals[index];
    if (type === undefined) throw this.#invalid(`unknown local ${index}`);
    return type;
  }

  #function(index: number): FunctionType {
    const definition = this.#module.functions[index];
    if (definition === undefined) throw this.#invalid(`unknown function ${index}`);
    return definition.type;
  }

  #indirect(instruction: Instruction): FunctionType {
    if (this.#table(instruction.index2) !== FUNCREF) throw this.#invalid('indirect call through a table of externref');
    const type = this.#module.types[instruction.index];
    if (type === undefined) throw this.#invalid(`unknown type ${instruction.index}`);
    this.#pop(I32);
    return type;
  }

  #tailCall(type: FunctionType): void {
    if (!sameType({ parameters: [], results: type.results }, { parameters: [], results: this.#results })) {
      throw this.#invalid('tail call of a function with other results');
    }
    this.#popAll(type.parameters);
    this.#unreachable();
  }

  #special(instruction: Instruction): void {
    const code = instruction.operator.code;
    switch (code) {
      case 0x00:
        return this.#unreachable();
      case 0x02:
      case 0x03:
      case 0x04:
        if (code === 0x04) this.#pop(I32);
        this.#popAll(instruction.blockType.parameters);
        return this.#enter(code, instruction.blockType);
      case 0x05: {
        const frame = this.#leave();
        if (frame.code !== 0x04) throw this.#invalid('else without if');
        return this.#enter(0x05, frame.type);
      }
      case 0x0b: {
        const frame = this.#leave();
        if (frame.code === 0x04 && !sameLists(frame.type.parameters, frame.type.results)) {
          throw this.#invalid('if without else changes the stack');
        }
        return this.#pushAll(frame.type.results);
      }
      case 0x0c:
        this.#popAll(this.#label(instruction.index));
        return this.#unreachable();
      case 0x0d: {
        this.#pop(I32);
        const types = this.#label(instruction.index);
        this.#popAll(types);
        return this.#pushAll(types);
      }
      case 0x0e:
        return this.#branchTable(instruction);
      case 0x0f:
        this.#popAll(this.#results);
        return this.#unreachable();
      case 0x10: {
        const type = this.#function(instruction.index);
        this.#popAll(type.parameters);
        return this.#pushAll(type.results);
      }
      case 0x11: {
        const type = this.#indirect(instruction);
        this.#popAll(type.parameters);
        return this.#pushAll(type.results);
      }
      case 0x12:
        return this.#tailCall(this.#function(instruction.index));
      case 0x13:
        return this.#tailCall(this.#indirect(instruction));
      case 0x1a:
        this.#pop();
        return;
      case 0x1b:
      case 0x1c:
        return this.#select(instruction);
      case 0x20:
        return this.#push(this.#local(instruction.index));
      case 0x21:
        this.#pop(this.#local(instruction.index));
        return;
      case 0x22:
        this.#pop(this.#local(instruction.index));
        return this.#push(this.#local(instruction.index));
      default:
        return this.#reference(instruction);
    }
  }

  #branchTable(instruction: Instruction): void {
    this.#pop(I32);
    const arity = this.#label(instruction.index).length;
    for (const label of instruction.labels) {
      const types = this.#label(label);
      if (types.length !== arity) throw this.#invalid('labels of br_table take different numbers of values');
      const popped = [...types].reverse().map((type) => this.#pop(type));
      for (const type of popped.reverse()) this.#push(type);
    }
    this.#popAll(this.#label(instruction.index));
    this.#unreachable();
  }

  #select(instruction: Instruction): void {
    this.#pop(I32);
    if (instruction.operator.code === 0x1c) {
      this.#pop(instruction.type);
      this.#pop(instruction.type);
      return this.#push(instruction.type);
    }
    const a = this.#pop();
    const b = this.#pop(a);
    const type = a === 0 ? b : a;
    if (type === FUNCREF || type === EXTERNREF) throw this.#invalid('select of references needs a type');
    this.#push(type);
  }

  #reference(instruction: Instruction): void {
    const { code, name } = instruction.operator;
    const { index } = instruction;
    if (code === 0x23 || code === 0x24) {
      const global = this.#module.globals[index];
      if (global === undefined) throw this.#invalid(`unknown global ${index}`);
      if (code === 0x23) return this.#push(global.type);
      if (!global.mutable) throw this.#invalid(`global ${index} is immutable`);
      this.#pop(global.type);
    } else if (code === 0x25) {
      const type = this.#table(index);
      this.#pop(I32);
      this.#push(type);
    } else if (code === 0x26) {
      this.#pop(this.#table(index));
      this.#pop(I32);
    } else if (code === 0xd0) this.#push(instruction.type);
    else if (code === 0xd1) {
      const type = this.#pop();
      if (type !== 0 && type !== FUNCREF && type !== EXTERNREF) throw this.#invalid('ref.is_null of a value');
      this.#push(I32);
    } else if (code === 0xd2) {
      this.#function(index);
      if (!this.#module.declaredFunctions.has(index))
        throw this.#invalid(`function ${index} is not declared for ref.func`);
      this.#push(FUNCREF);
    } else if (code === 0xfc0f) {
      this.#pop(I32);
      this.#pop(this.#table(index));
      this.#push(I32);
    } else if (code === 0xfc11) {
      this.#pop(I32);
      this.#pop(this.#table(index));
      this.#pop(I32);
    } else throw this.#invalid(`${name} is not known to the validator`);
  }
}

function sameLists(a: readonly ValueType[], b: readonly ValueType[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i]);
}
