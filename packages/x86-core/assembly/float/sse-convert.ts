/** CVTxx, VCVTPH2PS, VCVTPS2PH and ROUNDxx. */
import { FLOAT_B, FLOAT_RESULT } from '../../src/semantics/float/state';
import { MXCSR } from '../../src/semantics/state';
import * as conversion from '../../src/semantics/float/operation';
import * as environment from './environment';
import { INEXACT, raise, setRounding } from './environment';
import { fromInteger, toInteger, toIntegral } from './integral';
import * as number from './number';
import { FINITE, QUIET, noteDenormal, pack16, pack32, pack64, quiet, unpack16, unpack32, unpack64 } from './number';
import { format16, format32, format64, round } from './round';
import { finishSse } from './sse';

/** Converts lanes of FLOAT_B. @param control a rounding mode, or ROUND_AS_MXCSR; QUIETLY. */
export function conversions(core: usize, code: i32, lanes: i32, control: i32): i32 {
  environment.beginSse(load<u32>(core, MXCSR));
  if ((control & conversion.ROUND_AS_MXCSR) == 0) setRounding(control & 3);
  const quietly = (control & conversion.QUIETLY) != 0;
  for (let lane = 0; lane < lanes; lane++) convert(core, code, lane, quietly);
  return finishSse(core);
}

function convert(core: usize, code: i32, lane: i32, quietly: bool): void {
  const from16 = core + lane * 2;
  const from32 = core + lane * 4;
  const from64 = core + lane * 8;
  switch (code) {
    case conversion.FLOAT64_TO_FLOAT32:
      unpack64(load<u64>(from64, FLOAT_B));
      format32();
      reformat();
      store<u32>(from32, <u32>pack32(), FLOAT_RESULT);
      return;
    case conversion.FLOAT32_TO_FLOAT64:
      unpack32(load<u32>(from32, FLOAT_B));
      format64();
      reformat();
      store<u64>(from64, pack64(), FLOAT_RESULT);
      return;
    case conversion.INT32_TO_FLOAT32:
      format32();
      fromInteger(load<i32>(from32, FLOAT_B));
      store<u32>(from32, <u32>pack32(), FLOAT_RESULT);
      return;
    case conversion.INT32_TO_FLOAT64:
      format64();
      fromInteger(load<i32>(from32, FLOAT_B));
      store<u64>(from64, pack64(), FLOAT_RESULT);
      return;
    case conversion.INT64_TO_FLOAT32:
      format32();
      fromInteger(load<i64>(from64, FLOAT_B));
      store<u32>(from32, <u32>pack32(), FLOAT_RESULT);
      return;
    case conversion.INT64_TO_FLOAT64:
      format64();
      fromInteger(load<i64>(from64, FLOAT_B));
      store<u64>(from64, pack64(), FLOAT_RESULT);
      return;
    case conversion.FLOAT32_TO_INT32:
      unpack32(load<u32>(from32, FLOAT_B));
      store<u32>(from32, <u32>toInteger(32, quietly), FLOAT_RESULT);
      return;
    case conversion.FLOAT64_TO_INT32:
      unpack64(load<u64>(from64, FLOAT_B));
      store<u32>(from32, <u32>toInteger(32, quietly), FLOAT_RESULT);
      return;
    case conversion.FLOAT32_TO_INT64:
      unpack32(load<u32>(from32, FLOAT_B));
      store<u64>(from64, toInteger(64, quietly), FLOAT_RESULT);
      return;
    case conversion.FLOAT64_TO_INT64:
      unpack64(load<u64>(from64, FLOAT_B));
      store<u64>(from64, toInteger(64, quietly), FLOAT_RESULT);
      return;
    case conversion.FLOAT16_TO_FLOAT32:
      unpack16(load<u16>(from16, FLOAT_B));
      // Always exact; a half-precision denormal is no exception.
      if (number.kind >= QUIET) quiet();
      store<u32>(from32, <u32>pack32(), FLOAT_RESULT);
      return;
    case conversion.FLOAT32_TO_FLOAT16:
      unpack32(load<u32>(from32, FLOAT_B));
      format16();
      environment.ignoreFlushToZero();
      reformat();
      // Unmasked underflow of a denormal comes with the inexact flag on processors.
      if (number.kind <= FINITE && number.denormal) raise(INEXACT);
      store<u16>(from16, <u16>pack16(), FLOAT_RESULT);
      return;
    case conversion.ROUND32:
      unpack32(load<u32>(from32, FLOAT_B));
      toIntegral(quietly);
      store<u32>(from32, <u32>pack32(), FLOAT_RESULT);
      return;
    default:
      unpack64(load<u64>(from64, FLOAT_B));
      toIntegral(quietly);
      store<u64>(from64, pack64(), FLOAT_RESULT);
  }
}

/** The number at hand to the format that is set. */
function reformat(): void {
  if (number.kind >= QUIET) quiet();
  else if (number.kind == FINITE) {
    noteDenormal(number.denormal);
    round(number.sign, number.exponent, number.significand, 0);
  }
}
