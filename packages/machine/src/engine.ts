/** What makes a machine go: all cores in one thread in turns, or each on a thread of its own. `Machine` is the face of either. */
import type { Picture, TextScreen } from '@drift-os/devices';
import type { Cpu, JitCounters, PhysicalMemory, Watchpoint } from '@drift-os/x86-core';
import type { Stop } from './debug/stop.ts';
import type { TracedInstruction } from './debug/trace.ts';
import type { MachineState } from './machine-state.ts';
import type { Profile, ProfileOptions } from './profile/profiler.ts';

export type TextCells = Pick<TextScreen, 'cells' | 'columns' | 'rows'>;

export interface Engine {
  /** While the machine is paused they may be looked into, changed and stepped. */
  readonly cores: readonly Cpu[];
  readonly memory: PhysicalMemory;
  /** Nanoseconds of the guest's time. */
  readonly time: bigint;
  readonly screenChanged: boolean;
  text(): TextCells | undefined;
  picture(): Picture | undefined;
  /** Runs until `halt`, an end, or a stop, which it resolves to. Rejects for a defect. */
  run(): Promise<Stop | undefined>;
  halt(): void;
  /** Of a paused machine. @returns a stop that ended it early */
  runFor(nanoseconds: bigint): Stop | undefined;
  step(core: number, others: boolean): Stop;
  profile(options: ProfileOptions): Profile;
  /** Of all compilers; undefined where all is interpreted. */
  jitCounters(): Promise<JitCounters | undefined>;
  trace(listener: (instruction: TracedInstruction) => void): () => void;
  setBreakpoint(linear: bigint): void;
  clearBreakpoint(linear: bigint): void;
  setWatchpoint(watchpoint: Watchpoint): void;
  clearWatchpoint(watchpoint: Watchpoint): void;
  /** Of a paused machine. */
  save(): Promise<MachineState>;
  /** Of a paused machine. @throws MachineError STATE_MISMATCH */
  restore(state: MachineState): Promise<void>;
  reset(): void;
  /** The host has put something into a device. */
  inputArrived(): void;
  /** Nothing runs after this. */
  end(): Promise<void>;
}

/** What an engine tells the machine. */
export interface EngineEvents {
  /** The host has a turn: what the guest has sent may be shown. @returns whether there was something new */
  flush(): boolean;
  /** Whether somebody waits for a line that the guest has ended. */
  lineWaits(): boolean;
  /** The bootstrap core shut itself down. */
  resetByGuest(): void;
}
