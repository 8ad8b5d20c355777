/** Instructions one by one, as text, while they run. */
import { type Cpu, decode, formatInstruction } from '@drift-os/x86-core';
import type { RunCore } from '../execution.ts';
import { codeBits, instructionAddress, readLinear } from './linear-memory.ts';

export interface TracedInstruction {
  readonly core: number;
  /** Linear. */
  readonly address: bigint;
  /** As the disassembler writes it; `(bad)` or `(unmapped)` where there is none. */
  readonly text: string;
}

const MAX_INSTRUCTION = 15;

/** Runs a core one instruction at a time. An instruction that raises an exception is told of; an interrupt that is taken in its place is not. */
export function tracing(listener: (instruction: TracedInstruction) => void): RunCore {
  const disassembler = new Disassembler();
  return (core, index, budget) => {
    const end = core.instructions + budget;
    for (;;) {
      const before = core.instructions;
      const address = instructionAddress(core);
      const text = disassembler.textAt(core, address);
      const reason = core.step();
      if (core.instructions > before) listener({ core: index, address, text });
      if (reason !== 'budget' || core.instructions >= end) return reason;
    }
  };
}

/** Keeps the texts of what it has seen: programs are loops. */
class Disassembler {
  readonly #known = new Map<bigint, { readonly bits: number; readonly bytes: Uint8Array; readonly text: string }>();

  textAt(core: Cpu, address: bigint): string {
    const bits = codeBits(core);
    const bytes = readLinear(core, address, MAX_INSTRUCTION);
    const known = this.#known.get(address);
    if (known?.bits === bits && known.bytes.every((byte, at) => byte === bytes[at])) return known.text;
    const instruction = decode(bits, bytes);
    const isDecoded = instruction.kind === 'instruction';
    const text = isDecoded ? formatInstruction(instruction, { address }) : bytes.length === 0 ? '(unmapped)' : '(bad)';
    this.#known.set(address, { bits, bytes: bytes.slice(0, isDecoded ? instruction.length : undefined), text });
    return text;
  }
}
