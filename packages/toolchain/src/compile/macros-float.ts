/** Sequences for scalar floats: minimum and maximum, conversions between floats and integers outside of what CVT instructions do. */
import type { Operand, Register } from '@drift-os/x86-core';
import type { Expansion } from './macro.ts';
import { CC } from './lir.ts';
import { physical } from './physical.ts';

const NAN_OR_RANGE = 'invalid conversion to integer';

/** NaN if either is NaN; -0 is less than 0: MINSS and MAXSS decide neither so. */
function extreme(suffix: 'ss' | 'sd', instruction: 'min' | 'max'): Expansion {
  return ({ code }, _instruction, [a, b]) => {
    const different = code.newLabel();
    const unordered = code.newLabel();
    const done = code.newLabel();
    code.emit(`ucomi${suffix}`, a as Operand, b as Operand);
    code.jump(different, CC.ne);
    code.jump(unordered, CC.p);
    // Equal: only zeros can differ, in their signs.
    code.emit(instruction === 'min' ? 'orps' : 'andps', a as Operand, b as Operand);
    code.jump(done);
    code.bind(unordered);
    code.emit(`add${suffix}`, a as Operand, b as Operand);
    code.jump(done);
    code.bind(different);
    code.emit(`${instruction}${suffix}`, a as Operand, b as Operand);
    code.bind(done);
  };
}

/** The conversion to 64 bits was done: it must fit 32, or the answer is a trap or (without a sign) the nearest value. */
function narrow(signed: boolean, saturating: boolean): Expansion {
  return (emitter, { trap, float }, [result, source, scratch, zero]) => {
    const { code } = emitter;
    const { number } = result as Register;
    const other = (scratch as Register).number;
    const done = code.newLabel();
    if (signed) code.emit('movsxd', physical(other, 64), physical(number, 32));
    else code.emit('mov', physical(other, 32), physical(number, 32));
    code.emit('cmp', physical(other, 64), physical(number, 64));
    if (!saturating) {
      code.jump(emitter.trapLabel(trap ?? NAN_OR_RANGE), CC.ne);
      code.emit('mov', physical(number, 32), physical(number, 32));
      return;
    }
    code.jump(done, CC.e);
    code.emit('xor', physical(number, 32), physical(number, 32));
    code.emit(`ucomi${float}`, source as Operand, zero as Operand);
    code.jump(done, CC.p);
    code.jump(done, CC.b);
    code.emit('mov', physical(number, 32), 0xffffffff);
    code.bind(done);
    code.emit('mov', physical(number, 32), physical(number, 32));
  };
}

/** The conversion gives the least integer for everything out of range and for NaN, and for itself. */
const truncateSigned: Expansion = (emitter, { trap, float }, [result, source, least]) => {
  const { code } = emitter;
  const done = code.newLabel();
  code.emit('cmp', result as Operand, 1);
  code.jump(done, CC.no);
  code.emit(`ucomi${float}`, source as Operand, least as Operand);
  code.jump(emitter.trapLabel(trap as string), CC.ne);
  code.jump(emitter.trapLabel(trap as string), CC.p);
  code.bind(done);
};

/** As `truncateSigned`: comparing with 1 overflows for the least integer only, of 32 bits or 64. */
const saturateSigned: Expansion = ({ code }, { float }, [result, source, zero]) => {
  const { bits } = result as Register;
  const done = code.newLabel();
  const negative = code.newLabel();
  code.emit('cmp', result as Operand, 1);
  code.jump(done, CC.no);
  code.emit('xor', physical((result as Register).number, 32), physical((result as Register).number, 32));
  code.emit(`ucomi${float}`, source as Operand, zero as Operand);
  code.jump(done, CC.p);
  code.jump(negative, CC.b);
  code.emit('mov', result as Operand, bits === 64 ? 0x7fffffffffffffffn : 0x7fffffff);
  code.jump(done);
  code.bind(negative);
  code.emit('mov', result as Operand, bits === 64 ? 0x8000000000000000n : 0x80000000);
  code.bind(done);
};

/** Below 2^63 the signed conversion is right; above, it is that of the number less 2^63. */
function unsignedWide(saturating: boolean): Expansion {
  return (emitter, { trap, float }, [result, source, scratch, half, zero]) => {
    const { code } = emitter;
    const done = code.newLabel();
    const outside = code.newLabel();
    code.emit('test', result as Operand, result as Operand);
    code.jump(done, CC.ns);
    code.emit('movaps', scratch as Operand, source as Operand);
    code.emit(`sub${float}`, scratch as Operand, half as Operand);
    code.emit(`cvtt${float}2si`, result as Operand, scratch as Operand);
    code.emit('test', result as Operand, result as Operand);
    code.jump(saturating ? outside : emitter.trapLabel(trap as string), CC.s);
    code.emit('bts', result as Operand, 63);
    if (saturating) {
      const { number } = result as Register;
      code.jump(done);
      code.bind(outside);
      code.emit('xor', physical(number, 32), physical(number, 32));
      code.emit(`ucomi${float}`, source as Operand, zero as Operand);
      code.jump(done, CC.p);
      code.jump(done, CC.b);
      code.emit('mov', result as Operand, -1);
    }
    code.bind(done);
  };
}

/** A u64 with its top bit set is halved, the lost bit kept for the rounding, and doubled again. */
const convertU64: Expansion = ({ code }, { float }, [result, half, low]) => {
  const done = code.newLabel();
  const large = code.newLabel();
  code.emit('test', half as Operand, half as Operand);
  code.jump(large, CC.s);
  code.emit(`cvtsi2${float}`, result as Operand, half as Operand);
  code.jump(done);
  code.bind(large);
  code.emit('mov', low as Operand, half as Operand);
  code.emit('and', physical((low as Register).number, 32), 1);
  code.emit('shr', half as Operand, 1);
  code.emit('or', half as Operand, low as Operand);
  code.emit(`cvtsi2${float}`, result as Operand, half as Operand);
  code.emit(`add${float}`, result as Operand, result as Operand);
  code.bind(done);
};

export const floatMacros: Readonly<Record<string, Expansion>> = {
  min_ss: extreme('ss', 'min'),
  min_sd: extreme('sd', 'min'),
  max_ss: extreme('ss', 'max'),
  max_sd: extreme('sd', 'max'),
  truncate_i32_s: narrow(true, false),
  truncate_i32_u: narrow(false, false),
  saturate_i32_s: saturateSigned,
  saturate_i32_u: narrow(false, true),
  truncate_i64_s: truncateSigned,
  saturate_i64_s: saturateSigned,
  truncate_i64_u: unsignedWide(false),
  saturate_i64_u: unsignedWide(true),
  convert_u64: convertU64,
};
