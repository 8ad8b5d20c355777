/** Decodes the instructions of a block: from an address to a jump, to what has no meaning here, or to the end of the page. */
import { decode } from '../decode/decode.ts';
import type { Instruction } from '../decode/instruction.ts';
import { isPlainAddress } from './effective-address.ts';
import { mnemonics } from './instructions/index.ts';
import { deadFlags, needsFlagsAtEntry } from './liveness.ts';
import { memoryOf, type Shape, shapeOf } from './operand-shape.ts';

export interface RunInstruction {
  readonly instruction: Instruction;
  readonly shape: Shape;
  readonly rip: bigint;
  readonly next: bigint;
}

export interface StraightRun {
  readonly instructions: readonly RunInstruction[];
  /** Where it goes on: behind a run that was cut, or at what could not be decoded. */
  readonly end: bigint;
  /** jump: the last instruction always jumps or leaves. cut: it goes on at `end`. */
  readonly ending: 'jump' | 'cut' | 'invalid' | 'unsupported';
}

/** Guest code, up to 15 bytes from an address; fewer where memory ends. */
export type FetchCode = (rip: bigint) => Uint8Array;

const endsRun = /^(jmp|call|ret|hlt|cpuid)$/;
const MAX_INSTRUCTIONS = 64;
const PAGE_MASK = ~0xfffn;

/** `throughBranches`: not taken conditional branches go on in the same run. */
export function decodeRun(fetch: FetchCode, start: bigint, throughBranches: boolean): StraightRun {
  const decoded: { instruction: Instruction; rip: bigint; next: bigint }[] = [];
  let rip = start;
  let ending: StraightRun['ending'] = 'cut';
  while (decoded.length < MAX_INSTRUCTIONS && (rip & PAGE_MASK) === (start & PAGE_MASK)) {
    const instruction = decode(64, fetch(rip));
    if (instruction.kind === 'failure') {
      ending = 'invalid';
      break;
    }
    if (!hasMeaning(instruction)) {
      ending = 'unsupported';
      break;
    }
    const next = rip + BigInt(instruction.length);
    decoded.push({ instruction, rip, next });
    rip = next;
    if (endsRun.test(instruction.row.mnemonic)) {
      ending = 'jump';
      break;
    }
    if (!throughBranches && instruction.row.mnemonic.startsWith('j')) break;
  }
  const dead = deadFlags(
    decoded.map(({ instruction }) => instruction),
    mayLeave,
  );
  const instructions = decoded.map((each, position) => ({
    ...each,
    shape: shapeOf(each.instruction, dead[position] === true) as Shape,
  }));
  return { instructions, end: rip, ending };
}

/** Whether the run may show a flag that was set before it. */
export function readsEarlierFlags(run: StraightRun): boolean {
  return needsFlagsAtEntry(
    run.instructions.map(({ instruction }) => instruction),
    mayLeave,
  );
}

function hasMeaning(instruction: Instruction): boolean {
  const memory = memoryOf(instruction);
  if (instruction.lock || !mnemonics.includes(instruction.row.mnemonic)) return false;
  if (instruction.segment !== undefined || !isPlainAddress(memory, instruction.addressSize)) return false;
  if (instruction.row.mnemonic === 'pop' && memory !== undefined) return false;
  return shapeOf(instruction, false) !== undefined;
}

function mayLeave({ row, operands }: Instruction): boolean {
  if (/^(j|call|ret|push|pop|movs[bwdq]$|hlt|cpuid)/.test(row.mnemonic)) return true;
  return operands.some((operand) => typeof operand === 'object' && operand.kind === 'memory') && row.mnemonic !== 'lea';
}
