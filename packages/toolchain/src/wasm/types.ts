/** What a decoded module is made of (WebAssembly Core 2). */

/** Value types, by their byte in the binary format. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;
export type ValueType = 0x7f | 0x7e | 0x7d | 0x7c | 0x7b | 0x70 | 0x6f;

const names: Readonly<Record<ValueType, string>> = {
  [I32]: 'i32',
  [I64]: 'i64',
  [F32]: 'f32',
  [F64]: 'f64',
  [V128]: 'v128',
  [FUNCREF]: 'funcref',
  [EXTERNREF]: 'externref',
};

export function typeName(type: ValueType): string {
  return names[type];
}

/** Whether values of the type are in vector registers. 0 is no type. */
export function isFloat(type: ValueType | 0): boolean {
  return type === F32 || type === F64 || type === V128;
}

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export function sameType(a: FunctionType, b: FunctionType): boolean {
  return (
    a.parameters.length === b.parameters.length &&
    a.results.length === b.results.length &&
    a.parameters.every((type, i) => type === b.parameters[i]) &&
    a.results.every((type, i) => type === b.results[i])
  );
}

export interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
}

export interface MemoryType extends Limits {
  readonly shared: boolean;
  /** Memory64: addresses are i64. */
  readonly wide: boolean;
}

export interface TableType extends Limits {
  readonly element: ValueType;
  /** Memory64: indices are i64. */
  readonly wide: boolean;
}

export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
}

/** The constant expressions that this decoder takes: one instruction, or integer arithmetic that is folded. */
export type Initializer =
  | { readonly kind: 'integer'; readonly type: 0x7f | 0x7e; readonly value: bigint }
  /** Floats and vectors as their bits, little end first. */
  | { readonly kind: 'bits'; readonly type: 0x7d | 0x7c | 0x7b; readonly bytes: Uint8Array }
  | { readonly kind: 'global'; readonly index: number; readonly type: ValueType }
  | { readonly kind: 'function'; readonly index: number }
  | { readonly kind: 'null'; readonly type: ValueType };

export interface ImportName {
  readonly module: string;
  readonly field: string;
}

export interface Function {
  readonly type: FunctionType;
  readonly typeIndex: number;
  readonly imported: ImportName | undefined;
  /** Offsets of the code entry in the module: its locals, then instructions up to and with `end`. 0 where imported. */
  readonly start: number;
  readonly end: number;
}

export interface Global extends GlobalType {
  readonly imported: ImportName | undefined;
  readonly initial: Initializer | undefined;
}

export interface Table extends TableType {
  readonly imported: ImportName | undefined;
}

export interface Memory extends MemoryType {
  readonly imported: ImportName | undefined;
}

export interface Export {
  readonly name: string;
  readonly kind: 'function' | 'table' | 'memory' | 'global';
  readonly index: number;
}

export interface ElementSegment {
  /** Byte offset in the module. */
  readonly at: number;
  readonly mode: 'active' | 'passive' | 'declarative';
  readonly table: number;
  readonly type: ValueType;
  readonly offset: Initializer | undefined;
  readonly items: readonly Initializer[];
}

export interface DataSegment {
  readonly mode: 'active' | 'passive';
  readonly memory: number;
  readonly offset: Initializer | undefined;
  readonly bytes: Uint8Array;
}

export interface Module {
  readonly bytes: Uint8Array;
  readonly types: readonly FunctionType[];
  readonly functions: readonly Function[];
  readonly tables: readonly Table[];
  readonly memories: readonly Memory[];
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly elements: readonly ElementSegment[];
  readonly data: readonly DataSegment[];
  readonly start: number | undefined;
  /** The data count section's number, needed before memory.init and data.drop may be used. */
  readonly dataCount: number | undefined;
  /** Functions that ref.func may name. */
  readonly declaredFunctions: ReadonlySet<number>;
  /** From the name section. */
  readonly functionNames: ReadonlyMap<number, string>;
}
