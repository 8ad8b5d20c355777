/** Decodes the instructions of a block: from an address to a jump, to what cannot be decoded, or to the end of the page. */
import { decode } from '../decode/decode.ts';
import type { Instruction } from '../decode/instruction.ts';
import { meaningOf } from './instructions/index.ts';
import type { Meaning, Statement } from './language.ts';
import { deadFlags, needsFlagsAtEntry } from './liveness.ts';
import { type CodeShape, keyOf, type Shape, shapeOf } from './operand-shape.ts';

export interface RunInstruction {
  readonly instruction: Instruction;
  readonly shape: Shape;
  readonly rip: bigint;
  readonly next: bigint;
  readonly mayLeave: boolean;
}

export interface StraightRun {
  readonly instructions: readonly RunInstruction[];
  /** Where it goes on: behind a run that was cut, or at what could not be decoded. */
  readonly end: bigint;
  /**
   * jump: the last instruction always jumps or leaves. cut: it goes on at `end`. invalid, too long: what is at `end` is no instruction.
   * truncated: the bytes at `end` end inside of an instruction.
   */
  readonly ending: 'jump' | 'cut' | 'invalid' | 'too long' | 'truncated';
}

/** Guest code, up to 15 bytes from an offset in CS; fewer where memory ends. */
export type FetchCode = (rip: bigint) => Uint8Array;

export interface RunOptions {
  /** Not taken conditional branches go on in the same run. */
  readonly throughBranches: boolean;
  /** Default 64. */
  readonly maximum?: number;
  /** Whether an instruction may be carried out; one that may not ends the run as invalid. */
  readonly available?: (instruction: Instruction) => boolean;
}

const PAGE_MASK = ~0xfffn;

/** An instruction that reaches into the next page stands in a run of its own: that page's mapping is another's. */
export function decodeRun(fetch: FetchCode, start: bigint, code: CodeShape, options: RunOptions): StraightRun {
  const decoded: Omit<RunInstruction, 'shape'>[] = [];
  const { maximum = 64, available } = options;
  const page = start & PAGE_MASK;
  let rip = start;
  let ending: StraightRun['ending'] = 'cut';
  while (decoded.length < maximum && (rip & PAGE_MASK) === page) {
    const instruction = decode(code.mode, fetch(rip));
    const effect = instruction.kind === 'failure' ? undefined : effectOf(shapeOf(instruction, code, false));
    if (instruction.kind === 'failure' || effect === undefined || available?.(instruction) === false) {
      ending = instruction.kind === 'failure' ? instruction.reason : 'invalid';
      break;
    }
    const next = BigInt.asUintN(code.mode === 64 ? 64 : 32, rip + BigInt(instruction.length));
    const crosses = ((rip + BigInt(instruction.length - 1)) & PAGE_MASK) !== page;
    if (crosses && decoded.length > 0) break;
    decoded.push({ instruction, rip, next, mayLeave: effect.mayLeave });
    rip = next;
    if (effect.ends) {
      ending = 'jump';
      break;
    }
    if (crosses || (!options.throughBranches && effect.branches)) break;
  }
  const dead = deadFlags(decoded);
  const instructions = decoded.map((each, position) => ({
    ...each,
    shape: shapeOf(each.instruction, code, dead[position] === true),
  }));
  return { instructions, end: rip, ending };
}

/** Whether the run may show a flag that was set before it. */
export function readsEarlierFlags(run: StraightRun): boolean {
  return needsFlagsAtEntry(run.instructions);
}

/** What a run needs to know of a meaning. */
interface Effect {
  /** Nothing that follows is ever reached. */
  readonly ends: boolean;
  readonly branches: boolean;
  /** It may end before its end, and then everything is seen. */
  readonly mayLeave: boolean;
}

const effects = new Map<string, Effect | undefined>();

/** @returns undefined where the instruction has no meaning. */
function effectOf(shape: Shape): Effect | undefined {
  const key = keyOf(shape);
  if (effects.has(key)) return effects.get(key);
  const meaning = meaningOf(shape);
  const effect = meaning === undefined ? undefined : effectOfMeaning(meaning);
  effects.set(key, effect);
  return effect;
}

function effectOfMeaning({ statements }: Meaning): Effect {
  return {
    ends: statements.some(
      (each) =>
        each.kind === 'leave' || ((each.kind === 'jump' || each.kind === 'raise') && each.condition === undefined),
    ),
    branches: statements.some(({ kind }) => kind === 'jump'),
    mayLeave: statements.some(mayLeave),
  };
}

function mayLeave(statement: Statement): boolean {
  switch (statement.kind) {
    case 'translate':
    case 'raise':
    case 'checkTarget':
    case 'jump':
    case 'leave':
    case 'loop':
      return true;
    case 'if':
      return statement.body.some(mayLeave) || statement.otherwise.some(mayLeave);
    default:
      return false;
  }
}
