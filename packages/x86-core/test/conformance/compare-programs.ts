/** Runs random programs on the Cpu and on the processor, and compares the states that they end in. */
import { EXCEPTION, MEMORY, STATE_BYTES } from '@drift-os/x86-vectors';
import { differences } from './compare.ts';
import { CpuSubject, type Tier } from './cpu-subject.ts';
import { runNatively } from './native.ts';
import { ProgramMaker, type RandomProgram } from './random-program.ts';
import { vectorFile } from './replay-row.ts';

export interface Comparison {
  /** Programs that ran to their end; the others ended in an exception. */
  readonly completed: number;
  /** Readable. */
  readonly wrong: readonly string[];
}

/** @param first number of the first program: each number stands for one program, always the same */
export async function comparePrograms(first: number, count: number, tier: Tier): Promise<Comparison> {
  const starts = await startStates();
  const programs: RandomProgram[] = [];
  for (let seed = first; seed < first + count; seed++) {
    programs.push(new ProgramMaker(seed).make(starts[seed % starts.length] as Uint8Array));
  }
  const natively = runNatively(programs);
  const subject = new CpuSubject(tier);
  const wrong: string[] = [];
  let completed = 0;
  for (const [index, program] of programs.entries()) {
    const expected = natively[index];
    if (expected === undefined) throw new Error(`Program ${first + index} does not end on the processor`);
    if (expected[EXCEPTION] === 0) completed++;
    const got = new Uint8Array(STATE_BYTES);
    subject.load(program.state, program.code);
    subject.runToEnd();
    subject.save(got);
    const found = differences({ flags: { undefined: [...program.undefinedFlags].join('') } }, expected, got);
    if (found.length === 0) continue;
    const where = found.map((each) => `${each.place}: expected ${each.expected}, got ${each.got}`).join('; ');
    wrong.push(
      `${first + index}: ${where}\n  ${program.text.join(' ')}\n  ${Buffer.from(program.code).toString('hex')}`,
    );
  }
  return { completed, wrong };
}

/** Registers of vectors, edges and random numbers, over one image of memory. */
export async function startStates(): Promise<Uint8Array[]> {
  const file = await vectorFile(64);
  const states = (await file.vectorsOf('clc | F8')).map((vector) => file.inputOf(vector).slice());
  const memory = states[0]?.subarray(MEMORY) ?? new Uint8Array();
  for (const state of states) state.set(memory, MEMORY);
  return states;
}
