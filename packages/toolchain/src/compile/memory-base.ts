/** Where linear memory starts, as instructions need it. */
import type { Register } from '@drift-os/x86-core';
import type { FunctionCode } from './code.ts';
import { NONE } from './lir.ts';
import type { ModuleContext } from './module-context.ts';
import { physical } from './physical.ts';

/** Holds the base in all code of a module with `memoryBase: register`. */
export const BASE_REGISTER = 15;

/** What memory operands add to a pointer: a register (or NONE) and a displacement. */
export function memoryBaseOf({ options: { memoryBase } }: ModuleContext): { register: number; displacement: number } {
  return {
    register: memoryBase.kind === 'register' ? BASE_REGISTER : NONE,
    displacement: memoryBase.kind === 'constant' ? memoryBase.address : 0,
  };
}

/** Puts the base into a register; changes the flags. */
export function memoryBaseInto(context: ModuleContext, code: FunctionCode, target: Register): void {
  const { register, displacement } = memoryBaseOf(context);
  if (register !== NONE) code.emit('mov', target, physical(register, 64));
  else if (displacement === 0) code.emit('xor', physical(target.number, 32), physical(target.number, 32));
  else code.emit('mov', physical(target.number, 32), displacement);
}

/** Makes an address of a pointer. */
export function addMemoryBase(context: ModuleContext, code: FunctionCode, pointer: Register): void {
  const { register, displacement } = memoryBaseOf(context);
  if (register !== NONE) code.emit('add', pointer, physical(register, 64));
  else if (displacement !== 0) code.emit('add', pointer, displacement);
}
