/**
 * Expressions of assembler text: a number plus symbols, minus symbols, plus scaled registers. What may stand where is for the user
 * of the value to say: an address takes registers, an immediate one symbol or the distance of two.
 */
import { type Register, registers } from '@drift-os/x86-core';
import type { Token } from './source-token.ts';

export interface Linear {
  readonly constant: bigint;
  /** Names that are added and subtracted. */
  readonly plus: readonly string[];
  readonly minus: readonly string[];
  readonly registers: readonly { readonly register: Register | 'rip'; readonly scale: number }[];
}

/** An expression that has no meaning; the reader of the line adds where it stands. */
export class ExpressionError extends Error {}

/** What a name stands for: a value that is known already, or itself. */
export type NameLookup = (name: string) => Linear | undefined;

export function constantOf(value: bigint): Linear {
  return { constant: value, plus: [], minus: [], registers: [] };
}

export function isConstant(value: Linear): boolean {
  return value.plus.length === 0 && value.minus.length === 0 && value.registers.length === 0;
}

export function registerNamed(name: string): Register | 'rip' | undefined {
  const lower = name.toLowerCase();
  return lower === 'rip' ? 'rip' : registers.get(lower);
}

const BINARY: readonly (readonly string[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];

/** A place in a list of tokens that moves forward. */
export class TokenReader {
  readonly tokens: readonly Token[];
  at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get next(): Token | undefined {
    return this.tokens[this.at];
  }

  /** Takes the next token when it is that sign or word. */
  accept(text: string): boolean {
    const { next } = this;
    if (next === undefined || next.kind === 'string' || next.text.toLowerCase() !== text) return false;
    this.at++;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw new ExpressionError(`'${text}' expected ${this.where()}`);
  }

  where(): string {
    return this.next === undefined ? 'at the end of the line' : `before '${this.next.text}'`;
  }
}

/** Reads an expression as far as it goes. @throws ExpressionError */
export function readExpression(reader: TokenReader, lookup: NameLookup, level = 0): Linear {
  const operators = BINARY[level];
  if (operators === undefined) return readUnary(reader, lookup);
  let left = readExpression(reader, lookup, level + 1);
  for (;;) {
    const operator = operators.find((sign) => reader.accept(sign));
    if (operator === undefined) return left;
    left = combine(operator, left, readExpression(reader, lookup, level + 1));
  }
}

function readUnary(reader: TokenReader, lookup: NameLookup): Linear {
  if (reader.accept('-')) return negate(readUnary(reader, lookup));
  if (reader.accept('+')) return readUnary(reader, lookup);
  if (reader.accept('~')) return constantOf(~plain('~', readUnary(reader, lookup)));
  if (reader.accept('(')) {
    const value = readExpression(reader, lookup);
    reader.expect(')');
    return value;
  }
  const { next } = reader;
  if (next === undefined || next.kind === 'sign') throw new ExpressionError(`a value is expected ${reader.where()}`);
  reader.at++;
  if (next.kind !== 'name') return constantOf(next.value);
  const register = registerNamed(next.text);
  if (register !== undefined) return { ...constantOf(0n), registers: [{ register, scale: 1 }] };
  return lookup(next.text) ?? { ...constantOf(0n), plus: [next.text] };
}

function negate(value: Linear): Linear {
  if (value.registers.length > 0) throw new ExpressionError('a register cannot be subtracted');
  return { ...value, constant: -value.constant, plus: value.minus, minus: value.plus };
}

function plain(operator: string, value: Linear): bigint {
  if (!isConstant(value)) throw new ExpressionError(`'${operator}' needs a number that is known here`);
  return value.constant;
}

function add(a: Linear, b: Linear): Linear {
  const plus = [...a.plus, ...b.plus];
  const minus: string[] = [];
  for (const name of [...a.minus, ...b.minus]) {
    const same = plus.indexOf(name);
    if (same >= 0) plus.splice(same, 1);
    else minus.push(name);
  }
  return { constant: a.constant + b.constant, plus, minus, registers: [...a.registers, ...b.registers] };
}

function combine(operator: string, a: Linear, b: Linear): Linear {
  if (operator === '+') return add(a, b);
  if (operator === '-') return add(a, negate(b));
  if (operator === '*' && (a.registers.length > 0 || b.registers.length > 0)) return scale(a, b);
  const [x, y] = [plain(operator, a), plain(operator, b)];
  if ((operator === '/' || operator === '%') && y === 0n) throw new ExpressionError('division by zero');
  if ((operator === '<<' || operator === '>>') && (y < 0n || y > 64n))
    throw new ExpressionError('shift by more than 64');
  const values: Readonly<Record<string, () => bigint>> = {
    '*': () => x * y,
    '/': () => x / y,
    '%': () => x % y,
    '<<': () => x << y,
    '>>': () => x >> y,
    '&': () => x & y,
    '^': () => x ^ y,
    '|': () => x | y,
  };
  return constantOf((values[operator] as () => bigint)());
}

function scale(a: Linear, b: Linear): Linear {
  const [scaled, factor] = a.registers.length > 0 ? [a, b] : [b, a];
  const by = Number(plain('*', factor));
  if (scaled.registers.length !== 1 || !isConstant({ ...scaled, registers: [] }) || scaled.constant !== 0n)
    throw new ExpressionError('only a register can be scaled');
  return { ...scaled, registers: scaled.registers.map((each) => ({ ...each, scale: each.scale * by })) };
}
