/** Operands as the encoder takes them, once registers are assigned. */
import {
  fs,
  gs,
  type Memory,
  mem,
  type MemoryBits,
  type Operand,
  type Register,
  rsp,
  symbol,
} from '@drift-os/x86-core';
import type { Frame } from './frame.ts';
import {
  DEFINE,
  FIRST_VIRTUAL,
  FRAME_INCOMING,
  FRAME_OUTGOING,
  type LirOperand,
  type MemoryOperand,
  NONE,
} from './lir.ts';
import { isSlot } from './location.ts';
import { physical } from './physical.ts';
import type { Allocation } from './resolve.ts';

export class OperandEncoder {
  readonly #name: string;
  readonly #allocation: Allocation;
  readonly #frame: Frame;

  /** `name` of the function is for error messages. */
  constructor(name: string, allocation: Allocation, frame: Frame) {
    this.#name = name;
    this.#allocation = allocation;
    this.#frame = frame;
  }

  /** The operand as the encoder takes it. */
  encode(operand: LirOperand, position: number): Operand {
    if (typeof operand !== 'object') return operand;
    if (operand.kind === 'symbol') return symbol(operand.name, operand.addend);
    if (operand.kind === 'memory') return this.#memory(operand, position);
    const { register, bits } = operand;
    if (register < FIRST_VIRTUAL) return physical(register, bits);
    const place = this.#allocation.place(register, operand.role === DEFINE ? position + 1 : position);
    if (place < 0) throw new Error(`${this.#name}: register ${register} is nowhere at ${position}`);
    if (isSlot(place)) return this.#frame.memory(place, bits);
    return physical(place, bits);
  }

  #memory(operand: MemoryOperand, position: number): Memory {
    const bits = operand.bits as MemoryBits | 0;
    if (operand.base === FRAME_INCOMING)
      return mem({ base: rsp, displacement: this.#frame.size + 8 + operand.displacement, bits });
    if (operand.base === FRAME_OUTGOING) return mem({ base: rsp, displacement: operand.displacement, bits });
    const width = operand.wrap ? 32 : 64;
    const register = (number: number): Register | undefined => {
      if (number === NONE) return undefined;
      const place = number < FIRST_VIRTUAL ? number : this.#allocation.place(number, position);
      if (place < 0 || isSlot(place))
        throw new Error(`${this.#name}: address register ${number} is nowhere at ${position}`);
      return physical(place, width);
    };
    const base = register(operand.base);
    const index = register(operand.index);
    const segment = operand.segment === 'fs' ? fs : operand.segment === 'gs' ? gs : undefined;
    if (operand.symbol === undefined) {
      return mem({
        base,
        index,
        scale: operand.scale,
        displacement: operand.displacement,
        bits,
        segment,
        addressBits: operand.wrap ? 32 : undefined,
      });
    }
    const target = symbol(operand.symbol, operand.displacement);
    if (base === undefined && index === undefined) return mem({ base: 'rip', symbol: target, bits });
    return mem({ base, index, scale: operand.scale, symbol: target, bits });
  }
}
