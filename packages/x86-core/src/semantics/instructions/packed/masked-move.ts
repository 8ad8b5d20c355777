/**
 * Moves of the elements that a mask chooses: SDM 2 MASKMOVDQU, MASKMOVQ, VMASKMOV, VPMASKMOV. "Faults occur only for elements whose mask is set".
 *
 * Where the vector lies within one page, an access to one element is allowed just where one to all of them is, so it is translated once.
 * Across two pages, with only some elements chosen, TypeScript carries it out element by element.
 */
import type { Access, AccessBits, Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import type { Address } from '../../statement-builder.ts';
import * as v from '../../vector-value.ts';
import { type Definition, RDI } from '../definition.ts';
import { checkPendingException, halvesOf, setMmxState } from './packed.ts';

const PAGE = 4096;

/** i32: whether `bytes` from a linear address reach into the next page. */
function crosses(linear: Value, bytes: number): Value {
  const first = v.operation('i64.and', linear, v.constant(PAGE - 1));
  return v.operation('i64.gt_u', first, v.constant(PAGE - bytes));
}

/** The signs of the lanes, one bit each from bit 0 on, of one or two halves. i32. */
function bitsOf(m: MeaningBuilder, halves: readonly Value[], width: 8 | 32 | 64): Value {
  const operator = width === 8 ? 'i8x16.bitmask' : width === 32 ? 'i32x4.bitmask' : 'i64x2.bitmask';
  const masks = halves.map((half, number) =>
    v.operation('i32.shl', v.operation(operator, half), v.constant32((number * 128) / width)),
  );
  return m.let(masks.reduce((low, high) => v.operation('i32.or', low, high)));
}

function load(width: 32 | 64): Definition {
  return (m) => {
    const signs = halvesOf(m).map((half) => m.readVector(1, half));
    const mask = bitsOf(m, signs, width);
    const all = 2 ** ((128 * signs.length) / width) - 1;
    leaveWhereApart(m, mask, all, m.linearAddress(), 16 * signs.length);
    const loaded = signs.map(() => m.let(v.ZERO));
    m.if(v.operation('i32.ne', mask, v.constant32(0)), () => {
      checkFirst(m, m.operandAddress(2), mask, width, 'read');
      for (const [half, sign] of signs.entries()) {
        const chosen = v.shiftLanes(width === 32 ? 'i32x4.shr_s' : 'i64x2.shr_s', sign, width - 1);
        m.assign(loaded[half] as Value, v.vectorAnd(m.readVector(2, half as 0 | 1), chosen));
      }
    });
    m.writeVector(0, loaded);
  };
}

/** Nothing is done for an empty mask, not even a translation. */
function leaveWhereApart(m: MeaningBuilder, mask: Value, all: number, linear: Value, bytes: number): void {
  const some = v.operation(
    'i32.and',
    v.operation('i32.ne', mask, v.constant32(0)),
    v.operation('i32.ne', mask, v.constant32(all)),
  );
  m.if(v.operation('i32.and', some, crosses(linear, bytes)), () => m.assist());
}

/** Elements of `values`, by bit of the mask, to memory that is translated whole. */
function storeChosen(
  m: MeaningBuilder,
  address: Address,
  mask: Value,
  values: readonly Value[],
  width: AccessBits,
): void {
  const place = m.translate(address, (values.length * width) / 8, 'modify');
  for (const [number, value] of values.entries()) {
    const chosen = v.operation('i32.and', mask, v.constant32(2 ** number));
    m.if(chosen, () => m.storeTo(place, (number * width) / 8, width, value));
  }
  m.commit(place);
}

/** A fault is that of the first element that is chosen. */
function checkFirst(
  m: MeaningBuilder,
  { offset, segment }: Address,
  mask: Value,
  width: AccessBits,
  access: Access,
): void {
  const number = v.operation('i64.extend_i32_u', v.operation('i32.ctz', mask));
  const first = v.add(m.addressSize, offset, v.operation('i64.mul', number, v.constant(width / 8)));
  m.translate({ offset: m.let(first), segment }, 1, access);
}

function store(width: 32 | 64): Definition {
  return (m) => {
    const halves = m.halves(1) === 2 ? ([0, 1] as const) : ([0] as const);
    const mask = bitsOf(
      m,
      halves.map((half) => m.readVector(1, half)),
      width,
    );
    const values = halves.flatMap((half) => lanesOf(m, m.readVector(2, half), width));
    leaveWhereApart(m, mask, 2 ** values.length - 1, m.linearAddress(), 16 * halves.length);
    m.if(v.operation('i32.ne', mask, v.constant32(0)), () => {
      checkFirst(m, m.operandAddress(0), mask, width, 'write');
      storeChosen(m, m.operandAddress(0), mask, values, width);
    });
  };
}

function lanesOf(m: MeaningBuilder, of: Value, width: 8 | 32 | 64): Value[] {
  return Array.from({ length: 128 / width }, (_, number) => {
    if (width === 64) return m.let(v.quadword(of, number as 0 | 1));
    const lane = width === 32 ? v.doubleword(of, number) : v.lane('i8x16.extract_lane_u', number, of);
    return m.let(v.operation('i64.extend_i32_u', lane));
  });
}

/**
 * To RDI in DS, or the segment of a prefix; the mask is the second operand. Eight bytes are one access, also where none is chosen, and of 16 the
 * upper eight come first.
 */
function storeBytes(m: MeaningBuilder): void {
  const isMmx = m.kind(0) === 'mmx';
  if (isMmx) {
    checkPendingException(m);
    m.early(() => setMmxState(m));
  }
  const [source, signs] = isMmx
    ? [m.let(v.low64(m.read(0))), m.let(v.low64(m.read(1)))]
    : [m.readVector(0), m.readVector(1)];
  const mask = bitsOf(m, [signs], 8);
  const bytes = lanesOf(m, source, 8);
  for (const first of isMmx ? [0] : [8, 0]) {
    const offset = m.let(v.add(m.addressSize, m.gpr(RDI, m.addressSize), v.constant(first)));
    const part = m.let(v.operation('i32.and', v.operation('i32.shr_u', mask, v.constant32(first)), v.constant32(0xff)));
    m.early(() => storeChosen(m, { offset, segment: 'operand' }, part, bytes.slice(first, first + 8), 8));
  }
}

export const maskedMoveDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['maskmovq', storeBytes],
  ['maskmovdqu', storeBytes],
  ['vmaskmovdqu', storeBytes],
  ['vmaskmovps', (m) => (m.kind(0) === 'memory' ? store(32) : load(32))(m)],
  ['vmaskmovpd', (m) => (m.kind(0) === 'memory' ? store(64) : load(64))(m)],
  ['vpmaskmovd', (m) => (m.kind(0) === 'memory' ? store(32) : load(32))(m)],
  ['vpmaskmovq', (m) => (m.kind(0) === 'memory' ? store(64) : load(64))(m)],
]);
