/**
 * The stack frame. Its size is fixed by the prologue, so that rsp never moves in the body and a backtrace needs no frame pointer.
 *
 * ```
 *   [rsp + size + 8 ...]   incoming stack arguments
 *   [rsp + size]           return address
 *                          saved registers, first pushed highest
 *                          emergency area, where a move between two slots needs it
 *                          stack slots
 *   [rsp]                  outgoing stack arguments
 * ```
 */
import { gpr64, type Memory, mem, type MemoryBits, r11, rax, rsp } from '@drift-os/x86-core';
import { CALLEE_SAVED } from './convention.ts';
import type { CodePoint, FunctionCode } from './code.ts';
import { FIRST_VIRTUAL, type LirFunction } from './lir.ts';
import { SLOT } from './location.ts';
import type { Allocation } from './resolve.ts';

/** Locations from here on are outgoing stack arguments: OUTGOING + offset in bytes. */
export const OUTGOING: number = 1 << 24;
/** And from here on incoming ones, which tail calls write. */
export const INCOMING: number = 1 << 26;
/** Locations of the emergency area: 8 bytes for a general register, 16 for a vector. */
export const EMERGENCY: number = 1 << 25;
export const EMERGENCY_VECTOR: number = EMERGENCY + 16;
const EMERGENCY_BYTES = 32;

export class Frame {
  readonly saved: readonly number[];
  /** Bytes between rsp in the body and the return address. */
  readonly size: number;
  /** How the frame changes along the code, as far as it is emitted. */
  readonly rows: { readonly point: CodePoint; readonly frameBytes: number; readonly saved: number }[] = [];
  readonly #slotOffsets: number[];
  readonly #emergency: number;
  readonly #local: number;

  constructor(lir: LirFunction, allocation: Allocation, needsEmergency: boolean) {
    this.saved = savedRegisters(lir, allocation);
    let offset = lir.outgoingBytes;
    this.#slotOffsets = allocation.slotWidths.map((width) => {
      const bytes = width === 128 ? 16 : 8;
      offset = (offset + bytes - 1) & -bytes;
      offset += bytes;
      return offset - bytes;
    });
    this.#emergency = (offset + 15) & -16;
    if (needsEmergency) offset = this.#emergency + EMERGENCY_BYTES;
    offset = (offset + 7) & -8;
    const aligned = lir.makesCalls || needsEmergency || allocation.slotWidths.includes(128);
    // With the return address the whole must be a multiple of 16 for calls and vectors (System V ABI AMD64 3.2.2).
    if (aligned && (offset + 8 * this.saved.length + 8) % 16 !== 0) offset += 8;
    this.#local = offset;
    this.size = offset + 8 * this.saved.length;
  }

  memory(location: number, bits: MemoryBits): Memory {
    return mem({ base: rsp, displacement: this.#offset(location), bits });
  }

  #offset(location: number): number {
    if (location >= INCOMING) return this.size + 8 + location - INCOMING;
    if (location >= EMERGENCY) return this.#emergency + location - EMERGENCY;
    if (location >= OUTGOING) return location - OUTGOING;
    return this.#slotOffsets[location - SLOT] as number;
  }

  enter(code: FunctionCode): void {
    this.saved.forEach((register, i) => {
      code.emit('push', gpr64[register] as (typeof gpr64)[number]);
      this.#row(code, 8 * (i + 1), i + 1);
    });
    // Eight bytes are pushed: one byte of code, and no change of rsp that pushes and calls around it would have to wait for.
    if (this.#local === 8) code.emit('push', rax);
    else if (this.#local > 0) code.emit('sub', rsp, this.#local);
    this.resume(code);
  }

  leave(code: FunctionCode): void {
    // r11 holds no result and no argument.
    if (this.#local === 8) code.emit('pop', r11);
    else if (this.#local > 0) code.emit('add', rsp, this.#local);
    if (this.#local > 0) this.#row(code, 8 * this.saved.length, this.saved.length);
    for (let i = this.saved.length - 1; i >= 0; i--) {
      code.emit('pop', gpr64[this.saved[i] as number] as (typeof gpr64)[number]);
      this.#row(code, 8 * i, i);
    }
  }

  /** Says that the code from here on has the whole frame: behind the prologue, and behind the jump that follows an epilogue. */
  resume(code: FunctionCode): void {
    if (this.size > 0) this.#row(code, this.size, this.saved.length);
  }

  #row(code: FunctionCode, frameBytes: number, saved: number): void {
    this.rows.push({ point: code.here, frameBytes, saved });
  }
}

/** Callee-saved registers that the function writes. */
function savedRegisters(lir: LirFunction, allocation: Allocation): number[] {
  const written = new Set<number>();
  for (const interval of allocation.intervals) {
    for (let piece = interval; piece !== undefined; piece = piece.next) written.add(piece.assigned);
  }
  for (const block of lir.blocks) {
    for (const instruction of block.instructions) {
      for (const register of instruction.writes) written.add(register);
      for (const operand of instruction.operands) {
        if (typeof operand === 'object' && operand.kind === 'register' && operand.register < FIRST_VIRTUAL)
          written.add(operand.register);
      }
    }
  }
  return CALLEE_SAVED.filter((register) => written.has(register));
}
