/** Validation of what deals with references and tables (WebAssembly Core 3.4.4, 3.4.6, with 64-bit tables of the memory64 proposal). */
import type { Instruction } from './instruction.ts';
import { EXTERNREF, FUNCREF, type FunctionType, I32, I64, type Table, type ValueType } from './types.ts';
import { ValidationStack } from './validation-stack.ts';

export class TableValidator extends ValidationStack {
  #table(index: number): Table {
    const table = this.module.tables[index];
    if (table === undefined) throw this.invalid(`unknown table ${index}`);
    return table;
  }

  #element(index: number): ValueType {
    const segment = this.module.elements[index];
    if (segment === undefined) throw this.invalid(`unknown element segment ${index}`);
    return segment.type;
  }

  /** Type of a function called through a table; takes the index off the stack. */
  protected indirect(instruction: Instruction): FunctionType {
    const table = this.#table(instruction.index2);
    if (table.element !== FUNCREF) throw this.invalid('indirect call through a table of externref');
    const type = this.module.types[instruction.index];
    if (type === undefined) throw this.invalid(`unknown type ${instruction.index}`);
    this.pop(indexType(table));
    return type;
  }

  /** False when the instruction is not one of these. */
  protected checkReference(instruction: Instruction): boolean {
    const { index } = instruction;
    switch (instruction.operator.code) {
      case 0xd0:
        this.push(instruction.type);
        return true;
      case 0xd1: {
        const type = this.pop();
        if (type !== 0 && type !== FUNCREF && type !== EXTERNREF) throw this.invalid('ref.is_null of a value');
        this.push(I32);
        return true;
      }
      case 0xd2:
        if (this.module.functions[index] === undefined) throw this.invalid(`unknown function ${index}`);
        if (!this.module.declaredFunctions.has(index))
          throw this.invalid(`function ${index} is not declared for ref.func`);
        this.push(FUNCREF);
        return true;
      default:
        return this.#checkTable(instruction);
    }
  }

  #checkTable(instruction: Instruction): boolean {
    const { index, index2 } = instruction;
    const { code } = instruction.operator;
    if (code === 0xfc0c) {
      const table = this.#table(index2);
      if (this.#element(index) !== table.element) throw this.invalid('element segment and table have different types');
      this.popAll([indexType(table), I32, I32]);
    } else if (code === 0xfc0d) this.#element(index);
    else if (code === 0xfc0e) {
      const [to, from] = [this.#table(index), this.#table(index2)];
      if (to.element !== from.element) throw this.invalid('tables differ in type');
      this.popAll([indexType(to), indexType(from), to.wide && from.wide ? I64 : I32]);
    } else if (code === 0x25 || code === 0x26 || (code >= 0xfc0f && code <= 0xfc11)) {
      const table = this.#table(index);
      const [popped, pushed] = signatures[code] as readonly [string, string];
      const typeOf = (letter: string): ValueType => (letter === 'x' ? indexType(table) : table.element);
      this.popAll(Array.from(popped, typeOf));
      this.pushAll(Array.from(pushed, typeOf));
    } else return false;
    return true;
  }
}

/** Popped and pushed, x is an index, r an element: table.get, table.set, table.grow, table.size, table.fill. */
const signatures: Readonly<Record<number, readonly [string, string]>> = {
  0x25: ['x', 'r'],
  0x26: ['xr', ''],
  0xfc0f: ['rx', 'x'],
  0xfc10: ['', 'x'],
  0xfc11: ['xrx', ''],
};

function indexType({ wide }: Table): ValueType {
  return wide ? I64 : I32;
}
