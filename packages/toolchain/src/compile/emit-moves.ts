/** Moves between places (registers, stack slots, arguments on the stack), once it is known what happens at once. */
import { mem, type Memory } from '@drift-os/x86-core';
import type { FunctionCode } from './code.ts';
import { EMERGENCY, EMERGENCY_VECTOR, type Frame } from './frame.ts';
import { FIRST_VIRTUAL, type LirConstant, type LirFunction, type Width, XMM0 } from './lir.ts';
import { isSlot, type Move } from './location.ts';
import { emitParallelMoves, type MoveSink } from './parallel-move.ts';
import { physical } from './physical.ts';
import type { Allocation } from './resolve.ts';

export class MoveEmitter implements MoveSink {
  readonly code: FunctionCode;
  readonly frame: Frame;

  constructor(code: FunctionCode, frame: Frame) {
    this.code = code;
    this.frame = frame;
  }

  /** Moves that happen at once. */
  all(moves: readonly Move[] | undefined): void {
    if (moves !== undefined) emitParallelMoves(moves, this);
  }

  move(to: number, from: number, bits: Width): void {
    if (isSlot(to) && isSlot(from)) return this.#copyMemory(to, from, bits);
    if (from >= XMM0 && !isSlot(from)) {
      if (isSlot(to)) this.code.emit(vectorMove(bits), this.frame.memory(to, bits), physical(from, 128));
      else this.code.emit('movaps', physical(to, 128), physical(from, 128));
    } else if (to >= XMM0 && !isSlot(to))
      this.code.emit(vectorMove(bits), physical(to, 128), this.frame.memory(from, bits));
    else if (isSlot(to)) this.code.emit('mov', this.frame.memory(to, 64), physical(from, 64));
    else if (isSlot(from)) this.code.emit('mov', physical(to, bits), this.frame.memory(from, bits));
    else this.code.emit('mov', physical(to, bits), physical(from, bits));
  }

  #copyMemory(to: number, from: number, bits: Width): void {
    const rax = physical(0, 64);
    const at = (location: number, half: number): Memory => {
      const memory = this.frame.memory(location, 64);
      return half === 0 ? memory : mem({ ...memory, displacement: memory.displacement + 8 });
    };
    this.code.emit('mov', this.frame.memory(EMERGENCY, 64), rax);
    for (let half = 0; half < (bits === 128 ? 2 : 1); half++) {
      this.code.emit('mov', rax, at(from, half));
      this.code.emit('mov', at(to, half), rax);
    }
    this.code.emit('mov', rax, this.frame.memory(EMERGENCY, 64));
  }

  constant(to: number, { value }: LirConstant, bits: Width): void {
    const wide = BigInt.asUintN(bits, value);
    if (isSlot(to)) {
      const signed = BigInt.asIntN(64, wide);
      const memory = this.frame.memory(to, 64);
      if (signed >= -0x80000000n && signed <= 0x7fffffffn) this.code.emit('mov', memory, Number(signed));
      else {
        this.code.emit('mov', mem({ ...memory, bits: 32 }), Number(wide & 0xffffffffn));
        this.code.emit('mov', mem({ ...memory, bits: 32, displacement: memory.displacement + 4 }), Number(wide >> 32n));
      }
    } else if (wide === 0n) this.code.emit('xor', physical(to, 32), physical(to, 32));
    else if (wide < 1n << 32n) this.code.emit('mov', physical(to, 32), Number(wide));
    else {
      const signed = BigInt.asIntN(64, wide);
      this.code.emit('mov', physical(to, 64), signed >= -0x80000000n && signed < 0n ? Number(signed) : wide);
    }
  }

  exchange(a: number, b: number, bits: Width): void {
    const isVector = (location: number): boolean => location >= XMM0 && !isSlot(location);
    if (isVector(a) && isVector(b)) {
      for (const [to, from] of [
        [a, b],
        [b, a],
        [a, b],
      ] as const)
        this.code.emit('xorps', physical(to, 128), physical(from, 128));
    } else if (isVector(a) || isVector(b)) {
      const [register, slot] = isVector(a) ? [a, b] : [b, a];
      this.move(EMERGENCY_VECTOR, register, 128);
      this.move(register, slot, bits);
      this.#copyMemory(slot, EMERGENCY_VECTOR, bits);
    } else if (isSlot(a) && isSlot(b)) {
      this.#copyMemory(EMERGENCY_VECTOR, a, bits);
      this.#copyMemory(a, b, bits);
      this.#copyMemory(b, EMERGENCY_VECTOR, bits);
    } else if (isSlot(a) || isSlot(b)) {
      const [register, slot] = isSlot(a) ? [b, a] : [a, b];
      this.code.emit('xchg', this.frame.memory(slot, 64), physical(register, 64));
    } else this.code.emit('xchg', physical(a, 64), physical(b, 64));
  }
}

function vectorMove(bits: Width): string {
  return bits === 128 ? 'movups' : bits === 64 ? 'movsd' : 'movss';
}

/** Whether some group of moves may go through memory only, so that a register has to be freed in between. */
export function needsEmergency(lir: LirFunction, allocation: Allocation): boolean {
  const slotMoves = (moves: readonly { from: number | LirConstant; to: number; bits: Width }[]): boolean =>
    moves.some(({ from, to }) => typeof from === 'number' && isSlot(from) && isSlot(to)) ||
    (moves.length > 1 &&
      moves.some(({ from, to }) => typeof from === 'number' && from >= XMM0 && from < FIRST_VIRTUAL && isSlot(to)));
  for (const map of [allocation.before, allocation.after, allocation.atEnd])
    for (const moves of map.values()) if (slotMoves(moves)) return true;
  for (const block of lir.blocks) {
    for (const { moves, position } of block.instructions) {
      for (const { to, from } of moves) {
        if (to >= 0 || typeof from !== 'number') continue;
        if (isSlot(from < FIRST_VIRTUAL ? from : allocation.place(from, position))) return true;
      }
    }
  }
  return false;
}
