/** Fused multiply and add: SDM 1 14.5. On the host where it rounds once (float/host-fma.ts) and float/fast-path.ts allows it, else by the runtime. */
import { areLowestInRange, type Format, isInRange } from '../float/fast-path.ts';
import { hostFuses } from '../float/host-fma.ts';
import * as code from '../float/operation.ts';
import { type Halves, high, raiseFloat, readHalves, readScalar, resultHalves, writeScalar } from '../float/operands.ts';
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
    const operands = order.map((operand) => values[operand] ?? last);
    const slow = (): void => {
      runtime(m, fused, (count * 128) / format, operands);
      m.writeVector(0, resultHalves(m, count));
    };
    if (!hostFuses) {
      slow();
      return;
    }
    const [a, b, c] = operands as [Halves, Halves, Halves];
    const results = a.map((each, half) => m.let(compute(fused, each, b[half] as Value, c[half] as Value)));
    m.if(isInRange(m, format, operands.flat(), results), () => m.writeVector(0, results), slow);
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
      const halves = operands.map((operand): Halves => [operand]);
      runtime(m, fused, 1, halves);
      writeScalar(m, format, first, resultHalves(m, 1)[0]);
    };
    if (!hostFuses) {
      slow();
      return;
    }
    const [a, b, c] = operands as [Value, Value, Value];
    const result = m.let(compute(fused, a, b, c));
    const fast = (): void => writeScalar(m, format, first, result);
    m.if(areLowestInRange(m, format, [a, b, result, c]), fast, slow);
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
