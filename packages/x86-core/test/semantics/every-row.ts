/** A line for every shape of every row of 64-bit code that goes on behind itself: what interpreter and regions are compared on. */
import {
  CodeBuffer,
  decode,
  encode,
  EncodeError,
  gpr8,
  gpr16,
  gpr32,
  gpr64,
  type Memory,
  mem,
  mmx,
  type Operand,
  type OperandKind,
  type PrefixedMnemonic,
  rbx,
  type Register,
  type Row,
  rows,
  segments,
  xmm,
  ymm,
} from '../../src/index.ts';
import { meaningOf } from '../../src/semantics/instructions/index.ts';
import type { Statement } from '../../src/semantics/language.ts';
import { keyOf, longMode, shapeOf } from '../../src/semantics/operand-shape.ts';
import type { Line } from './core.ts';

/** Registers that hold no pointer in the tests' states. */
const GENERAL = [2, 1, 0, 10];
const banks: Readonly<Record<string, readonly Register[]>> = {
  gpr8,
  gpr16,
  gpr32,
  gpr64,
  mmx64: mmx,
  xmm128: xmm,
  ymm256: ymm,
};

function memoryOf(kind: OperandKind, aligned: number): Memory {
  const bits = kind.memoryBits;
  if (kind.vectorIndex !== undefined) {
    const index = (kind.vectorIndex === 128 ? xmm : ymm)[5] as Register;
    return mem({ displacement: aligned, index, scale: 2 });
  }
  return bits >= 128 ? mem({ displacement: aligned, bits }) : mem({ base: rbx, displacement: 3, bits });
}

function choices(kind: OperandKind, position: number, aligned: number): Operand[] {
  if (kind.type === 'fixed') return [kind.fixed as Register];
  if (kind.type === 'one') return [1];
  if (kind.type === 'immediate') return [5, kind.bits === 8 ? 0x7b : 0x1234];
  if (kind.type === 'offset') return [mem({ bits: kind.memoryBits, displacement: aligned + 1, addressBits: 64 })];
  if (kind.type !== 'location') return [];
  const some: Operand[] = [];
  if (kind.registerClass === 'segment') some.push(segments[3] as Register);
  const bank = banks[`${kind.registerClass}${kind.registerBits}`];
  if (bank !== undefined) some.push(bank[GENERAL[position] as number] as Register);
  if (kind.memory) some.push(memoryOf(kind, aligned));
  return some;
}

function operandsOf(row: Row, aligned: number): Operand[][] {
  const all = row.operands.map((kind, position) => choices(kind, position, aligned));
  if (all.some((some) => some.length === 0)) return [];
  const first = all.map((some) => some[0] as Operand);
  return [first, ...all.flatMap((some, position) => some.slice(1).map((operand) => first.with(position, operand)))];
}

/** Jumps, and what is TypeScript's or needs a stack or system that the tests have not. */
function leaves(statements: readonly Statement[]): boolean {
  return statements.some((statement) => {
    if (statement.kind === 'if') return leaves([...statement.body, ...statement.otherwise]);
    if (statement.kind === 'loop') return leaves(statement.body);
    return statement.kind === 'jump' || statement.kind === 'leave';
  });
}

/** Whether the line assembles, and goes on; and the key of its shape. */
function shapeKey(line: readonly [PrefixedMnemonic, ...Operand[]]): string | undefined {
  const out = new CodeBuffer(32);
  try {
    encode(64, line[0], line.slice(1) as Operand[], out);
  } catch (error) {
    if (error instanceof EncodeError) return undefined;
    throw error;
  }
  const decoded = decode(64, out.toBytes());
  if (decoded.kind === 'failure') throw new Error(`${line[0]}: ${decoded.reason}`);
  const shape = shapeOf(decoded, longMode, false);
  const meaning = meaningOf(shape);
  return meaning === undefined || leaves(meaning.statements) ? undefined : keyOf(shape);
}

/** Lines of different shapes. Vectors are at an aligned address, other memory operands at RBX. */
export function everyRow(aligned = 0x4000, wanted: (row: Row) => boolean = () => true): Line[] {
  const lines = new Map<string, Line>();
  for (const row of rows()) {
    if (!row.modes.includes(64) || !wanted(row)) continue;
    for (const operands of operandsOf(row, aligned)) {
      const line = [row.mnemonic as PrefixedMnemonic, ...operands] as const;
      const key = shapeKey(line);
      if (key !== undefined && !lines.has(key)) lines.set(key, line);
    }
  }
  return [...lines.values()];
}
