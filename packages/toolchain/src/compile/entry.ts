/**
 * Entries: what callers outside of the module call where its functions rely on more than the System V convention promises. An entry
 * loads the base register and leaves room for the stack arguments of tail calls and for results that find no register, which are
 * lost there.
 */
import { mem, symbol } from '@drift-os/x86-core';
import type { FunctionType } from '../wasm/types.ts';
import { argumentPlaces } from './convention.ts';
import { R11 } from './lir.ts';
import { BASE_REGISTER } from './memory-base.ts';
import { physical } from './physical.ts';
import { instanceMemory, type RoutineWriter } from './routine.ts';

const rsp = physical(4, 64);
const r11 = physical(R11, 64);
const base = physical(BASE_REGISTER, 64);

export function entryOf(functionSymbol: string, type: FunctionType): RoutineWriter {
  return (routine) => {
    const { context, code } = routine;
    const { stackBytes } = argumentPlaces(type.parameters);
    const savesBase = context.options.memoryBase.kind === 'register' && context.layout.memory !== undefined;
    const saved = savesBase ? 8 : 0;
    // With the return address and what is saved a multiple of 16 (System V ABI AMD64 3.2.2).
    let room = (Math.max(stackBytes, context.incomingBytes) + 15) & -16;
    if (!savesBase) room += 8;
    const registers = savesBase ? [BASE_REGISTER] : [];
    routine.enter(registers, room);
    if (savesBase) code.emit('mov', base, instanceMemory(context, context.layout.memory, 64));
    for (let offset = 0; offset < stackBytes; offset += 8) {
      code.emit('mov', r11, mem({ base: rsp, displacement: room + saved + 8 + offset, bits: 64 }));
      code.emit('mov', mem({ base: rsp, displacement: offset, bits: 64 }), r11);
    }
    code.emit('call', symbol(functionSymbol));
    routine.leave(registers, room);
  };
}
