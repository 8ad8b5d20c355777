/** Decodes the instructions of a function body, one at a time, into one reusable record. */
import { type Operator, operators } from './operators.ts';
import type { ByteReader } from './reader.ts';
import { readValueType } from './module.ts';
import { EXTERNREF, FUNCREF, type FunctionType, type ValueType } from './types.ts';

const MAX_LABELS = 65520;
const NO_VALUES: FunctionType = { parameters: [], results: [] };

/** The instruction last read. Which of the fields mean something is told by `operator.immediate`. */
export class Instruction {
  /** Of its first byte, in the module. */
  offset = 0;
  operator: Operator = operators.get(0) as Operator;
  /** Of a function, local, global, table, type, label, segment, or lane. */
  index = 0;
  /** The second index where there are two: table of call_indirect and table.init, source of table.copy. */
  index2 = 0;
  /** log2 of the alignment. */
  alignment = 0;
  /** Constant offset of a memory access, in bytes. */
  memoryOffset = 0;
  blockType: FunctionType = NO_VALUES;
  labels: number[] = [];
  value = 0n;
  /** Constants of f32, f64 and v128; lanes of shuffle. */
  bytes: Uint8Array = new Uint8Array();
  type: ValueType = FUNCREF;

  /** @throws WasmError (malformed, or an operator that is not known). */
  read(reader: ByteReader, types: readonly FunctionType[], wideMemory: boolean): void {
    this.offset = reader.offset;
    let code = reader.byte();
    if (code >= 0xfc) {
      const number = reader.u32();
      if (number > 0xff)
        throw reader.refuse('WASM_UNSUPPORTED', `unknown operator 0x${code.toString(16)} ${number}`, this.offset);
      code = (code << 8) | number;
    }
    const operator = operators.get(code);
    if (operator === undefined) {
      throw reader.refuse('WASM_UNSUPPORTED', `unknown operator 0x${code.toString(16)}`, this.offset);
    }
    this.operator = operator;
    this.#immediate(reader, operator, types, wideMemory);
  }

  #immediate(reader: ByteReader, operator: Operator, types: readonly FunctionType[], wideMemory: boolean): void {
    switch (operator.immediate) {
      case 'none':
        return;
      case 'label':
      case 'function':
      case 'local':
      case 'global':
      case 'table':
      case 'data':
      case 'element':
      case 'memory-index':
        this.index = reader.u32();
        return;
      case 'lane':
        this.index = reader.byte();
        return;
      case 'type-table':
      case 'element-table':
      case 'table-table':
      case 'data-memory':
      case 'memory-memory':
        this.index = reader.u32();
        this.index2 = reader.u32();
        return;
      case 'memory-access':
      case 'memory-lane':
        this.#memoryAccess(reader, wideMemory);
        if (operator.immediate === 'memory-lane') this.index = reader.byte();
        return;
      case 'i32':
        this.value = BigInt(reader.s32());
        return;
      case 'i64':
        this.value = reader.s64();
        return;
      case 'f32':
        this.bytes = reader.take(4);
        return;
      case 'f64':
        this.bytes = reader.take(8);
        return;
      case 'v128':
      case 'lanes16':
        this.bytes = reader.take(16);
        return;
      case 'block':
        this.#block(reader, types);
        return;
      case 'labels':
        this.#labelTable(reader);
        return;
      case 'select-types': {
        const count = reader.u32();
        if (count !== 1) throw reader.refuse('WASM_INVALID', 'typed select needs exactly one type', this.offset);
        this.type = readValueType(reader);
        return;
      }
      case 'reference-type': {
        const type = reader.byte();
        if (type !== FUNCREF && type !== EXTERNREF) throw reader.malformed('unknown reference type', this.offset);
        this.type = type;
        return;
      }
      case 'zero-byte':
        if (reader.byte() !== 0) throw reader.malformed('zero byte expected');
        return;
    }
  }

  #memoryAccess(reader: ByteReader, wideMemory: boolean): void {
    this.alignment = reader.u32();
    if (this.alignment >= 64) throw reader.refuse('WASM_UNSUPPORTED', 'memory index in an access', this.offset);
    if (!wideMemory) this.memoryOffset = reader.u32();
    else {
      const offset = reader.u64();
      if (offset > BigInt(Number.MAX_SAFE_INTEGER)) {
        throw reader.refuse('WASM_UNSUPPORTED', 'memory offset of more than 53 bits', this.offset);
      }
      this.memoryOffset = Number(offset);
    }
  }

  #block(reader: ByteReader, types: readonly FunctionType[]): void {
    const byte = reader.bytes[reader.offset] as number;
    if (byte === 0x40) {
      reader.byte();
      this.blockType = NO_VALUES;
    } else if (byte & 0x40 && byte < 0x80) {
      this.blockType = { parameters: [], results: [readValueType(reader)] };
    } else {
      const index = reader.s33();
      const type = types[index];
      if (type === undefined) throw reader.refuse('WASM_INVALID', `unknown type ${index}`, this.offset);
      this.blockType = type;
    }
  }

  #labelTable(reader: ByteReader): void {
    const count = reader.u32();
    if (count > MAX_LABELS) throw reader.refuse('WASM_TOO_LARGE', `br_table with ${count} labels`, this.offset);
    this.labels = [];
    for (let i = 0; i < count; i++) this.labels.push(reader.u32());
    this.index = reader.u32();
  }
}
