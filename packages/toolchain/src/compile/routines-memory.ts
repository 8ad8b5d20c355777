/** Routines on linear memory: growth, bytes of passive segments, the static data of a module whose memory is anywhere. */
import { mem, type Register, symbol } from '@drift-os/x86-core';
import { CC, RAX, RBX, RCX, RDI, RDX, RSI } from './lir.ts';
import { BASE_REGISTER, memoryBaseInto } from './memory-base.ts';
import { physical } from './physical.ts';
import { instanceMemory, type Routine, type RoutineWriter } from './routine.ts';

const rax = physical(RAX, 64);
const rcx = physical(RCX, 64);
const rdx = physical(RDX, 64);
const rsi = physical(RSI, 64);
const rdi = physical(RDI, 64);
const R12 = 12;
const rbx = physical(RBX, 64);
const r12 = physical(R12, 64);

const OUT_OF_BOUNDS = 'out of bounds memory access';
/** Called to make pages accessible: int (void *base, uint64_t old_bytes, uint64_t new_bytes). */
export const GROW_HOOK = 'drift.memory_grow';
/** The user half of a 48-bit address space, in pages of 64 KiB. */
const MAX_WIDE_PAGES = 2 ** 31;

/** Compares `value` with the size of the memory in bytes; `scratch` is used where that is a large constant. */
export function compareWithMemorySize({ context, code }: Routine, value: Register, scratch: Register): void {
  const record = context.layout.memory;
  if (record !== undefined) code.emit('cmp', value, instanceMemory(context, record + 8, 64));
  else if (context.memoryBytes <= 0x7fffffff) code.emit('cmp', value, context.memoryBytes);
  else {
    code.emit('mov', scratch, BigInt(context.memoryBytes));
    code.emit('cmp', value, scratch);
  }
}

/** RDI: pages to add. RAX: pages before, or -1. Four registers hold base and sizes for the hook, which may change all that is not saved. */
export const memoryGrow: RoutineWriter = (routine) => {
  const { context, code } = routine;
  const { wide = false, maximum } = context.module.memories[0] ?? {};
  const limit = Math.min(maximum ?? Number.POSITIVE_INFINITY, wide ? MAX_WIDE_PAGES : 65536);
  const size = instanceMemory(context, (context.layout.memory as number) + 8, 64);
  const fail = code.newLabel();
  const done = code.newLabel();
  routine.enter([RBX, R12], 8);
  code.emit('mov', rsi, size);
  code.emit('mov', rbx, rsi);
  code.emit('shr', rbx, 16);
  code.emit('mov', physical(RCX, 32), limit);
  code.emit('sub', rcx, rbx);
  code.emit('cmp', rdi, rcx);
  code.jump(fail, CC.a);
  code.emit('test', rdi, rdi);
  code.jump(done, CC.e);
  code.emit('lea', r12, mem({ base: rbx, index: rdi }));
  code.emit('shl', r12, 16);
  code.emit('mov', rdx, r12);
  memoryBaseInto(context, code, rdi);
  code.emit('call', symbol(GROW_HOOK));
  code.emit('test', physical(RAX, 32), physical(RAX, 32));
  code.jump(fail, CC.e);
  code.emit('mov', size, r12);
  code.bind(done);
  code.emit('mov', rax, rbx);
  const leave = code.newLabel();
  code.jump(leave);
  code.bind(fail);
  code.emit('mov', rax, -1);
  code.bind(leave);
  routine.leave([RBX, R12], 8);
};

/** RDI: address, ESI: offset in the segment, EDX: bytes. */
export function memoryInit(segment: number): RoutineWriter {
  return (routine) => {
    const { context, code } = routine;
    const length = context.layout.dataLengths[segment];
    code.emit('lea', rax, mem({ base: rsi, index: rdx }));
    // An active segment counts as dropped.
    code.emit('cmp', rax, length === undefined ? 0 : instanceMemory(context, length, 64));
    routine.trapIf('a', OUT_OF_BOUNDS);
    code.emit('mov', rcx, rdx);
    if (context.options.bounds !== 'none') {
      code.emit('mov', rax, rdi);
      code.emit('add', rax, rcx);
      routine.trapIf('b', OUT_OF_BOUNDS);
      compareWithMemorySize(routine, rax, rdx);
      routine.trapIf('a', OUT_OF_BOUNDS);
    }
    if (length !== undefined) copyData(routine, context.dataSymbol(segment));
    code.emit('ret');
  };
}

/** Copies RCX bytes from RSI bytes into the data at a symbol to the pointer in RDI. */
function copyData({ context, code }: Routine, data: string): void {
  memoryBaseInto(context, code, rax);
  code.emit('add', rdi, rax);
  code.emit('lea', rax, mem({ base: 'rip', symbol: symbol(data) }));
  code.emit('add', rsi, rax);
  code.emit('rep movsb');
}

/** Writes the active segments to where the memory record says, before anything else of the module runs. A C function without parameters. */
export function initialize(
  segments: readonly { readonly address: number; readonly index: number; readonly bytes: number }[],
): RoutineWriter {
  return (routine) => {
    const { context, code } = routine;
    routine.enter([BASE_REGISTER], 0);
    code.emit('mov', physical(BASE_REGISTER, 64), instanceMemory(context, context.layout.memory as number, 64));
    for (const { address, index, bytes } of segments) {
      code.emit('mov', rcx, BigInt(bytes));
      code.emit('mov', rdi, BigInt(address));
      code.emit('mov', rax, BigInt(address + bytes));
      compareWithMemorySize(routine, rax, rdx);
      routine.trapIf('a', 'data segment does not fit the memory');
      code.emit('xor', physical(RSI, 32), physical(RSI, 32));
      copyData(routine, context.dataSymbol(index));
    }
    routine.leave([BASE_REGISTER], 0);
  };
}
