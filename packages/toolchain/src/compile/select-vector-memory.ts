/** Vector loads that widen, splat, fill or change lanes, and stores of single lanes. */
import type { Value } from '../ir/graph.ts';
import type { Width } from './lir.ts';
import { addressOf } from './select-address.ts';
import type { VectorCode } from './vector-code.ts';

const WIDEN: Readonly<Record<string, string>> = {
  'v128.load8x8_s': 'pmovsxbw',
  'v128.load8x8_u': 'pmovzxbw',
  'v128.load16x4_s': 'pmovsxwd',
  'v128.load16x4_u': 'pmovzxwd',
  'v128.load32x2_s': 'pmovsxdq',
  'v128.load32x2_u': 'pmovzxdq',
};
const LANE: Readonly<Record<number, string>> = { 8: 'b', 16: 'w', 32: 'd', 64: 'q' };

export function selectVectorMemory(code: VectorCode, value: Value, name: string): void {
  const { selector } = code;
  const bits = (value.bytes * 8) as Width;
  const lane = LANE[bits] as string;
  const memory = addressOf(selector, value, bits);
  if (name.startsWith('v128.store')) {
    const vector = selector.use(value.args[1] as Value, 128);
    if (value.index === 0 && bits >= 32) selector.emit(bits === 32 ? 'movss' : 'movsd', memory, vector);
    else selector.emit(`pextr${lane}`, memory, vector, value.index);
    return;
  }
  const result = code.result(value);
  const widen = WIDEN[name];
  if (widen !== undefined) code.set(widen, result, memory);
  else if (name.endsWith('_zero')) code.set(bits === 32 ? 'movss' : 'movsd', result, memory);
  else if (name.endsWith('_lane')) {
    code.into(result, value.args[1] as Value);
    code.op(`pinsr${lane}`, result, memory, value.index);
  } else if (bits >= 32) {
    code.set(bits === 32 ? 'movss' : 'movsd', result, memory);
    code.op('pshufd', result, result, bits === 32 ? 0 : 0x44);
  } else {
    const zero = bits === 8 ? code.zero() : -1;
    selector.emitKind('zero', 'pxor', selector.defined(result, 128));
    code.op(`pinsr${lane}`, result, memory, 0);
    if (bits === 8) code.op('pshufb', result, zero);
    else {
      code.op('pshuflw', result, result, 0);
      code.op('pshufd', result, result, 0);
    }
  }
}
