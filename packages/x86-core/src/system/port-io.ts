/** IN, OUT, INS, OUTS; with REP up to a page at a time (SDM 1 18.4; SDM 2). */
import type { Instruction } from '../decode/instruction.ts';
import type { Register } from '../operand.ts';
import { linearAddress } from './address.ts';
import { type CoreContext, Segment, type SegmentNumber } from './core-context.ts';
import { CpuFault } from './cpu-fault.ts';
import { watchPort } from './debug.ts';
import { writeRegister } from './operand.ts';
import { requirePort } from './port-permission.ts';
import { Rflags } from './register-bits.ts';

const RAX = 0;
const RCX = 1;
const RDX = 2;
const RSI = 6;
const RDI = 7;

const PAGE = 4096;

type PortBytes = 1 | 2 | 4;

/** An immediate, or DX. */
function portOf(core: CoreContext, instruction: Instruction, position: number): number {
  const operand = instruction.operands[position];
  return typeof operand === 'number' ? operand & 0xff : Number((core.gpr[RDX] as bigint) & 0xffffn);
}

function bytesOf(instruction: Instruction, position: number): PortBytes {
  return ((instruction.operands[position] as Register).bits / 8) as PortBytes;
}

/** `in`: destination, port. */
export function input(core: CoreContext, instruction: Instruction): void {
  const port = portOf(core, instruction, 1);
  const bytes = bytesOf(instruction, 0);
  requirePort(core, port, bytes);
  const value = core.bus.readPort(port, bytes);
  watchPort(core, port, bytes);
  writeRegister(core, RAX, (bytes * 8) as 8 | 16 | 32, BigInt(value >>> 0));
}

/** `out`: port, source. */
export function output(core: CoreContext, instruction: Instruction): void {
  const port = portOf(core, instruction, 0);
  const bytes = bytesOf(instruction, 1);
  requirePort(core, port, bytes);
  core.bus.writePort(port, bytes, Number(BigInt.asUintN(bytes * 8, core.gpr[RAX] as bigint)));
  watchPort(core, port, bytes);
}

/** What INS and OUTS have in common: the string in memory, and how much of it is moved at once. */
interface PortString {
  readonly port: number;
  readonly bytes: PortBytes;
  /** The string's index register. */
  readonly register: number;
  readonly segment: SegmentNumber;
}

export function inputString(core: CoreContext, instruction: Instruction, bytes: PortBytes): void {
  const string = { port: portOf(core, instruction, 0), bytes, register: RDI, segment: Segment.es };
  move(core, instruction, string, true, (linear, count) => {
    const { port } = string;
    core.checkWrite(linear, count * bytes, 'current');
    const buffer = new Uint8Array(count * bytes);
    const view = new DataView(buffer.buffer);
    for (let at = 0; at < buffer.length; at += bytes) {
      const value = core.bus.readPort(port, bytes);
      if (bytes === 1) view.setUint8(at, value);
      else if (bytes === 2) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
    }
    core.writeBytes(linear, buffer, 'current');
  });
}

export function outputString(core: CoreContext, instruction: Instruction, bytes: PortBytes): void {
  const segment = (instruction.segment?.number ?? Segment.ds) as SegmentNumber;
  const string = { port: portOf(core, instruction, 0), bytes, register: RSI, segment };
  move(core, instruction, string, false, (linear, count) => {
    const { port } = string;
    const buffer = core.readBytes(linear, count * bytes, 'current');
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    for (let at = 0; at < buffer.length; at += bytes) {
      const value = bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
      core.bus.writePort(port, bytes, value);
    }
  });
}

/**
 * One element; with REP as many as lie in one page, after which RIP stays at the instruction while any are left, so that interrupts are taken.
 */
function move(
  core: CoreContext,
  instruction: Instruction,
  { port, bytes, register, segment }: PortString,
  write: boolean,
  transfer: (linear: bigint, count: number) => void,
): void {
  // Also for a count of 0.
  requirePort(core, port, bytes);
  const { addressSize } = instruction;
  const repeated = instruction.repeat !== 0;
  const left = repeated ? BigInt.asUintN(addressSize, core.gpr[RCX] as bigint) : 1n;
  if (left === 0n) {
    // A 32-bit count and index are written back also where nothing is done, which clears their upper halves.
    if (addressSize === 32) for (const each of [RCX, register]) writeRegister(core, each, 32, core.gpr[each] as bigint);
    return;
  }
  const down = (core.rflags & Rflags.df) !== 0;
  const offset = BigInt.asUintN(addressSize, core.gpr[register] as bigint);
  const inPage = Math.floor((PAGE - Number(offset & 0xfffn)) / bytes);
  let count = down ? 1 : Math.max(1, Math.min(inPage, Number(left > 4096n ? 4096n : left)));
  let linear: bigint;
  try {
    linear = linearAddress(core, segment, offset, count * bytes, write);
  } catch (error) {
    if (!(error instanceof CpuFault) || count === 1) throw error;
    // The limit may lie in this page: then as far as it goes, one by one.
    count = 1;
    linear = linearAddress(core, segment, offset, bytes, write);
  }
  transfer(linear, count);
  watchPort(core, port, bytes);
  const step = BigInt(down ? -bytes : bytes * count);
  writeRegister(core, register, addressSize, offset + step);
  if (!repeated) return;
  writeRegister(core, RCX, addressSize, left - BigInt(count));
  if (left > BigInt(count)) core.rip = BigInt.asUintN(64, core.rip - BigInt(instruction.length));
}
