/**
 * Routines on tables. Indices and counts arrive as i64, or as i32 with zeros above. Elements are moved one by one, so that tables may
 * lie in the segment of an instance.
 */
import { mem, type Register, symbol } from '@drift-os/x86-core';
import type { TablePlace } from './instance-layout.ts';
import { CC, RAX, RCX, RDI, RDX, RSI } from './lir.ts';
import type { ModuleContext } from './module-context.ts';
import { physical } from './physical.ts';
import { instanceMemory, type Routine, type RoutineWriter } from './routine.ts';

const rax = physical(RAX, 64);
const rcx = physical(RCX, 64);
const rdx = physical(RDX, 64);
const rsi = physical(RSI, 64);
const rdi = physical(RDI, 64);

const OUT_OF_BOUNDS = 'out of bounds table access';

function tableOf(context: ModuleContext, table: number): TablePlace {
  return context.layout.tables[table] as TablePlace;
}

/** Traps unless `count` elements from `start` lie in the table. Changes RAX. */
function checkRange(routine: Routine, table: number, start: Register, count: Register): void {
  const { code, context } = routine;
  code.emit('mov', rax, start);
  code.emit('add', rax, count);
  routine.trapIf('b', OUT_OF_BOUNDS);
  code.emit('cmp', rax, instanceMemory(context, tableOf(context, table).size, 64));
  routine.trapIf('a', OUT_OF_BOUNDS);
}

/** Repeats `body` while RDX counts down to 0. */
function repeat({ code }: Routine, body: () => void): void {
  const again = code.newLabel();
  const done = code.newLabel();
  code.emit('test', rdx, rdx);
  code.jump(done, CC.e);
  code.bind(again);
  body();
  code.emit('dec', rdx);
  code.jump(again, CC.ne);
  code.bind(done);
}

/** RDI: first index, RSI: element, RDX: count. */
export function tableFill(table: number): RoutineWriter {
  return (routine) => {
    const { code, context } = routine;
    checkRange(routine, table, rdi, rdx);
    repeat(routine, () => {
      code.emit('mov', instanceMemory(context, tableOf(context, table).elements, 64, rdi), rsi);
      code.emit('inc', rdi);
    });
    code.emit('ret');
  };
}

/** RDI: element, RSI: how many more. RAX: the size before, or -1. */
export function tableGrow(table: number): RoutineWriter {
  return (routine) => {
    const { code, context } = routine;
    const { size, elements, capacity } = tableOf(context, table);
    const fail = code.newLabel();
    code.emit('mov', rax, instanceMemory(context, size, 64));
    code.emit('mov', physical(RCX, 32), capacity);
    code.emit('sub', rcx, rax);
    code.emit('cmp', rsi, rcx);
    code.jump(fail, CC.a);
    code.emit('mov', rcx, rax);
    code.emit('mov', rdx, rsi);
    repeat(routine, () => {
      code.emit('mov', instanceMemory(context, elements, 64, rcx), rdi);
      code.emit('inc', rcx);
    });
    code.emit('mov', instanceMemory(context, size, 64), rcx);
    code.emit('ret');
    code.bind(fail);
    code.emit('mov', rax, -1);
    code.emit('ret');
  };
}

/** RDI: index in the destination, RSI: index in the source, RDX: count. Backwards where the destination comes later. */
export function tableCopy(destination: number, source: number): RoutineWriter {
  return (routine) => {
    const { code, context } = routine;
    checkRange(routine, destination, rdi, rdx);
    checkRange(routine, source, rsi, rdx);
    const move = (): void => {
      code.emit('mov', rax, instanceMemory(context, tableOf(context, source).elements, 64, rsi));
      code.emit('mov', instanceMemory(context, tableOf(context, destination).elements, 64, rdi), rax);
    };
    const backwards = code.newLabel();
    code.emit('cmp', rdi, rsi);
    code.jump(backwards, CC.a);
    repeat(routine, () => {
      move();
      code.emit('inc', rsi);
      code.emit('inc', rdi);
    });
    code.emit('ret');
    code.bind(backwards);
    code.emit('add', rsi, rdx);
    code.emit('add', rdi, rdx);
    repeat(routine, () => {
      code.emit('dec', rsi);
      code.emit('dec', rdi);
      move();
    });
    code.emit('ret');
  };
}

/** RDI: index in the table, RSI: index in the segment, RDX: count. */
export function tableInit(segment: number, table: number): RoutineWriter {
  return (routine) => {
    const { code, context } = routine;
    const length = context.layout.elementLengths[segment];
    code.emit('lea', rax, mem({ base: rsi, index: rdx }));
    // Active and declarative segments count as dropped.
    code.emit('cmp', rax, length === undefined ? 0 : instanceMemory(context, length, 64));
    routine.trapIf('a', OUT_OF_BOUNDS);
    checkRange(routine, table, rdi, rdx);
    if (length !== undefined) {
      code.emit('lea', rcx, mem({ base: 'rip', symbol: symbol(context.elementSymbol(segment)) }));
      repeat(routine, () => {
        code.emit('mov', rax, mem({ base: rcx, index: rsi, scale: 8, bits: 64 }));
        code.emit('mov', instanceMemory(context, tableOf(context, table).elements, 64, rdi), rax);
        code.emit('inc', rsi);
        code.emit('inc', rdi);
      });
    }
    code.emit('ret');
  };
}
