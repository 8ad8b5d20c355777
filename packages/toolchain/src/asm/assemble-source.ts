/**
 * Assembler text, in Intel syntax, over the typed assembler: a line is `label:`, an instruction or a directive, and a comment from `;`.
 *
 * ```
 * bits 16|32|64            section text|rodata|data|globals      align BYTES [, FILL]
 * org ADDRESS              global NAME, ...                      extern NAME, ...
 * NAME equ VALUE           db|dw|dd|dq VALUE, ...                times COUNT <one of the data directives>
 * ```
 *
 * `$` is the address of the line, `$$` that of the section. `org` at the start of a section says where it will be; later it fills
 * up to an address. Data takes numbers, labels, differences of labels, and text in quotes.
 */
import {
  EncodeError,
  type Mode,
  type Operand,
  type PrefixedMnemonic,
  type SymbolReference,
  symbol,
} from '@drift-os/x86-core';
import type { ObjectModule, SectionName } from '../object.ts';
import { Assembler, type DataValue } from './assembler.ts';
import { AssemblerError } from './assembler-error.ts';
import { constantOf, ExpressionError, isConstant, type Linear, readExpression, TokenReader } from './expression.ts';
import { SourceError, type SourceErrorCode } from './source-error.ts';
import { readOperand, referenceOf, type SymbolMaker } from './source-operand.ts';
import { type Token, tokenize } from './source-token.ts';

export interface AssembleOptions {
  /** For messages. Default `source`. */
  readonly file?: string;
  /** Of the object. Default `file` without folder and ending. */
  readonly name?: string;
  /** Code size to begin with. Default 64. */
  readonly mode?: Mode;
}

const DATA: Readonly<Record<string, 1 | 2 | 4 | 8>> = { db: 1, dw: 2, dd: 4, dq: 8 };
const SECTIONS: readonly SectionName[] = ['text', 'rodata', 'data', 'globals'];
const PREFIXES: ReadonlySet<string> = new Set('lock rep repe repz repne repnz o16 o32 o64 a16 a32 a64'.split(' '));
const MAX_REPEAT = 1 << 24;

/** @throws SourceError with the line of the first mistake. */
export function assembleSource(text: string, options: AssembleOptions = {}): ObjectModule {
  return new SourceAssembler(options).assemble(text);
}

class SourceAssembler implements SymbolMaker {
  readonly #file: string;
  readonly #asm: Assembler;
  #line = 0;
  #section: SectionName = 'text';
  /** Where each section was told to be, or 0. */
  readonly #origins = new Map<SectionName, number>();
  readonly #started = new Set<SectionName>();
  readonly #constants = new Map<string, Linear>();
  readonly #defined = new Set<string>();
  readonly #extern = new Set<string>();
  readonly #globals = new Map<string, number>();
  /** Line of the first mention of each name that is not a constant. */
  readonly #mentioned = new Map<string, number>();
  #distances = 0;

  constructor(options: AssembleOptions) {
    this.#file = options.file ?? 'source';
    const stem = this.#file.replace(/^.*[\\/]/, '').replace(/\.[^.]*$/, '');
    this.#asm = new Assembler({ name: options.name ?? stem, mode: options.mode ?? 64 });
  }

  assemble(text: string): ObjectModule {
    for (const line of text.split(/\r?\n/)) {
      this.#line++;
      this.#guard(() => this.#statement(line));
    }
    for (const [name, line] of this.#mentioned) {
      if (this.#defined.has(name) || this.#extern.has(name)) continue;
      this.#line = line;
      throw this.#error('ASM_NAME', `'${name}' is defined nowhere; say 'extern ${name}' if another file defines it`);
    }
    for (const [name, line] of this.#globals) {
      this.#line = line;
      if (!this.#defined.has(name)) throw this.#error('ASM_NAME', `'${name}' is global, but defined nowhere`);
      this.#asm.global(name);
    }
    this.#line = Math.max(1, this.#line);
    const object = this.#guard(() => this.#asm.finish());
    const referred = new Set(object.relocations.map(({ symbol }) => symbol));
    const symbols = object.symbols.filter(({ name }) => referred.has(name) || this.#defined.has(name));
    return { ...object, symbols };
  }

  #error(code: SourceErrorCode, problem: string): SourceError {
    return new SourceError(code, this.#file, this.#line, problem);
  }

  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof ExpressionError) throw this.#error('ASM_SYNTAX', error.message);
      if (error instanceof EncodeError) throw this.#error('ASM_INSTRUCTION', error.message);
      if (error instanceof AssemblerError) throw this.#error('ASM_VALUE', error.message);
      if (error instanceof RangeError) throw this.#error('ASM_VALUE', error.message);
      throw error;
    }
  }

