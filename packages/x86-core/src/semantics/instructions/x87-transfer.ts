/** Loads, stores, moves and constants of the x87: SDM 1 8.3.3, 8.3.4. */
import { FLOAT_RESULT } from '../float/state.ts';
import { i32, noteInstruction, noteOperand, raisePending } from '../float/x87.ts';
import type { AccessBits } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import { conditionNames, type Definition } from './definition.ts';
import { formatNumber, type MemoryFormat } from './x87.ts';

const FORMAT80 = 80;
const DECIMAL = 18;
/** Bytes of both. */
const TEN = 10;
const TRUNCATE = 3;
const IN_CONTROL_WORD = -1;

function load(format: MemoryFormat): Definition {
  return (m) => {
    raisePending(m);
    if (m.kind(0) === 'x87') {
      m.callChanging('x87LoadRegister', m.core(), i32(m.registerNumber(0)));
      noteInstruction(m);
      return;
    }
    if (m.bits(0) === FORMAT80) {
      loadTen(m, FORMAT80);
      return;
    }
    const value = m.read(0);
    const address = m.address();
    m.callChanging('x87Load', m.core(), i32(formatNumber(m, format)), value, i32(0));
    noteOperand(m, address);
  };
}

function loadTen(m: MeaningBuilder, format: number): void {
  const translated = m.translate(m.operandAddress(0), TEN, 'read');
  const low = m.loadFrom(translated, 0, 64);
  const head = v.operation('i32.wrap_i64', m.loadFrom(translated, 8, 16));
  const address = m.address();
  m.callChanging('x87Load', m.core(), i32(format), low, head);
  noteOperand(m, address);
}

function store(format: MemoryFormat, mode: number, pops: 0 | 1): Definition {
  return (m) => {
    raisePending(m);
    if (m.kind(0) === 'x87') {
      m.callChanging('x87StoreRegister', m.core(), i32(m.registerNumber(0)), i32(pops));
      noteInstruction(m);
    } else if (m.bits(0) === FORMAT80) storeValue(m, FORMAT80, TEN, mode, pops);
    else storeValue(m, formatNumber(m, format), m.bits(0) / 8, mode, pops);
  };
}

/** Where an exception that is not masked is found, nothing is stored or popped, and memory is not touched. */
function storeValue(m: MeaningBuilder, format: number, bytes: number, mode: number, pops: 0 | 1): void {
  const address = m.address();
  const stored = m.call('x87Convert', m.core(), i32(format), i32(mode));
  m.if(stored, () => {
    const translated = m.translate(m.operandAddress(0), bytes, 'write');
    const bits = (bytes === TEN ? 64 : 8 * bytes) as AccessBits;
    m.storeTo(translated, 0, bits, m.stateLoad(FLOAT_RESULT, bits));
    if (bytes === TEN) m.storeTo(translated, 8, 16, m.stateLoad(FLOAT_RESULT + 8, 16));
    m.commit(translated);
  });
  m.callChanging('x87Stored', m.core(), stored, i32(pops));
  noteOperand(m, address);
}

function onRegister(name: string, operand: number, ...others: number[]): Definition {
  return (m) => {
    raisePending(m);
    m.callChanging(name, m.core(), i32(m.registerNumber(operand)), ...others.map((other) => i32(other)));
    noteInstruction(m);
  };
}

function conditionalMove(condition: number): Definition {
  return (m) => {
    raisePending(m);
    const moves = m.condition(condition);
    m.callChanging('x87Move', m.core(), moves, i32(m.registerNumber(1)));
    noteInstruction(m);
  };
}

function constant(which: number): Definition {
  return (m) => {
    raisePending(m);
    m.callChanging('x87LoadConstant', m.core(), i32(which));
    noteInstruction(m);
  };
}

/** By the low three bits of the opcode. */
const constants = ['fld1', 'fldl2t', 'fldl2e', 'fldpi', 'fldlg2', 'fldln2', 'fldz'];
/** FCMOVcc by its name for the condition, and Jcc's. */
const conditions = { b: 'b', e: 'e', be: 'be', u: 'p', nb: 'ae', ne: 'ne', nbe: 'a', nu: 'np' };

export const x87TransferDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['fld', load('float')],
  ['fild', load('integer')],
  [
    'fbld',
    (m): void => {
      raisePending(m);
      loadTen(m, DECIMAL);
    },
  ],
  ['fst', store('float', IN_CONTROL_WORD, 0)],
  ['fstp', store('float', IN_CONTROL_WORD, 1)],
  ['fstpnce', onRegister('x87StoreUnchecked', 0)],
  ['fist', store('integer', IN_CONTROL_WORD, 0)],
  ['fistp', store('integer', IN_CONTROL_WORD, 1)],
  ['fisttp', store('integer', TRUNCATE, 1)],
  [
    'fbstp',
    (m): void => {
      raisePending(m);
      storeValue(m, DECIMAL, TEN, IN_CONTROL_WORD, 1);
    },
  ],
  ['fxch', onRegister('x87Exchange', 1)],
  ['ffree', onRegister('x87Free', 0, 0)],
  ['ffreep', onRegister('x87Free', 0, 1)],
  ...Object.entries(conditions).map(([name, condition]): [string, Definition] => [
    `fcmov${name}`,
    conditionalMove(conditionNames.indexOf(condition)),
  ]),
  ...constants.map((name, which): [string, Definition] => [name, constant(which)]),
]);
