/** Decodes the instructions of a block: from an address to a jump, to what cannot be decoded, or to the end of the page. */
import { decode } from '../decode/decode.ts';
import type { Decoded, Instruction } from '../decode/instruction.ts';
import { type Form, formOf } from './form.ts';
import { deadFlags } from './liveness.ts';
import type { CodeShape, Shape } from './operand-shape.ts';

export interface RunInstruction {
  readonly instruction: Instruction;
  readonly shape: Shape;
  readonly rip: bigint;
  readonly next: bigint;
  readonly mayLeave: boolean;
  /** It may leave for TypeScript to carry it out. */
  readonly assists: boolean;
  /** It and the next one may have one handler. */
  readonly leads: boolean;
  readonly branches: boolean;
}

export interface StraightRun {
  readonly instructions: readonly RunInstruction[];
  /** Where it goes on: behind a run that was cut, or at what could not be decoded. */
  readonly end: bigint;
  /**
   * jump: the last instruction always jumps or leaves. cut: it goes on at `end`. invalid, too long: what is at `end` is no instruction;
   * notAvailable: one that raises #NM. truncated: the bytes at `end` end inside of an instruction.
   */
  readonly ending: 'jump' | 'cut' | 'invalid' | 'notAvailable' | 'too long' | 'truncated';
  /** The only instruction reaches into the next page. */
  readonly crosses: boolean;
}

/** Guest code from an offset in CS: up to the end of the page, or, with `beyond`, 15 bytes; fewer where memory ends. */
export type FetchCode = (rip: bigint, beyond: boolean) => Uint8Array;

export interface RunOptions {
  /** Not taken conditional branches go on in the same run. */
  readonly throughBranches: boolean;
  /** Default 64. */
  readonly maximum?: number;
  /** Whether an instruction may be carried out; one that may not ends the run. */
  readonly availability?: (instruction: Instruction) => 'ready' | 'invalid' | 'notAvailable';
}

const PAGE = 4096;

/** An instruction that reaches into the next page stands in a run of its own: the mapping of that page may change by itself. */
export function decodeRun(fetch: FetchCode, start: bigint, code: CodeShape, options: RunOptions): StraightRun {
  const instructions: Writable<RunInstruction>[] = [];
  const forms: Form[] = [];
  const { maximum = 64 } = options;
  let rip = start;
  let left = PAGE - Number(start & 0xfffn);
  let bytes = fetch(start, false);
  let offset = 0;
  let ending: StraightRun['ending'] = 'cut';
  let crosses = false;
  while (instructions.length < maximum && left > 0) {
    const first = instructions.length === 0;
    let instruction = decode(code.mode, bytes, offset);
    if (isTruncated(instruction) && offset > 0) {
      // What was fetched need not have been all of the page.
      bytes = fetch(rip, false);
      offset = 0;
      instruction = decode(code.mode, bytes);
    }
    if (isTruncated(instruction)) {
      if (!first) break;
      instruction = decode(code.mode, fetch(rip, true));
      crosses = true;
    }
    const refused = instruction.kind === 'failure' ? instruction.reason : refusal(instruction, options);
    const form = refused === undefined ? formOf(instruction as Instruction, code) : undefined;
    if (instruction.kind === 'failure' || form === undefined) {
      ending = refused ?? 'invalid';
      break;
    }
    const { length } = instruction;
    const next = BigInt.asUintN(code.mode === 64 ? 64 : 32, rip + BigInt(length));
    const { shape, mayLeave, assists, leads, branches } = form;
    instructions.push({ instruction, shape, rip, next, mayLeave, assists, leads, branches });
    forms.push(form);
    rip = next;
    offset += length;
    left -= length;
    if (form.ends) {
      ending = 'jump';
      break;
    }
    if (crosses || (!options.throughBranches && form.branches)) break;
  }
  const dead = deadFlags(instructions);
  for (let position = 0; position < dead.length; position++) {
    if (dead[position] === true)
      (instructions[position] as Writable<RunInstruction>).shape = (forms[position] as Form).flagsDead;
  }
  return { instructions, end: rip, ending, crosses };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function isTruncated(decoded: Decoded): boolean {
  return decoded.kind === 'failure' && decoded.reason === 'truncated';
}

function refusal(instruction: Instruction, { availability }: RunOptions): 'invalid' | 'notAvailable' | undefined {
  const answer = availability?.(instruction) ?? 'ready';
  return answer === 'ready' ? undefined : answer;
}
