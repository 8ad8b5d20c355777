/**
 * Gathers: SDM 2 VGATHERDPD, VGATHERQPS, VPGATHERDD and their like. An element is loaded where the sign of its mask is set; all others keep what
 * the destination holds. A fault changes nothing here: the manual lets the elements before it be done already, and the instruction is
 * restarted in any case.
 */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';
import { halvesOf } from './packed.ts';

function gather(indexBits: 32 | 64, elementBits: 32 | 64): Definition {
  return (m) => {
    const count = Math.min(m.bits(1) / indexBits, m.bits(0) / elementBits);
    const scale = m.scale();
    const base = m.address();
    const perHalf = 128 / elementBits;
    const elements = Array.from({ length: count }, (_, number) => {
      const half = Math.floor(number / perHalf) as 0 | 1;
      const lane = number % perHalf;
      const element = m.let(laneOf(elementBits, m.readVector(0, half), lane));
      const mask = m.let(laneOf(elementBits, m.readVector(2, half), lane));
      const isChosen = v.operation('i64.and', mask, v.constant(1n << BigInt(elementBits - 1)));
      const offset = v.add(m.addressSize, base, v.operation('i64.shl', indexOf(m, indexBits, number), scale));
      m.if(v.operation('i64.ne', isChosen, v.constant(0)), () => m.assign(element, m.load(m.let(offset), elementBits)));
      return element;
    });
    const halves = halvesOf(m);
    const results = halves.map((half) =>
      m.let(
        elements
          .slice(half * perHalf, (half + 1) * perHalf)
          .reduce((result, element, lane) => withLane(elementBits, result, lane, element), v.ZERO),
      ),
    );
    m.writeVector(0, results);
    m.writeVector(
      2,
      halves.map(() => v.ZERO),
    );
  };
}

function laneOf(bits: 32 | 64, of: Value, number: number): Value {
  if (bits === 64) return v.quadword(of, number as 0 | 1);
  return v.operation('i64.extend_i32_u', v.doubleword(of, number));
}

function withLane(bits: 32 | 64, of: Value, number: number, element: Value): Value {
  if (bits === 64) return v.lane('i64x2.replace_lane', number, of, element);
  return v.lane('i32x4.replace_lane', number, of, v.narrow(element));
}

/** Sign-extended. */
function indexOf(m: MeaningBuilder, bits: 32 | 64, number: number): Value {
  const perHalf = 128 / bits;
  const half = m.vectorIndex(Math.floor(number / perHalf) as 0 | 1);
  const lane = number % perHalf;
  if (bits === 64) return v.quadword(half, lane as 0 | 1);
  return v.operation('i64.extend_i32_s', v.doubleword(half, lane));
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
