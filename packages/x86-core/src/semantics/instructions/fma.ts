/** Fused multiply and add: SDM 1 14.5. On the host where it rounds once (float/host-fma.ts) and float/fast-path.ts allows it, else by the runtime. */
import type { Format } from '../float/fast-path.ts';
import { hostFuses } from '../float/host-fma.ts';
import * as code from '../float/operation.ts';
import {
  type Halves,
  high,
  lowestOf,
  raiseFloat,
  readHalves,
  readScalar,
  resultHalf,
  resultHalves,
  withLowest,
  writeScalar,
} from '../float/operands.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

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

interface Fused {
  readonly kind: number;
  /** By role: two factors and the addend. */
  readonly order: readonly [number, number, number];
  readonly format: Format;
}

/** The sign of every lane, or of odd ones. */
function signs(format: Format, alternate: boolean): Value {
  const bytes = format / 8;
  return v.vector(
    Array.from({ length: 16 }, (_, at) => {
      const isSign = at % bytes === bytes - 1;
      return isSign && (!alternate || Math.floor(at / bytes) % 2 === 1) ? 0x80 : 0;
    }),
  );
}

/** One vector on the host. */
function compute({ kind, format }: Fused, a: Value, b: Value, c: Value): Value {
  const change = (value: Value, flag: number): Value =>
    (kind & flag) === 0 ? value : v.operation('v128.xor', value, signs(format, flag === code.ALTERNATE));
  const factor = change(a, code.NEGATE_PRODUCT);
  const addend = change(change(c, code.NEGATE_ADDEND), code.ALTERNATE);
  return v.operation(`${format === 64 ? 'f64x2' : 'f32x4'}.relaxed_madd`, factor, b, addend);
}

function runtime(m: MeaningBuilder, { kind, format }: Fused, lanes: number, operands: readonly Halves[]): void {
  const parameters = [code.MULTIPLY_ADD | kind, format, lanes].map((number) => v.constant32(number));
  const values = operands.flatMap((halves) => [halves[0], high(halves)]);
  raiseFloat(m, m.call('sseFused', m.core(), ...parameters, ...values));
}

function packed(fused: Fused): Definition {
  const { order, format } = fused;
  return (m) => {
    const count = m.halves(0);
    // Memory first: it is the last operand.
    const last = readHalves(m, 2, count);
    const values = [readHalves(m, 0, count), readHalves(m, 1, count), last];
    const [a, b, c] = order.map((operand) => values[operand] ?? last) as [Halves, Halves, Halves];
    const slow = (): void => runtime(m, fused, (count * 128) / format, [a, b, c]);
    if (!hostFuses) {
      slow();
      m.writeVector(0, resultHalves(m, count));
      return;
    }
    const results = a.map((each, half) => m.let(compute(fused, each, b[half] as Value, c[half] as Value)));
    const parts = results.map((result, half) => ({ operands: [a, b, c].map((each) => each[half] as Value), result }));
    m.unlessHosts({ format, lanes: 'all', parts, operation: 'other' }, () => {
      slow();
      for (const [half, result] of results.entries()) m.assign(result, resultHalf(m, half as 0 | 1));
    });
    m.writeVector(0, results);
  };
}

function scalar(fused: Fused): Definition {
  const { order, format } = fused;
  return (m) => {
    const last = readScalar(m, 2, format);
    const first = m.readVector(0);
    const values = [first, m.readVector(1), last];
    const operands = order.map((operand) => values[operand] ?? last);
    const slow = (): void => {
      runtime(
        m,
        fused,
        1,
        operands.map((operand): Halves => [operand]),
      );
    };
    if (!hostFuses) {
      slow();
      writeScalar(m, format, first, resultHalf(m, 0));
      return;
    }
    const [a, b, c] = operands as [Value, Value, Value];
    const result = m.let(lowestOf(format, compute(fused, a, b, c)));
    const parts = [{ operands: operands.map((each) => m.let(lowestOf(format, each))), result }];
    m.unlessHosts({ format, lanes: 'lowest', parts, operation: 'other' }, () => {
      slow();
      m.assign(result, lowestOf(format, resultHalf(m, 0)));
    });
    m.writeVector(0, [m.let(withLowest(format, first, result))]);
  };
}

function definitionsOf(name: string, kind: number): [string, Definition][] {
  const alternates = (kind & code.ALTERNATE) !== 0;
  return Object.entries(orders).flatMap(([digits, order]): [string, Definition][] => [
    [`${name}${digits}ps`, packed({ kind, order, format: 32 })],
    [`${name}${digits}pd`, packed({ kind, order, format: 64 })],
    ...(alternates
      ? []
      : [
          [`${name}${digits}ss`, scalar({ kind, order, format: 32 })] as [string, Definition],
          [`${name}${digits}sd`, scalar({ kind, order, format: 64 })] as [string, Definition],
        ]),
  ]);
}

export const fmaDefinitions: ReadonlyMap<string, Definition> = new Map(
  Object.entries(kinds).flatMap(([name, kind]) => definitionsOf(name, kind)),
);
