/** Single elements, masks of signs, extension, tests: SDM 1 11.4.1, 12.10. */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import type { OperatorName } from '../../../wasm/operators.ts';
import * as v from '../../vector-value.ts';
import { carryWord } from '../../flags.ts';
import type { Definition } from '../definition.ts';
import {
  alignLegacy,
  bothEncodings,
  checkPendingException,
  control,
  halvesOf,
  setMmxState,
  sourcesOf,
} from './packed.ts';

type ElementBits = 8 | 16 | 32 | 64;

/** The number of an element: as many bits of the immediate as count. */
function numberOf(m: MeaningBuilder, bits: ElementBits, ofWidth: 64 | 128): Value {
  return m.let(v.operation('i64.and', m.immediate(m.operandCount - 1), v.constant(ofWidth / bits - 1)));
}

/** One element, zero-extended, to a general-purpose register or memory. */
function extract(bits: ElementBits): Definition {
  return (m) => {
    const source = 1;
    const isMmx = m.kind(source) === 'mmx';
    const number = numberOf(m, bits, isMmx ? 64 : 128);
    if (isMmx) {
      checkPendingException(m);
      const distance = v.operation('i64.mul', number, v.constant(bits));
      const element = m.let(v.truncate(bits, v.operation('i64.shr_u', m.read(source), distance)));
      setMmxState(m);
      m.write(0, element);
      return;
    }
    const first = v.splat8(m.let(v.operation('i64.mul', number, v.constant(bits / 8))));
    const moved = v.swizzle(m.readVector(source), v.operation('i8x16.add', v.byteNumbers, first));
    m.write(0, m.let(v.truncate(bits, v.quadword(moved, 0))));
  };
}

/** Replaces one element by the low bits of a register, or memory. */
function insert(bits: ElementBits): Definition {
  return (m) => {
    const { a, b } = sourcesOf(m);
    if (m.kind(0) === 'mmx') checkPendingException(m);
    const value = m.let(v.truncate(bits, m.read(b)));
    if (m.kind(0) === 'mmx') {
      const distance = m.let(v.operation('i64.mul', numberOf(m, bits, 64), v.constant(bits)));
      const mask = v.operation('i64.shl', v.constant(2 ** bits - 1), distance);
      const kept = v.operation('i64.and', m.read(a), v.not(mask));
      const result = m.let(v.operation('i64.or', kept, v.operation('i64.shl', value, distance)));
      setMmxState(m);
      m.write(0, result);
      return;
    }
    const number = numberOf(m, bits, 128);
    m.writeVector(0, [m.let(v.blend(laneMask(bits, number), splat(bits, value), m.readVector(a)))]);
  };
}

function splat(bits: ElementBits, value: Value): Value {
  if (bits === 8) return v.splat8(value);
  if (bits === 16) return v.splat16(value);
  return bits === 32 ? v.splat32(value) : v.splat64(value);
}

/** Ones in one lane. */
function laneMask(bits: ElementBits, number: Value): Value {
  if (bits === 8) return v.operation('i8x16.eq', v.byteNumbers, v.splat8(number));
  if (bits === 16) return v.operation('i16x8.eq', v.wordNumbers, v.splat16(number));
  if (bits === 32) return v.operation('i32x4.eq', v.doublewordNumbers, v.splat32(number));
  return v.operation('i64x2.eq', v.quadwordNumbers, v.splat64(number));
}

/** Bits 7:6 choose a doubleword of a register, 5:4 its place, 3:0 which doublewords become 0. */
function insertSingle(m: MeaningBuilder): void {
  const { a, b } = sourcesOf(m);
  const imm = control(m);
  const field = (shift: number): Value =>
    m.let(v.operation('i64.and', v.operation('i64.shr_u', imm, v.constant(shift)), v.constant(3)));
  const value = m.kind(b) === 'memory' ? v.splat32(m.read(b)) : chosenDoubleword(m.readVector(b), field(6));
  const inserted = v.blend(laneMask(32, field(4)), value, m.readVector(a));
  const flags = v.lanes(1, 2, 4, 8);
  const cleared = v.operation('i32x4.eq', v.vectorAnd(v.splat32(imm), flags), flags);
  m.writeVector(0, [m.let(v.operation('v128.andnot', inserted, cleared))]);
}

/** One doubleword in all lanes. */
function chosenDoubleword(of: Value, number: Value): Value {
  const bytes = v.operation('i32x4.mul', v.splat32(number), v.lanes(...new Array<number>(4).fill(0x0404_0404)));
  return v.swizzle(of, v.operation('i32x4.add', bytes, v.lanes(...new Array<number>(4).fill(0x0302_0100))));
}

