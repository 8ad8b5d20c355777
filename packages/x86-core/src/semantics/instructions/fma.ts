/** Fused multiply and add: SDM 1 14.5. By the runtime: WebAssembly has no operation that rounds once. */
import type { Format } from '../float/fast-path.ts';
import * as code from '../float/operation.ts';
import { high, NO_VECTOR, raiseFloat, readHalves, readScalar, resultHalves, writeScalar } from '../float/operands.ts';
import type { Definition } from './definition.ts';
import * as v from '../value.ts';

/** Mnemonic without order and type: what is added to MULTIPLY_ADD. */
const kinds: Readonly<Record<string, number>> = {
  vfmadd: 0,
  vfmsub: code.NEGATE_ADDEND,
  vfnmadd: code.NEGATE_PRODUCT,
  vfnmsub: code.NEGATE_PRODUCT | code.NEGATE_ADDEND,
  vfmaddsub: code.NEGATE_ADDEND | code.ALTERNATE,
  vfmsubadd: code.ALTERNATE,
};

/** Operands that are multiplied, and the one that is added. */
const orders: Readonly<Record<string, readonly [number, number, number]>> = {
  132: [0, 2, 1],
  213: [1, 0, 2],
  231: [1, 2, 0],
};

function fused(kind: number, order: readonly [number, number, number], format: Format, isScalar: boolean): Definition {
  const operation = v.constant32(code.MULTIPLY_ADD | kind);
  return (m) => {
    if (isScalar) {
      // Memory first: it is the last operand.
      const last = readScalar(m, 2, format);
      const values = [m.readVector(0), m.readVector(1), last];
      const operands = order.flatMap((operand) => [values[operand] ?? last, NO_VECTOR]);
      raiseFloat(m, m.call('sseFused', m.core(), operation, v.constant32(format), v.constant32(1), ...operands));
      writeScalar(m, format, values[0] ?? last, resultHalves(m, 1)[0]);
      return;
    }
    const count = m.halves(0);
    const last = readHalves(m, 2, count);
    const values = [readHalves(m, 0, count), readHalves(m, 1, count), last];
    const operands = order.flatMap((operand) => {
      const halves = values[operand] ?? last;
      return [halves[0], high(halves)];
    });
    const lanes = v.constant32((count * 128) / format);
    raiseFloat(m, m.call('sseFused', m.core(), operation, v.constant32(format), lanes, ...operands));
    m.writeVector(0, resultHalves(m, count));
  };
}

function definitionsOf(name: string, kind: number): [string, Definition][] {
  const alternates = (kind & code.ALTERNATE) !== 0;
  return Object.entries(orders).flatMap(([digits, order]): [string, Definition][] => [
    [`${name}${digits}ps`, fused(kind, order, 32, false)],
    [`${name}${digits}pd`, fused(kind, order, 64, false)],
    ...(alternates
      ? []
      : [
          [`${name}${digits}ss`, fused(kind, order, 32, true)] as [string, Definition],
          [`${name}${digits}sd`, fused(kind, order, 64, true)] as [string, Definition],
        ]),
  ]);
}

export const fmaDefinitions: ReadonlyMap<string, Definition> = new Map(
  Object.entries(kinds).flatMap(([name, kind]) => definitionsOf(name, kind)),
);
