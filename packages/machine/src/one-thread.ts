/** Runs a machine in one thread, letting the host have its turn every few milliseconds. */
import type { Picture } from '@drift-os/devices';
import type { Cpu, JitCounters, PhysicalMemory, Watchpoint } from '@drift-os/x86-core';
import { stopAt, type Stop } from './debug/stop.ts';
import { type TracedInstruction, tracing } from './debug/trace.ts';
import type { Engine, EngineEvents, TextCells } from './engine.ts';
import { type Execution, type RunCore, runFast } from './execution.ts';
import { MachineError } from './machine-error.ts';
import { type GuestTime, type MachineState, restoreMachine, saveMachine, type StatefulParts } from './machine-state.ts';
import type { CompileThread } from './parallel/compile-thread.ts';
import { nextTask } from './next-task.ts';
import { type Profile, type ProfileOptions, Profiler } from './profile/profiler.ts';

/** How long the machine runs before the host has a turn, in milliseconds. */
const HOST_TURN = 8;

export interface OneThreadParts extends Omit<StatefulParts, 'time'> {
  readonly cores: readonly Cpu[];
  readonly execution: Execution;
  /** On a thread of its own, where there is one. */
  readonly compiler: CompileThread | undefined;
}

function timeOf(execution: Execution): GuestTime {
  return {
    kind: execution.time,
    now: () => execution.clock.now(),
    restart: (time) => execution.restart(time),
  };
}

export class OneThread implements Engine {
  readonly cores: readonly Cpu[];
  readonly memory: PhysicalMemory;
  readonly #parts: StatefulParts;
  readonly #execution: Execution;
  readonly #events: EngineEvents;
  readonly #compiler: CompileThread | undefined;
  #running = false;
  #wake: () => void = () => {};
  /** Something from the host waits for the guest. */
  #input = false;

  constructor(parts: OneThreadParts, events: EngineEvents) {
    const { execution } = parts;
    this.#parts = { ...parts, time: timeOf(execution) };
    this.#execution = execution;
    this.#compiler = parts.compiler;
    this.#events = events;
    this.cores = parts.cores;
    this.memory = parts.memory;
  }

  get time(): bigint {
    return this.#execution.clock.now();
  }

  get screenChanged(): boolean {
    return this.#parts.board.vga.changed;
  }

  text(): TextCells | undefined {
    return this.#parts.board.vga.text();
  }

  picture(): Picture | undefined {
    return this.#parts.board.vga.picture();
  }

  runFor(nanoseconds: bigint): Stop | undefined {
    const until = this.time + nanoseconds;
    this.#running = true;
    this.#execution.running = true;
    try {
      while (this.#goesOn() && this.time < until) {
        const result = this.#execution.round();
        if (result === 'shutdown') this.#events.resetByGuest();
        else if (result === 'idle') this.#execution.skipToDue();
        else if (result === 'breakpoint' || result === 'watchpoint') return this.#stopped(result);
        else if (result !== 'ran') break;
      }
      return undefined;
    } finally {
      this.#running = false;
      this.#execution.running = false;
      this.#events.flush();
    }
  }

  #stopped(reason: Stop['reason']): Stop {
    const { stoppedAt } = this.#execution;
    return stopAt(this.cores[stoppedAt] as Cpu, stoppedAt, reason);
  }

  step(core: number, others: boolean): Stop {
    this.#execution.running = true;
    const reason = this.#execution.step(core, others);
    this.#execution.running = false;
    this.#events.flush();
    if (reason === 'shutdown' && core === 0) this.#events.resetByGuest();
    return this.#stopped(reason === 'breakpoint' || reason === 'watchpoint' ? reason : 'step');
  }

  async jitCounters(): Promise<JitCounters | undefined> {
    return this.memory.regions?.counters;
  }

  trace(listener: (instruction: TracedInstruction) => void): () => void {
    return this.#observe(tracing(listener));
  }

  profile(options: ProfileOptions): Profile {
    const profiler = new Profiler(this.cores, options);
    const stop = this.#observe((core, index, budget) => profiler.runCore(core, index, budget));
    return { stop, toSpeedscope: (name) => profiler.toSpeedscope(name) };
  }

  /** Runs the cores in another way, until what is returned is called. */
  #observe(runCore: RunCore): () => void {
    if (this.#execution.runCore !== runFast) {
      throw new MachineError('BAD_OPTION', 'The machine is traced or profiled already; end that first.');
    }
    this.#execution.runCore = runCore;
    return () => {
      if (this.#execution.runCore === runCore) this.#execution.runCore = runFast;
    };
  }

  setBreakpoint(linear: bigint): void {
    for (const core of this.cores) core.setBreakpoint(linear);
  }

  clearBreakpoint(linear: bigint): void {
    for (const core of this.cores) core.clearBreakpoint(linear);
  }

  setWatchpoint(watchpoint: Watchpoint): void {
    for (const core of this.cores) core.setWatchpoint(watchpoint);
  }

  clearWatchpoint(watchpoint: Watchpoint): void {
    for (const core of this.cores) core.clearWatchpoint(watchpoint);
  }

  async save(): Promise<MachineState> {
    return saveMachine(this.#parts);
  }

  async restore(state: MachineState): Promise<void> {
    restoreMachine(this.#parts, state);
  }

  reset(): void {
    this.#parts.board.reset();
    for (const core of this.cores) core.reset();
    this.inputArrived();
  }

  inputArrived(): void {
    this.#input = true;
    this.#wake();
  }

  halt(): void {
    this.#running = false;
    this.#execution.stop();
    this.#wake();
  }

  async end(): Promise<void> {
    this.halt();
    await this.#compiler?.end();
  }

  /** `halt` may be called by a device while a core runs. */
  #goesOn(): boolean {
    return this.#running;
  }

  async run(): Promise<Stop | undefined> {
    this.#running = true;
    this.#execution.running = true;
    try {
      while (this.#goesOn()) {
        const until = performance.now() + HOST_TURN;
        let wait: number | undefined = 0;
        while (this.#goesOn() && performance.now() < until) {
          this.#input = false;
          const result = this.#execution.round();
          if (result === 'breakpoint' || result === 'watchpoint') return this.#stopped(result);
          if (result === 'shutdown') this.#events.resetByGuest();
          else if (result === 'idle' && this.#execution.time === 'virtual') this.#execution.skipToDue();
          else if (result === 'idle') {
            wait = Number(this.#execution.untilDue ?? 0n) / 1e6;
            if (wait > 0) break;
          } else if (result === 'waiting') {
            wait = undefined;
            break;
          }
          // What the host types in answer to output comes at the same instruction every time.
          if (this.#execution.time === 'virtual' && this.#events.flush()) await nextTask();
          // Who reads the line, and perhaps takes the time of it, has it at once, not at the end of the turn.
          if (this.#events.lineWaits()) break;
        }
        this.#events.flush();
        if (this.#goesOn()) await this.#hostTurn(wait);
      }
      return undefined;
    } finally {
      this.#running = false;
      this.#execution.running = false;
    }
  }

  /** Lets the host do what it has to, and waits for at most so many milliseconds; undefined: until something comes. */
  #hostTurn(wait: number | undefined): Promise<void> {
    if (wait === 0 || this.#input) return nextTask();
    return new Promise((resolve) => {
      const timer = wait === undefined ? undefined : setTimeout(done, wait);
      this.#wake = done;
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}