  readonly lookup = (name: string): Linear | undefined => {
    if (name === '$') return { ...constantOf(0n), plus: [this.#asm.here().name] };
    if (name === '$$') {
      this.#begin();
      return { ...constantOf(0n), plus: [startOf(this.#section)] };
    }
    const constant = this.#constants.get(name);
    if (constant !== undefined) return constant;
    if (!this.#mentioned.has(name)) this.#mentioned.set(name, this.#line);
    return undefined;
  };

  distance(from: string, to: string, addend: number): SymbolReference {
    const name = `distance ${this.#distances++}`;
    this.#asm.constant(name, this.#asm.distance(from, to, addend));
    return this.#asm.ref(name);
  }

  /** The section has contents from here on: its start gets a label. */
  #begin(): void {
    if (this.#started.has(this.#section)) return;
    this.#started.add(this.#section);
    this.#asm.label(startOf(this.#section));
  }

  #statement(line: string): void {
    const tokens = tokenize(line);
    if (typeof tokens === 'string') throw this.#error('ASM_SYNTAX', `'${tokens}' cannot be read`);
    const reader = new TokenReader(tokens);
    this.#labels(reader);
    const { next } = reader;
    if (next === undefined) return;
    if (next.kind !== 'name') throw this.#error('ASM_SYNTAX', `an instruction is expected before '${next.text}'`);
    if (tokens[reader.at + 1]?.text.toLowerCase() === 'equ') this.#equate(reader, next.text);
    else {
      reader.at++;
      if (!this.#directive(next.text.toLowerCase(), reader)) this.#instruction(next.text.toLowerCase(), reader);
    }
    if (reader.next !== undefined) throw this.#error('ASM_SYNTAX', `'${reader.next.text}' is more than the line needs`);
  }

  #labels(reader: TokenReader): void {
    while (reader.next?.kind === 'name' && reader.tokens[reader.at + 1]?.text === ':') {
      const name = reader.next.text;
      if (isSegment(name) && reader.tokens[reader.at + 2]?.text === '[') return;
      this.#begin();
      this.#define(name);
      this.#asm.label(name, this.#section === 'text' && this.#globals.has(name) ? 'function' : 'label');
      reader.at += 2;
    }
  }

  #define(name: string): void {
    if (this.#defined.has(name) || this.#constants.has(name))
      throw this.#error('ASM_NAME', `'${name}' is defined twice`);
    this.#defined.add(name);
  }

  #equate(reader: TokenReader, name: string): void {
    reader.at += 2;
    const value = readExpression(reader, this.lookup);
    this.#define(name);
    this.#constants.set(name, value);
  }

  #number(reader: TokenReader, what: string): number {
    const value = readExpression(reader, this.lookup);
    if (!isConstant(value)) throw new ExpressionError(`${what} must be a number that is known here`);
    return Number(value.constant);
  }

  #names(reader: TokenReader): string[] {
    const names: string[] = [];
    do {
      const { next } = reader;
      if (next?.kind !== 'name') throw new ExpressionError(`a name is expected ${reader.where()}`);
      names.push(next.text);
      reader.at++;
    } while (reader.accept(','));
    return names;
  }

  /** False where the word is no directive. */
  #directive(word: string, reader: TokenReader): boolean {
    const bytes = DATA[word];
    if (bytes !== undefined) this.#data(bytes, reader);
    else if (word === 'bits') this.#bits(this.#number(reader, "'bits'"));
    else if (word === 'section' || word === 'segment') this.#enter(this.#names(reader)[0] as string);
    else if (word === 'global') for (const name of this.#names(reader)) this.#globals.set(name, this.#line);
    else if (word === 'extern') for (const name of this.#names(reader)) this.#extern.add(name);
    else if (word === 'align') {
      this.#begin();
      const alignment = this.#number(reader, 'an alignment');
      this.#asm.align(alignment, reader.accept(',') ? this.#number(reader, 'a fill byte') : undefined);
    } else if (word === 'org') this.#origin(this.#number(reader, 'an address'));
    else if (word === 'times') this.#times(reader);
    else return false;
    return true;
  }

  #bits(bits: number): void {
    if (bits !== 16 && bits !== 32 && bits !== 64) throw new ExpressionError('bits are 16, 32 or 64');
    this.#asm.mode = bits;
  }

  #enter(name: string): void {
    const section = SECTIONS.find((each) => each === name.replace(/^\./, ''));
    if (section === undefined) throw this.#error('ASM_NAME', `no section '${name}'; there are ${SECTIONS.join(', ')}`);
    this.#section = section;
    this.#asm.section(section);
  }

  #origin(address: number): void {
    if (!this.#started.has(this.#section)) {
      this.#origins.set(this.#section, address);
      this.#asm.section(this.#section, { address });
      this.#begin();
    } else this.#asm.org(address - (this.#origins.get(this.#section) ?? 0));
  }