/** The signs of all elements as bits of a general-purpose register. */
function signMask(operator: 'i8x16.bitmask' | 'i32x4.bitmask' | 'i64x2.bitmask', count: number): Definition {
  return (m) => {
    if (m.kind(1) === 'mmx') {
      checkPendingException(m);
      const mask = m.let(v.bit(v.operation(operator, v.low64(m.read(1)))));
      setMmxState(m);
      m.write(0, mask);
      return;
    }
    const masks = (m.halves(1) === 2 ? ([0, 1] as const) : ([0] as const)).map((half) => {
      const mask = v.bit(v.operation(operator, m.readVector(1, half)));
      return half === 0 ? mask : v.operation('i64.shl', mask, v.constant(count));
    });
    m.write(0, m.let(masks.reduce((low, high) => v.operation('i64.or', low, high))));
  };
}

/** Extends the low elements of the source: one step for each doubling. The upper half of YMM takes the next elements. */
function extend(sourceBits: 8 | 16 | 32, targetBits: 16 | 32 | 64, sign: 's' | 'u'): Definition {
  const shapes = ['i8x16', 'i16x8', 'i32x4', 'i64x2'];
  const steps: { low: OperatorName; high: OperatorName }[] = [];
  for (let step = Math.log2(sourceBits / 8); 8 << step < targetBits; step++) {
    const name = (half: string): OperatorName =>
      `${shapes[step + 1]}.extend_${half}_${shapes[step]}_${sign}` as OperatorName;
    steps.push({ low: name('low'), high: name('high') });
  }
  return (m) => {
    const bits = m.bits(1);
    if (m.kind(1) === 'memory' && bits === 128) alignLegacy(m, 1);
    const source =
      m.kind(1) === 'vector' || bits === 128 ? m.readVector(1) : m.let(v.low64(m.readLow(1, bits as 16 | 32 | 64)));
    m.writeVector(
      0,
      halvesOf(m).map((half) =>
        m.let(
          steps.reduce((value, { low, high }, step) => {
            const isLast = step === steps.length - 1;
            return v.operation(isLast && half === 1 ? high : low, value);
          }, source),
        ),
      ),
    );
  };
}

/** ZF: a and b have no bit in common (of `mask`). CF: b has none beside a. All other flags become 0. */
function test(mask: Value | undefined): Definition {
  return (m) => {
    alignLegacy(m, 1);
    const masked = (value: Value): Value => (mask === undefined ? value : v.vectorAnd(value, mask));
    const any = (name: 'v128.and' | 'v128.andnot'): Value =>
      m.let(
        halvesOf(m)
          .map((half) =>
            v.operation('v128.any_true', masked(v.operation(name, m.readVector(1, half), m.readVector(0, half)))),
          )
          .reduce((low, high) => v.operation('i32.or', low, high)),
      );
    const common = any('v128.and');
    const beside = any('v128.andnot');
    const carry = m.let(carryWord(v.bit(v.operation('i32.eqz', beside)), v.constant(0)));
    const hasCommon = m.let(v.bit(common));
    // The result is 1 where ZF is 0, and PF is corrected to 0 where it is 0.
    const aux = m.let(v.operation('i64.shl', v.operation('i64.xor', hasCommon, v.constant(1)), v.constant(8)));
    m.flags('settled', 64, carry, aux, hasCommon);
  };
}

const signsOfSingles = v.lanes(...new Array<number>(4).fill(0x8000_0000));
const signsOfDoubles = v.lanes(...new Array<number>(4).fill(0).map((_, lane) => (lane % 2) * 0x8000_0000));

export const vectorElementDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...bothEncodings('pextrb', extract(8)),
  ...bothEncodings('pextrw', extract(16)),
  ...bothEncodings('pextrd', extract(32)),
  ...bothEncodings('pextrq', extract(64)),
  ...bothEncodings('extractps', extract(32)),
  ...bothEncodings('pinsrb', insert(8)),
  ...bothEncodings('pinsrw', insert(16)),
  ...bothEncodings('pinsrd', insert(32)),
  ...bothEncodings('pinsrq', insert(64)),
  ...bothEncodings('insertps', insertSingle),
  ...bothEncodings('pmovmskb', signMask('i8x16.bitmask', 16)),
  ...bothEncodings('movmskps', signMask('i32x4.bitmask', 4)),
  ...bothEncodings('movmskpd', signMask('i64x2.bitmask', 2)),
  ...(['s', 'u'] as const).flatMap((sign) => {
    const name = sign === 's' ? 'pmovsx' : 'pmovzx';
    return [
      ...bothEncodings(`${name}bw`, extend(8, 16, sign)),
      ...bothEncodings(`${name}bd`, extend(8, 32, sign)),
      ...bothEncodings(`${name}bq`, extend(8, 64, sign)),
      ...bothEncodings(`${name}wd`, extend(16, 32, sign)),
      ...bothEncodings(`${name}wq`, extend(16, 64, sign)),
      ...bothEncodings(`${name}dq`, extend(32, 64, sign)),
    ];
  }),
  ...bothEncodings('ptest', test(undefined)),
  ['vtestps', test(signsOfSingles)],
  ['vtestpd', test(signsOfDoubles)],
]);
