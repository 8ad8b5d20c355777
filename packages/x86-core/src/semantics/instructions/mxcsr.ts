/** LDMXCSR and STMXCSR: SDM 1 10.2.3. */
import type { MeaningBuilder } from '../meaning-builder.ts';
import { MXCSR } from '../state.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

/** Bits of MXCSR that are not reserved: MXCSR_MASK of an FXSAVE image. */
const MXCSR_MASK = 0xffff;

function load(m: MeaningBuilder): void {
  const value = m.read(0);
  m.raiseIf(v.operation('i64.gt_u', value, v.constant(MXCSR_MASK)), 13, v.constant(0));
  m.callChanging('setMxcsr', m.core(), v.operation('i32.wrap_i64', value));
}

function store(m: MeaningBuilder): void {
  m.write(0, m.stateLoad(MXCSR, 32));
}

export const mxcsrDefinitions: ReadonlyMap<string, Definition> = new Map([
  ['ldmxcsr', load],
  ['vldmxcsr', load],
  ['stmxcsr', store],
  ['vstmxcsr', store],
]);