  #times(reader: TokenReader): void {
    const count = this.#number(reader, 'a count');
    const word = reader.next?.text.toLowerCase() ?? '';
    const bytes = DATA[word];
    if (bytes === undefined) throw new ExpressionError(`'times' repeats db, dw, dd or dq, not '${word}'`);
    if (count < 0 || count * bytes > MAX_REPEAT) throw new ExpressionError(`a count of ${count} is out of range`);
    const start = reader.at + 1;
    for (let i = 0; i < count; i++) {
      reader.at = start;
      this.#data(bytes, reader);
    }
    if (count === 0) reader.at = reader.tokens.length;
  }

  #data(bytes: 1 | 2 | 4 | 8, reader: TokenReader): void {
    this.#begin();
    do {
      const { next } = reader;
      const after = reader.tokens[reader.at + 1]?.text;
      if (next?.kind === 'string' && (after === undefined || after === ',')) {
        reader.at++;
        this.#text(next, bytes);
      } else this.#value(bytes, readExpression(reader, this.lookup));
    } while (reader.accept(','));
  }

  /** Text is filled up with zeros to whole elements. */
  #text({ text }: Token, bytes: number): void {
    const encoded = new TextEncoder().encode(text);
    this.#asm.bytes(encoded).zeros((bytes - (encoded.length % bytes)) % bytes);
  }

  #value(bytes: 1 | 2 | 4 | 8, value: Linear): void {
    if (value.registers.length > 0) throw new ExpressionError('data holds no registers');
    if (isConstant(value)) {
      const bits = BigInt(bytes * 8);
      const limit = 1n << bits;
      if (value.constant >= limit || value.constant < -(limit >> 1n))
        throw new ExpressionError(`${value.constant} does not fit ${bits} bits`);
      this.#emitData(bytes, BigInt.asUintN(Number(bits), value.constant));
      return;
    }
    const [from] = value.minus;
    const [to] = value.plus;
    if (from !== undefined && to !== undefined && value.plus.length + value.minus.length === 2)
      this.#emitData(bytes, this.#asm.distance(from, to, Number(value.constant)));
    else this.#emitData(bytes, referenceOf(value, this) as SymbolReference);
  }

  #emitData(bytes: 1 | 2 | 4 | 8, value: DataValue): void {
    const asm = this.#asm;
    if (bytes === 8) asm.u64(value);
    else if (bytes === 4) asm.u32(numberOr(value));
    else if (bytes === 2) asm.u16(numberOr(value));
    else {
      const narrow = numberOr(value);
      if (typeof narrow === 'object' && narrow.kind === 'symbol')
        throw new ExpressionError('a byte cannot hold an address');
      asm.u8(narrow);
    }
  }

  #instruction(word: string, reader: TokenReader): void {
    this.#begin();
    let mnemonic = word;
    while (PREFIXES.has(mnemonic.slice(mnemonic.lastIndexOf(' ') + 1)) && reader.next?.kind === 'name') {
      mnemonic += ` ${reader.next.text.toLowerCase()}`;
      reader.at++;
    }
    if (reader.accept('far')) mnemonic += ' far';
    const operands: Operand[] = [];
    if (reader.next !== undefined) {
      do operands.push(readOperand(reader, this));
      while (reader.accept(','));
    }
    const [target] = operands;
    // A number is the address of the target, counted as `org` says.
    if (/(^| )(j[a-z]+|call|loop[a-z]*)$/.test(mnemonic) && (typeof target === 'number' || typeof target === 'bigint'))
      operands[0] = symbol(startOf(this.#section), Number(target) - (this.#origins.get(this.#section) ?? 0));
    if (/(^| )(jmp|call)$/.test(mnemonic) && typeof target === 'object' && target.kind === 'far') mnemonic += ' far';
    this.#asm.emit(mnemonic as PrefixedMnemonic, ...operands);
  }
}

function startOf(section: SectionName): string {
  return `section ${section}`;
}

function isSegment(name: string): boolean {
  return /^[c-gs]s$/i.test(name);
}

function numberOr(value: DataValue): Exclude<DataValue, bigint> {
  return typeof value === 'bigint' ? Number(value) : value;
}
