/** Checks function bodies as the algorithm in the appendix of the specification does (WebAssembly Core, "Validation Algorithm"). */
import type { Instruction } from './instruction.ts';
import { readValueType } from './module.ts';
import type { Operator } from './operators.ts';
import { ByteReader } from './reader.ts';
import {
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  type Function,
  type FunctionType,
  I32,
  I64,
  type Module,
  sameType,
  V128,
  type ValueType,
} from './types.ts';
import { TableValidator } from './validate-table.ts';

const MAX_LOCALS = 50_000;
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

/** Checks one body: give it every instruction in turn, until it is `finished`. */
export class FunctionValidator extends TableValidator {
  readonly #locals: readonly ValueType[];
  readonly #results: readonly ValueType[];
  readonly #addressType: ValueType;

  constructor(module: Module, definition: Function, locals: readonly ValueType[]) {
    super(module, new ByteReader(module.bytes, definition.start, definition.end), definition.type.results);
    this.#locals = locals;
    this.#results = definition.type.results;
    this.#addressType = module.memories[0]?.wide ? I64 : I32;
  }

  /** @throws WasmError when `instruction` is not valid here. */
  check(instruction: Instruction): void {
    this.at = instruction.offset;
    if (this.finished) throw this.reader.malformed('instructions behind the end of the function', this.at);
    const operator = instruction.operator;
    if (operator.accessBytes > 0) this.#memoryAccess(instruction);
    if (operator.lanes > 0 && instruction.index >= operator.lanes) throw this.invalid(`lane ${instruction.index}`);
    if (operator.popped !== undefined) {
      this.#entities(instruction);
      this.#signature(operator);
    } else this.#special(instruction);
  }

  #signature(operator: Operator): void {
    const popped = operator.popped as string;
    const pushed = operator.pushed as string;
    for (let i = popped.length - 1; i >= 0; i--) this.pop(this.#typeOf(popped[i] as string));
    for (let i = 0; i < pushed.length; i++) this.push(this.#typeOf(pushed[i] as string));
  }

  #typeOf(letter: string): ValueType {
    return letter === 'a' ? this.#addressType : (letters[letter] as ValueType);
  }

  #memoryAccess(instruction: Instruction): void {
    this.#memory();
    const bytes = instruction.operator.accessBytes;
    const alignment = 2 ** instruction.alignment;
    const atomic = instruction.operator.code >>> 8 === 0xfe;
    if (alignment > bytes) throw this.invalid(`alignment ${alignment} is larger than the access`);
    if (atomic && alignment !== bytes) throw this.invalid('atomic access needs its natural alignment');
  }

  #memory(): void {
    if (this.module.memories.length === 0) throw this.invalid('unknown memory 0');
  }

  #entities(instruction: Instruction): void {
    switch (instruction.operator.immediate) {
      case 'memory-index':
      case 'memory-memory':
        this.#memory();
        if (instruction.index !== 0 || (instruction.operator.code === 0xfc0a && instruction.index2 !== 0)) {
          throw this.invalid('unknown memory');
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
        if (instruction.bytes.some((lane) => lane >= 32)) throw this.invalid('shuffle lane over 31');
        return;
      default:
        return;
    }
  }

  #dataSegment(index: number): void {
    const count = this.module.dataCount;
    if (count === undefined) throw this.invalid('data count section required');
    if (index >= count) throw this.invalid(`unknown data segment ${index}`);
  }

  #local(index: number): ValueType {
    const type = this.#locals[index];
    if (type === undefined) throw this.invalid(`unknown local ${index}`);
    return type;
  }

  #function(index: number): FunctionType {
    const definition = this.module.functions[index];
    if (definition === undefined) throw this.invalid(`unknown function ${index}`);
    return definition.type;
  }

  #tailCall(type: FunctionType): void {
    if (!sameType({ parameters: [], results: type.results }, { parameters: [], results: this.#results })) {
      throw this.invalid('tail call of a function with other results');
    }
    this.popAll(type.parameters);
    this.unreachable();
  }

  #special(instruction: Instruction): void {
    const code = instruction.operator.code;
    switch (code) {
      case 0x00:
        return this.unreachable();
      case 0x02:
      case 0x03:
      case 0x04:
        if (code === 0x04) this.pop(I32);
        this.popAll(instruction.blockType.parameters);
        return this.enter(code, instruction.blockType);
      case 0x05: {
        const frame = this.leave();
        if (frame.code !== 0x04) throw this.invalid('else without if');
        return this.enter(0x05, frame.type);
      }
      case 0x0b: {
        const frame = this.leave();
        if (frame.code === 0x04 && !sameLists(frame.type.parameters, frame.type.results)) {
          throw this.invalid('if without else changes the stack');
        }
        return this.pushAll(frame.type.results);
      }
      case 0x0c:
        this.popAll(this.label(instruction.index));
        return this.unreachable();
      case 0x0d: {
        this.pop(I32);
        const types = this.label(instruction.index);
        this.popAll(types);
        return this.pushAll(types);
      }
      case 0x0e:
        return this.#branchTable(instruction);
      case 0x0f:
        this.popAll(this.#results);
        return this.unreachable();
      case 0x10: {
        const type = this.#function(instruction.index);
        this.popAll(type.parameters);
        return this.pushAll(type.results);
      }
      case 0x11: {
        const type = this.indirect(instruction);
        this.popAll(type.parameters);
        return this.pushAll(type.results);
      }
      case 0x12:
        return this.#tailCall(this.#function(instruction.index));
      case 0x13:
        return this.#tailCall(this.indirect(instruction));
      case 0x1a:
        this.pop();
        return;
      case 0x1b:
      case 0x1c:
        return this.#select(instruction);
      case 0x20:
        return this.push(this.#local(instruction.index));
      case 0x21:
        this.pop(this.#local(instruction.index));
        return;
      case 0x22:
        this.pop(this.#local(instruction.index));
        return this.push(this.#local(instruction.index));
      default:
        if (this.checkReference(instruction)) return;
        return this.#global(instruction);
    }
  }

  #branchTable(instruction: Instruction): void {
    this.pop(I32);
    const arity = this.label(instruction.index).length;
    for (const label of instruction.labels) {
      const types = this.label(label);
      if (types.length !== arity) throw this.invalid('labels of br_table take different numbers of values');
      const popped = [...types].reverse().map((type) => this.pop(type));
      for (const type of popped.reverse()) this.push(type);
    }
    this.popAll(this.label(instruction.index));
    this.unreachable();
  }

  #select(instruction: Instruction): void {
    this.pop(I32);
    if (instruction.operator.code === 0x1c) {
      this.pop(instruction.type);
      this.pop(instruction.type);
      return this.push(instruction.type);
    }
    const a = this.pop();
    const b = this.pop(a);
    const type = a === 0 ? b : a;
    if (type === FUNCREF || type === EXTERNREF) throw this.invalid('select of references needs a type');
    this.push(type);
  }

  #global({ operator: { code, name }, index }: Instruction): void {
    if (code !== 0x23 && code !== 0x24) throw this.invalid(`${name} is not known to the validator`);
    const global = this.module.globals[index];
    if (global === undefined) throw this.invalid(`unknown global ${index}`);
    if (code === 0x23) return this.push(global.type);
    if (!global.mutable) throw this.invalid(`global ${index} is immutable`);
    this.pop(global.type);
  }
}

function sameLists(a: readonly ValueType[], b: readonly ValueType[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i]);
}
