/** Operands of assembler text, in Intel syntax: what the disassembler prints is read back. */
import {
  far,
  type Memory,
  type MemoryBits,
  mem,
  type Operand,
  type Register,
  type SymbolReference,
  symbol,
} from '@drift-os/x86-core';
import {
  ExpressionError,
  isConstant,
  type Linear,
  type NameLookup,
  readExpression,
  registerNamed,
  type TokenReader,
} from './expression.ts';

const SIZES: Readonly<Record<string, MemoryBits>> = {
  byte: 8,
  word: 16,
  dword: 32,
  fword: 48,
  qword: 64,
  tword: 80,
  tbyte: 80,
  oword: 128,
  xmmword: 128,
  yword: 256,
  ymmword: 256,
};

/** What names of values that are known at the end only become: a symbol, or the distance of two. */
export interface SymbolMaker {
  readonly lookup: NameLookup;
  /** Reference to the distance between two labels plus `addend`. */
  distance(from: string, to: string, addend: number): SymbolReference;
}

/** Reads one operand. @throws ExpressionError */
export function readOperand(reader: TokenReader, maker: SymbolMaker): Operand {
  const size = readSize(reader);
  const width = reader.accept('short') ? 8 : reader.accept('near') ? 32 : undefined;
  const { next } = reader;
  const register = next?.kind === 'name' ? registerNamed(next.text) : undefined;
  const following = reader.tokens[reader.at + 1]?.text;
  if (register !== undefined && register !== 'rip' && register.class === 'segment' && following === ':') {
    reader.at += 2;
    return readMemory(reader, maker, size ?? 0, register);
  }
  if (next?.text === '[') return readMemory(reader, maker, size ?? 0, undefined);
  if (register !== undefined && register !== 'rip' && (following === undefined || following === ',')) {
    reader.at++;
    return register;
  }
  const value = readExpression(reader, maker.lookup);
  if (reader.accept(':')) return readFar(reader, maker, value);
  return immediate(value, maker, width);
}

function readSize(reader: TokenReader): MemoryBits | undefined {
  const size = SIZES[reader.next?.kind === 'name' ? reader.next.text.toLowerCase() : ''];
  if (size === undefined) return undefined;
  reader.at++;
  reader.accept('ptr');
  return size;
}

function readFar(reader: TokenReader, maker: SymbolMaker, selector: Linear): Operand {
  if (!isConstant(selector)) throw new ExpressionError('the selector of a far address is a number');
  const offset = immediate(readExpression(reader, maker.lookup), maker, undefined);
  return far(Number(selector.constant), offset);
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function immediate(value: Linear, maker: SymbolMaker, width: 8 | 32 | undefined): number | bigint | SymbolReference {
  if (value.registers.length > 0)
    throw new ExpressionError('a register here stands alone, or in brackets with an address');
  const reference = referenceOf(value, maker);
  if (reference === undefined) return exact(value.constant);
  return width === undefined ? reference : { ...reference, bits: width };
}

/** The symbol plus addend that a value is; undefined for numbers. */
export function referenceOf({ plus, minus, constant }: Linear, maker: SymbolMaker): SymbolReference | undefined {
  const [to] = plus;
  const [from] = minus;
  if (to === undefined && from === undefined) return undefined;
  if (to === undefined || plus.length > 1 || minus.length > 1)
    throw new ExpressionError('a value is a number, a label plus a number, or the difference of two labels');
  return from === undefined ? symbol(to, Number(constant)) : maker.distance(from, to, Number(constant));
}

function readMemory(
  reader: TokenReader,
  maker: SymbolMaker,
  bits: MemoryBits | 0,
  outside: Register | undefined,
): Memory {
  reader.expect('[');
  let segment = outside;
  const first = reader.next?.kind === 'name' ? registerNamed(reader.next.text) : undefined;
  if (first !== undefined && first !== 'rip' && first.class === 'segment') {
    reader.at++;
    reader.expect(':');
    segment = first;
  }
  const relative = reader.accept('rel');
  const value = readExpression(reader, maker.lookup);
  reader.expect(']');
  const reference = referenceOf(value, maker);
  const { base, index, scale } = splitRegisters(value);
  const displacement = reference === undefined ? Number(BigInt.asIntN(64, value.constant)) : 0;
  if (relative && base !== undefined) throw new ExpressionError("'rel' takes no register");
  return mem({ bits, segment, base: relative ? 'rip' : base, index, scale, displacement, symbol: reference });
}

function splitRegisters({ registers }: Linear): {
  base: Register | 'rip' | undefined;
  index: Register | undefined;
  scale: 1 | 2 | 4 | 8;
} {
  const [a, b] = registers;
  if (registers.length > 2) throw new ExpressionError('an address has at most two registers');
  if (a === undefined) return { base: undefined, index: undefined, scale: 1 };
  if (b === undefined && a.scale === 1) return { base: a.register, index: undefined, scale: 1 };
  const [base, index] =
    b === undefined ? [undefined, a] : a.scale === 1 && (b.scale !== 1 || !isStack(b.register)) ? [a, b] : [b, a];
  const { scale } = index;
  if ((base !== undefined && base.scale !== 1) || index.register === 'rip')
    throw new ExpressionError('an address is base + index * scale + displacement');
  if (scale !== 1 && scale !== 2 && scale !== 4 && scale !== 8) throw new ExpressionError(`no scale ${scale}`);
  return { base: base?.register, index: index.register, scale };
}

/** Cannot be an index. */
function isStack(register: Register | 'rip'): boolean {
  return register !== 'rip' && (register.name === 'rsp' || register.name === 'esp');
}
