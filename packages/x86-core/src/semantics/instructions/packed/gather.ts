/**
 * Gathers: SDM 2 VGATHERDPD, VGATHERQPS, VPGATHERDD and their like. An element is loaded where the sign of its mask is set; all others keep what
 * the destination holds. Each element is a round, from the lowest on, that clears its mask: a fault leaves what is done, and the rest begins anew.
 */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';

interface Lanes {
  readonly bits: 32 | 64;
  readonly equal: 'i32x4.eq' | 'i64x2.eq';
  readonly bitmask: 'i32x4.bitmask' | 'i64x2.bitmask';
  readonly shift: 'i32x4.shr_s' | 'i64x2.shr_s';
  readonly numbers: Value;
  readonly splat: (value: Value) => Value;
}

const lanesOf: Readonly<Record<32 | 64, Lanes>> = {
  32: {
    bits: 32,
    equal: 'i32x4.eq',
    bitmask: 'i32x4.bitmask',
    shift: 'i32x4.shr_s',
    numbers: v.doublewordNumbers,
    splat: v.splat32,
  },
  64: {
    bits: 64,
    equal: 'i64x2.eq',
    bitmask: 'i64x2.bitmask',
    shift: 'i64x2.shr_s',
    numbers: v.quadwordNumbers,
    splat: v.splat64,
  },
};

function gather(indexBits: 32 | 64, elementBits: 32 | 64): Definition {
  const lanes = lanesOf[elementBits];
  return (m) => {
    const count = Math.min(m.bits(1) / indexBits, m.bits(0) / elementBits);
    normalizeMask(m, lanes);
    m.if(chosenLanes(m, lanes, count), () =>
      m.loop(() => {
        const number = m.let(v.operation('i64.extend_i32_u', v.operation('i32.ctz', chosenLanes(m, lanes, count))));
        const index = v.operation('i64.shl', indexAt(m, indexBits, number), m.scale());
        const element = m.load(m.let(v.add(m.addressSize, m.address(), index)), elementBits);
        replace(m, 0, lanes, number, lanes.splat(element));
        replace(m, 2, lanes, number, v.ZERO);
        return chosenLanes(m, lanes, count);
      }, false),
    );
    clearAbove(m, count * elementBits);
    m.writeVector(2, [v.ZERO]);
  };
}

/** By the vector length of the encoding: that of the elements or of the index, whichever is longer. */
function halvesOf(m: MeaningBuilder): readonly (0 | 1)[] {
  return m.bits(0) === 256 || m.bits(1) === 256 ? [0, 1] : [0];
}

/** All ones or 0 in each lane of the mask, also in those that no element has. */
function normalizeMask(m: MeaningBuilder, lanes: Lanes): void {
  m.writeVector(
    2,
    halvesOf(m).map((half) => m.let(v.shiftLanes(lanes.shift, m.readVector(2, half), lanes.bits - 1))),
  );
}

/** A bit for each element whose mask is set, i32. */
function chosenLanes(m: MeaningBuilder, lanes: Lanes, count: number): Value {
  const masks = halvesOf(m).map((half) =>
    v.operation('i32.shl', v.operation(lanes.bitmask, m.readVector(2, half)), v.constant32((128 / lanes.bits) * half)),
  );
  const all = masks.reduce((low, high) => v.operation('i32.or', low, high));
  return m.let(v.operation('i32.and', all, v.constant32(2 ** count - 1)));
}

/** One lane of a register becomes that of `all`. */
function replace(m: MeaningBuilder, operand: number, lanes: Lanes, number: Value, all: Value): void {
  m.writeVector(
    operand,
    halvesOf(m).map((half) => {
      const inHalf = v.operation('i64.sub', number, v.constant((128 / lanes.bits) * half));
      const place = v.operation(lanes.equal, lanes.numbers, lanes.splat(inHalf));
      return m.let(v.blend(place, all, m.readVector(operand, half)));
    }),
  );
}

/** One lane of the index, sign-extended. */
function indexAt(m: MeaningBuilder, bits: 32 | 64, number: Value): Value {
  const perHalf = 128 / bits;
  const low = m.vectorIndex(0);
  const whole =
    m.bits(1) === 128
      ? low
      : m.let(v.select(v.operation('i64.lt_u', number, v.constant(perHalf)), low, m.vectorIndex(1)));
  const inHalf = v.operation('i64.and', number, v.constant(perHalf - 1));
  const first = v.splat8(m.let(v.operation('i64.mul', inHalf, v.constant(bits / 8))));
  const lane = v.quadword(v.swizzle(whole, v.operation('i8x16.add', v.byteNumbers, first)), 0);
  return bits === 64 ? lane : v.signed(32, lane);
}

/** What the elements do not reach becomes 0. */
function clearAbove(m: MeaningBuilder, bits: number): void {
  const [low, high] = [m.readVector(0, 0), m.readVector(0, 1)];
  if (bits === 256) m.writeVector(0, [low, high]);
  else m.writeVector(0, [bits === 128 ? low : m.let(v.vectorAnd(low, v.lanes(-1, 0)))]);
}

export const gatherDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['vpgatherdd', gather(32, 32)],
  ['vpgatherdq', gather(32, 64)],
  ['vpgatherqd', gather(64, 32)],
  ['vpgatherqq', gather(64, 64)],
  ['vgatherdps', gather(32, 32)],
  ['vgatherdpd', gather(32, 64)],
  ['vgatherqps', gather(64, 32)],
  ['vgatherqpd', gather(64, 64)],
]);
