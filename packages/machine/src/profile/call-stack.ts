/** Who called whom in a core that has stopped between two instructions. */
import type { Cpu } from '@drift-os/x86-core';
import { codeBits, instructionAddress, readLinear } from '../debug/linear-memory.ts';
import type { FunctionTable, GuestFunction } from './symbols.ts';

/** What was running: a function, or an address where none is known. */
export type StackFrame = GuestFunction | bigint;

/** More than this is taken for a recursion without end. */
const DEPTH = 128;
const WORD = 8;

/**
 * Innermost first. Where the size of a frame is known, as in Drift's own code, its caller is found; elsewhere the stack ends.
 * A function's first instructions, which make its frame, are told by their address only where that is the entry itself.
 */
export function callStack(core: Cpu, functions: FunctionTable): StackFrame[] {
  let address = instructionAddress(core);
  let found = functions.at(address);
  if (found === undefined) return [address];
  const stack: StackFrame[] = [found];
  if (codeBits(core) !== 64) return stack;
  let at = core.registers.get('rsp');
  let frameBytes = found.address === address ? 0 : found.frameBytes;
  while (frameBytes !== undefined && stack.length < DEPTH) {
    const bytes = readLinear(core, at + BigInt(frameBytes), WORD);
    if (bytes.length < WORD) break;
    address = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    // Behind a call that does not return, the next function begins.
    found = address === 0n ? undefined : functions.at(address - 1n);
    if (found === undefined) break;
    stack.push(found);
    at += BigInt(frameBytes + WORD);
    frameBytes = found.frameBytes;
  }
  return stack;
}
