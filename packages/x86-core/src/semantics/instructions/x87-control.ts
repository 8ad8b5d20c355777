/** Control instructions of the x87: SDM 1 8.3.11. Those whose names begin with FN do not wait for exceptions. */
import { FLOAT_A } from '../float/state.ts';
import { i32, noteInstruction, raisePending } from '../float/x87.ts';
import type { AccessBits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import { X87_CONTROL, X87_STATUS, X87_TOP } from '../state.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

/** What FNCLEX keeps: the condition codes. */
const CONDITIONS = 0x7f00;
const C1 = 0x200;

function statusWord(m: MeaningBuilder): Value {
  const top = v.operation('i64.shl', m.stateLoad(X87_TOP, 32), v.constant(11));
  return m.let(v.operation('i64.or', m.stateLoad(X87_STATUS, 32), top));
}

function keepStatus(m: MeaningBuilder, mask: number): void {
  m.stateStore(X87_STATUS, 32, v.operation('i64.and', m.stateLoad(X87_STATUS, 32), v.constant(mask)));
}

function moveTop(by: number): Definition {
  return (m) => {
    raisePending(m);
    const moved = v.operation('i64.add', m.stateLoad(X87_TOP, 32), v.constant(by));
    m.stateStore(X87_TOP, 32, v.operation('i64.and', moved, v.constant(7)));
    keepStatus(m, 0xffff & ~C1);
    noteInstruction(m);
  };
}

function loadControl(m: MeaningBuilder): void {
  raisePending(m);
  const value = m.read(0);
  m.callChanging('x87SetControl', m.core(), v.operation('i32.wrap_i64', value));
}

/** Bytes of an image: with operands of 16 bits, of 32. */
const ENVIRONMENT = { narrow: 14, wide: 28 };
const REGISTERS = 80;

/** As many bytes as possible in one access: offset and bits. */
function pieces(bytes: number): [number, AccessBits][] {
  const result: [number, AccessBits][] = [];
  for (let at = 0; at < bytes; ) {
    const bits = bytes - at >= 8 ? 64 : bytes - at >= 4 ? 32 : 16;
    result.push([at, bits]);
    at += bits / 8;
  }
  return result;
}

function imageBytes(wide: boolean, registers: boolean): number {
  return (wide ? ENVIRONMENT.wide : ENVIRONMENT.narrow) + (registers ? REGISTERS : 0);
}

function save(registers: boolean): Definition {
  return (m) => {
    const wide = m.operandSize !== 16;
    const bytes = imageBytes(wide, registers);
    const image = m.translate(m.operandAddress(0), bytes, 'write');
    m.callChanging('x87Save', m.core(), i32(wide ? 1 : 0), i32(registers ? 1 : 0));
    for (const [at, bits] of pieces(bytes)) m.storeTo(image, at, bits, m.stateLoad(FLOAT_A + at, bits));
    m.commit(image);
  };
}

function restore(registers: boolean): Definition {
  return (m) => {
    raisePending(m);
    const wide = m.operandSize !== 16;
    const bytes = imageBytes(wide, registers);
    const image = m.translate(m.operandAddress(0), bytes, 'read');
    const values = pieces(bytes).map(([at, bits]) => ({ at, bits, value: m.loadFrom(image, at, bits) }));
    for (const { at, bits, value } of values) m.stateStore(FLOAT_A + at, bits, value);
    m.callChanging('x87Restore', m.core(), i32(wide ? 1 : 0), i32(registers ? 1 : 0));
  };
}

/** Instructions of the 8087 and 80287 that later processors pass over. */
function nothing(): void {}

export const x87ControlDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['fldcw', loadControl],
  ['fnstcw', (m): void => m.write(0, m.stateLoad(X87_CONTROL, 16))],
  ['fnstsw', (m): void => m.write(0, statusWord(m))],
  ['fnclex', (m): void => keepStatus(m, CONDITIONS)],
  ['fninit', (m): void => void m.callChanging('x87Initialize', m.core())],
  ['fincstp', moveTop(1)],
  ['fdecstp', moveTop(-1)],
  ['fnstenv', save(false)],
  ['fnsave', save(true)],
  ['fldenv', restore(false)],
  ['frstor', restore(true)],
  ['wait', raisePending],
  [
    'fnop',
    (m): void => {
      raisePending(m);
      noteInstruction(m);
    },
  ],
  ...['fneni', 'fndisi', 'fnsetpm'].map((name): [string, Definition] => [name, nothing]),
]);
