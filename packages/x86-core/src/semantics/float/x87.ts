/** What every instruction of the x87 begins and ends with: SDM 1 8.6, 8.1.8. */
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import { X87_DP, X87_IP, X87_STATUS } from '../state.ts';
import * as v from '../value.ts';

/** Error summary of the status word: an exception is pending. */
const ES = 0x80;

export function i32(value: number): Value {
  return v.constant32(value);
}

function isPending(m: MeaningBuilder): Value {
  const status = m.stateLoad(X87_STATUS, 32);
  return v.operation('i64.ne', v.operation('i64.and', status, v.constant(ES)), v.constant(0));
}

/** A waiting instruction raises the exception that an earlier one left: #MF. */
export function raisePending(m: MeaningBuilder): void {
  m.raiseIf(isPending(m), 16);
}

/** Keeps the instruction's address: for all but control instructions. */
export function noteInstruction(m: MeaningBuilder): void {
  m.stateStore(X87_IP, 64, { kind: 'this' });
}

/** As processors do now, the operand's address is kept with an exception that is not masked only (CPUID.7.EBX[6]). */
export function noteOperand(m: MeaningBuilder, address: Value): void {
  noteInstruction(m);
  m.if(isPending(m), () => m.stateStore(X87_DP, 64, address));
}
