/**
 * An explicit-state model checker: every interleaving of a few threads on x86-TSO memory (Owens, Sarkar, Sewell: "A better x86 memory
 * model: x86-TSO", 2009). Each thread has a FIFO store buffer that empties into memory at any moment; loads see the newest own store
 * first; locked instructions and fences wait until the own buffer is empty.
 */
import type { Instruction, Program, Registers } from './program.ts';

export interface Model {
  /** Shared memory at the start. */
  readonly memory: readonly number[];
  readonly programs: readonly Program[];
  readonly registers: readonly Registers[];
  /** A thread that may be stopped at any moment, once, and is started again at this label; what it had stored still arrives. */
  readonly restart?: { readonly thread: number; readonly label: string; readonly registers: Registers };
  /** States in which it is right that nobody can go on, besides those in which every thread has ended. */
  readonly mayRest?: (threads: readonly ThreadState[]) => boolean;
}

export interface ThreadState {
  readonly pc: number;
  readonly registers: Readonly<Registers>;
  readonly ended: boolean;
}

export interface Result {
  readonly states: number;
  /** Undefined when everything holds in every interleaving. */
  readonly violation: { readonly message: string; readonly trace: readonly string[] } | undefined;
}

interface Thread {
  pc: number;
  registers: Registers;
  /** Location, value, location, value, ... oldest first. */
  buffer: number[];
  notified: boolean;
  ended: boolean;
}

interface State {
  memory: number[];
  threads: Thread[];
  restarted: boolean;
}

class Violation extends Error {}

/** Explores everything that can happen. Throws when there are more states than `limit`: the model is too large, not wrong. */
export function explore(model: Model, limit = 5_000_000): Result {
  const cameFrom = new Map<string, { readonly from: string; readonly step: string }>();
  const start: State = {
    memory: [...model.memory],
    threads: model.registers.map((registers) => ({
      pc: 0,
      registers: { ...registers },
      buffer: [],
      notified: false,
      ended: false,
    })),
    restarted: false,
  };
  const traceOf = (key: string): string[] => {
    const trace: string[] = [];
    for (let at = cameFrom.get(key); at !== undefined; at = cameFrom.get(at.from)) trace.unshift(at.step);
    return trace;
  };
  for (const [index, thread] of start.threads.entries()) runPrivate(model, thread, index);
  const open: { state: State; key: string }[] = [{ state: start, key: keyOf(start) }];
  const seen = new Set([keyOf(start)]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { state, key } = next;
    let moves = 0;
    try {
      for (const step of stepsOf(model, state)) {
        moves++;
        const successor = copyOf(state);
        cameFrom.set('', { from: key, step: step.name });
        step.apply(successor);
        const successorKey = keyOf(successor);
        if (seen.has(successorKey)) continue;
        seen.add(successorKey);
        if (seen.size > limit) throw new RangeError(`The model has more than ${limit} states.`);
        cameFrom.set(successorKey, { from: key, step: step.name });
        open.push({ state: successor, key: successorKey });
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { states: seen.size, violation: { message: error.message, trace: traceOf('') } };
    }
    if (moves === 0 && !state.threads.every((thread) => thread.ended) && !model.mayRest?.(state.threads)) {
      return { states: seen.size, violation: { message: 'nobody can go on', trace: traceOf(key) } };
    }
  }
  return { states: seen.size, violation: undefined };
}

interface Step {
  readonly name: string;
  readonly apply: (state: State) => void;
}

function* stepsOf(model: Model, state: State): Generator<Step> {
  for (const [index, thread] of state.threads.entries()) {
    if (thread.buffer.length > 0) {
      yield {
        name: `${index}: [${thread.buffer[0]}] = ${thread.buffer[1]} arrives in memory`,
        apply: (after) => {
          const { buffer } = after.threads[index] as Thread;
          const [location, value] = buffer.splice(0, 2) as [number, number];
          after.memory[location] = value;
        },
      };
    }
    const { restart } = model;
    if (restart?.thread === index && !state.restarted && !thread.ended) {
      yield {
        name: `${index}: is stopped, and started again`,
        apply: (after) => {
          const again = after.threads[index] as Thread;
          again.pc = labelOf(model, index, restart.label);
          again.registers = { ...restart.registers };
          again.notified = false;
          after.restarted = true;
          runPrivate(model, again, index);
        },
      };
    }
    if (thread.ended) continue;
    const instruction = (model.programs[index] as Program).instructions[thread.pc] as Instruction;
    const fenced = instruction.kind === 'fence' || instruction.kind === 'compareExchange';
    if (fenced && thread.buffer.length > 0) continue;
    if (instruction.kind === 'sleep' && !thread.notified) continue;
    yield {
      name: `${index}: ${instruction.kind} at ${thread.pc}`,
      apply: (after) => {
        const own = after.threads[index] as Thread;
        execute(instruction, after, own);
        own.pc++;
        runPrivate(model, own, index);
      },
    };
  }
}

/** One instruction on shared memory. */
function execute(instruction: Instruction, state: State, thread: Thread): void {
  switch (instruction.kind) {
    case 'load':
      thread.registers[instruction.to] = read(state, thread, instruction.location(thread.registers));
      break;
    case 'store':
      thread.buffer.push(instruction.location(thread.registers), instruction.value(thread.registers));
      break;
    case 'compareExchange': {
      const old = state.memory[instruction.location] as number;
      if (old === instruction.expected) state.memory[instruction.location] = instruction.value;
      thread.registers[instruction.to] = old;
      break;
    }
    case 'sleep':
      thread.notified = false;
      break;
    case 'notify':
      (state.threads[instruction.thread] as Thread).notified = true;
      break;
  }
}

function read(state: State, thread: Thread, location: number): number {
  for (let at = thread.buffer.length - 2; at >= 0; at -= 2) {
    if (thread.buffer[at] === location) return thread.buffer[at + 1] as number;
  }
  return state.memory[location] as number;
}

/** Goes on to the next instruction that others can notice: private ones need no interleaving. */
function runPrivate(model: Model, thread: Thread, index: number): void {
  const { instructions } = model.programs[index] as Program;
  for (;;) {
    const instruction = instructions[thread.pc] as Instruction;
    switch (instruction.kind) {
      case 'local':
        instruction.run(thread.registers);
        thread.pc++;
        break;
      case 'branch':
        thread.pc = instruction.when(thread.registers) ? labelOf(model, index, instruction.to) : thread.pc + 1;
        break;
      case 'check':
        if (!instruction.holds(thread.registers)) {
          throw new Violation(`thread ${index}: ${instruction.message} ${JSON.stringify(thread.registers)}`);
        }
        thread.pc++;
        break;
      case 'end':
        thread.ended = true;
        return;
      default:
        return;
    }
  }
}

function labelOf(model: Model, index: number, label: string): number {
  const at = (model.programs[index] as Program).labels.get(label);
  if (at === undefined) throw new Error(`The program of thread ${index} has no label ${label}.`);
  return at;
}

function copyOf(state: State): State {
  return {
    memory: [...state.memory],
    threads: state.threads.map((thread) => ({
      ...thread,
      registers: { ...thread.registers },
      buffer: [...thread.buffer],
    })),
    restarted: state.restarted,
  };
}

function keyOf(state: State): string {
  let key = state.restarted ? 'r' : '';
  key += state.memory.join();
  for (const { pc, registers, buffer, notified, ended } of state.threads) {
    key += `|${pc}${notified ? 'n' : ''}${ended ? 'e' : ''};${buffer.join()};`;
    for (const name in registers) key += `${registers[name]},`;
  }
  return key;
}
