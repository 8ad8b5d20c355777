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
  /** It may leave for TypeScript to carry it out. */
  readonly assists: boolean;
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
  /** The run ends before these places. */
  readonly isBreakpoint?: (rip: bigint) => boolean;
}

const PAGE_MASK = ~0xfffn;

/** An instruction that reaches into the next page stands in a run of its own: the mapping of that page may change by itself. */
export function decodeRun(fetch: FetchCode, start: bigint, code: CodeShape, options: RunOptions): StraightRun {
  const decoded: Omit<RunInstruction, 'shape'>[] = [];
  const { maximum = 64 } = options;
  const page = start & PAGE_MASK;
  let rip = start;
  let ending: StraightRun['ending'] = 'cut';
  let crosses = false;
  while (decoded.length < maximum && (rip & PAGE_MASK) === page) {
    const first = decoded.length === 0;
    if (!first && options.isBreakpoint?.(rip) === true) break;
    let instruction = decode(code.mode, fetch(rip, false));
    if (instruction.kind === 'failure' && instruction.reason === 'truncated') {
      if (!first) break;
      instruction = decode(code.mode, fetch(rip, true));
      crosses = true;
    }
    const refused = instruction.kind === 'failure' ? instruction.reason : refusal(instruction, options);
    const effect = refused === undefined ? effectOf(shapeOf(instruction as Instruction, code, false)) : undefined;
    if (instruction.kind === 'failure' || effect === undefined) {
      ending = refused ?? 'invalid';
      break;
    }
    const next = BigInt.asUintN(code.mode === 64 ? 64 : 32, rip + BigInt(instruction.length));
    decoded.push({ instruction, rip, next, mayLeave: effect.mayLeave, assists: effect.assists });
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
  return { instructions, end: rip, ending, crosses };
}

function refusal(instruction: Instruction, { availability }: RunOptions): 'invalid' | 'notAvailable' | undefined {
  const answer = availability?.(instruction) ?? 'ready';
  return answer === 'ready' ? undefined : answer;
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
  readonly assists: boolean;
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
    assists: statements.some(assists),
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

function assists(statement: Statement): boolean {
  if (statement.kind === 'if') return statement.body.some(assists) || statement.otherwise.some(assists);
  return statement.kind === 'leave' && statement.reason === 'assist';
}
