/** A PC that runs: made by `createMachine`, driven through its consoles, stopped, looked into. */
import { screenFromTextMemory, type SerialMatch, type WaitOptions } from '@drift-os/console';
import type { Picture } from '@drift-os/devices';
import type { Cpu, JitCounters, PhysicalMemory, Registers, Watchpoint } from '@drift-os/x86-core';
import { stopAt, type Stop, StopListeners } from './debug/stop.ts';
import type { TracedInstruction } from './debug/trace.ts';
import type { Engine } from './engine.ts';
import type { Keyboard } from './keyboard.ts';
import { MachineError } from './machine-error.ts';
import type { Mouse } from './mouse.ts';
import type { MachineState } from './machine-state.ts';
import type { Profile, ProfileOptions } from './profile/profiler.ts';
import type { SerialLine } from './serial-line.ts';

/** How a machine ended. */
export interface Ending {
  /**
   * power-off: the guest switched it off. exit: the guest wrote to the exit port. reset: the guest reset it, and `onReset` says to end.
   * stopped: `stop` was called. failed: an error in the machine itself, which is `error`.
   */
  readonly reason: 'power-off' | 'exit' | 'reset' | 'stopped' | 'failed';
  /** Of an exit: 1 to 255, twice what was written plus 1. Otherwise 0, or 1 where it failed. */
  readonly status: number;
  readonly error?: unknown;
}

export interface MachineParts {
  readonly serial: readonly [SerialLine, SerialLine];
  readonly keyboard: Keyboard;
  readonly mouse: Mouse;
  readonly engine: Engine;
  readonly onReset: 'restart' | 'end';
}

export class Machine implements AsyncDisposable {
  /** COM1 and COM2. */
  readonly serial: readonly [SerialLine, SerialLine];
  readonly keyboard: Keyboard;
  readonly mouse: Mouse;
  readonly cores: readonly Cpu[];
  /** Guest-physical memory: RAM and ROM. */
  readonly memory: PhysicalMemory;
  /** Resolves when the machine has ended; never rejects. */
  readonly ended: Promise<Ending>;
  readonly #engine: Engine;
  readonly #onReset: 'restart' | 'end';
  #end: (ending: Ending) => void = () => {};
  #ending: Ending | undefined;
  #running = false;
  /** Resolves to what it ended for, if that was a stop. */
  #loop: Promise<Stop | undefined> = Promise.resolve(undefined);
  readonly #stops = new StopListeners();

  constructor(parts: MachineParts) {
    this.#engine = parts.engine;
    this.#onReset = parts.onReset;
    this.cores = parts.engine.cores;
    this.memory = parts.engine.memory;
    this.serial = parts.serial;
    this.keyboard = parts.keyboard;
    this.mouse = parts.mouse;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Output of COM1 so far. */
  get output(): string {
    return this.serial[0].output;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Nanoseconds of the guest's time since it was made. */
  get time(): bigint {
    return this.#engine.time;
  }

  /** Waits for text on COM1. See SerialLine. @throws MachineError TIMEOUT or MACHINE_ENDED */
  waitFor(pattern: string | RegExp, options?: WaitOptions): Promise<SerialMatch> {
    return this.serial[0].waitFor(pattern, options);
  }

  /** Types on COM1. */
  send(text: string): void {
    this.serial[0].send(text);
  }

  /** The text screen's lines; of a graphics mode nothing. */
  screenText(): string {
    const screen = this.#engine.text();
    if (screen === undefined) return '';
    const { buffer, byteOffset, byteLength } = screen.cells;
    return screenFromTextMemory(new Uint8Array(buffer, byteOffset, byteLength), screen.columns, screen.rows);
  }

  /** What a monitor shows; undefined while the picture is off. */
  screenshot(): Picture | undefined {
    return this.#engine.picture();
  }

  /** Whether the screen may show something else than at the last screenshot. */
  get screenChanged(): boolean {
    return this.#engine.screenChanged;
  }

  /** Registers of a core. @throws MachineError BAD_OPTION for a core that is not there */
  registers(core = 0): Registers {
    return this.#core(core).registers;
  }

  #core(number: number): Cpu {
    const core = this.cores[number];
    if (core !== undefined) return core;
    throw new MachineError('BAD_OPTION', `There is no core ${number}; this machine has ${this.cores.length}.`);
  }

  /** Goes on, in the background. */
  run(): void {
    if (this.#running || this.#ending !== undefined) return;
    this.#running = true;
    this.#loop = this.#runLoop();
  }

  async #runLoop(): Promise<Stop | undefined> {
    let stop: Stop | undefined;
    try {
      stop = await this.#engine.run();
    } catch (error) {
      this.endWith({ reason: 'failed', status: 1, error });
    } finally {
      this.#running = false;
      this.flush();
    }
    if (stop !== undefined && this.#ending === undefined) this.#stops.tell(stop);
    return stop;
  }

  /**
   * Runs a paused machine for so many nanoseconds of its time, or until it ends. Meant for virtual time, where the same comes of it every time.
   * @throws MachineError NOT_IN_PARALLEL
   */
  runFor(nanoseconds: bigint): void {
    if (this.#ending !== undefined) return;
    const stop = this.#engine.runFor(nanoseconds);
    if (stop !== undefined) this.#stops.tell(stop);
  }

  /** Stops; resolves when no core runs any more. The guest's clock stands still. */
  async pause(): Promise<void> {
    if (this.#running && (await this.#halt()) === undefined) this.#stops.tell(this.#stopAt(0, 'pause'));
  }

  #halt(): Promise<Stop | undefined> {
    this.#engine.halt();
    return this.#loop;
  }

  /**
   * Carries out one instruction of a core of a paused machine, or lets it take an interrupt; a core that waits goes on waiting.
   * @param others each other core goes on for about an instruction; where one comes to a breakpoint, that is the stop
   */
  step(core = 0, { others = false }: { readonly others?: boolean } = {}): Stop {
    this.#core(core);
    return this.#engine.step(core, others);
  }

  /** Stops the machine before a core carries out the instruction at a linear address; `run` goes on from it. */
  setBreakpoint(linear: bigint | number): void {
    this.#engine.setBreakpoint(BigInt(linear));
  }

  clearBreakpoint(linear: bigint | number): void {
    this.#engine.clearBreakpoint(BigInt(linear));
  }

  /** Stops the machine behind an instruction that touches these bytes. Meanwhile it runs many times slower. */
  setWatchpoint(watchpoint: Watchpoint): void {
    this.#engine.setWatchpoint(watchpoint);
  }

  clearWatchpoint(watchpoint: Watchpoint): void {
    this.#engine.clearWatchpoint(watchpoint);
  }

  /** Tells of every stop of a machine that ran. @returns what ends that */
  onStop(listener: (stop: Stop) => void): () => void {
    return this.#stops.add(listener);
  }

  /** Resolves at the next stop. @throws MachineError MACHINE_ENDED where it ends instead */
  waitForStop(): Promise<Stop> {
    return new Promise((resolve, reject) => {
      const remove = this.onStop((stop) => {
        remove();
        resolve(stop);
      });
      void this.ended.then((ending) => {
        remove();
        reject(new MachineError('MACHINE_ENDED', `The machine ended (${describe(ending)}) before it stopped.`));
      });
    });
  }

  /**
   * Looks where each core is, every so many instructions. Costs little; a sample is taken between two blocks of code, near the instruction that
   * was due. Not in parallel.
   * @throws MachineError BAD_OPTION, also while it is profiled or traced already
   */
  profile(options: ProfileOptions = {}): Profile {
    return this.#engine.profile(options);
  }

  /** What compiling the guest's code has come to so far, on all cores; undefined where all is interpreted. Also after the end. */
  jitCounters(): Promise<JitCounters | undefined> {
    return this.#engine.jitCounters();
  }

  /**
   * Tells of every instruction before it runs, one at a time: many times slower, and without breakpoints. Turns end at other places, so that
   * several cores meet at other moments than without it.
   * @returns what ends that
   * @throws MachineError BAD_OPTION while it is traced or profiled already
   */
  trace(listener: (instruction: TracedInstruction) => void): () => void {
    return this.#engine.trace(listener);
  }

  #stopAt(core: number, reason: Stop['reason']): Stop {
    return stopAt(this.#core(core), core, reason);
  }

  /** Everything that the guest is, as a value. Pauses for it. */
  async save(): Promise<MachineState> {
    return this.#whilePaused(() => this.#engine.save());
  }

  /**
   * Becomes the machine that was saved. Output so far stays.
   * @throws MachineError STATE_MISMATCH with the list of differences, where the state is of another make or version
   */
  async restore(state: MachineState): Promise<void> {
    await this.#whilePaused(async () => {
      await this.#engine.restore(state);
      for (const line of this.serial) line.restart();
    });
    this.inputArrived();
  }

  async #whilePaused<T>(work: () => Promise<T>): Promise<T> {
    const wasRunning = this.#running;
    if (wasRunning) await this.#halt();
    try {
      return await work();
    } finally {
      if (wasRunning) this.run();
    }
  }

  /** Presses the reset button. */
  reset(): void {
    this.#engine.reset();
  }

  /** Ends the machine, without asking the guest. */
  async stop(): Promise<Ending> {
    this.endWith({ reason: 'stopped', status: 0 });
    await this.#engine.end();
    await this.#loop;
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Ends it for a reason that the guest, or the host, has. */
  endWith(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    void this.#engine.end();
    for (const line of this.serial) line.end(`the machine ended (${describe(ending)})`);
    this.#end(ending);
  }

  /** The host has put something into a device: a machine that waits goes on. */
  inputArrived(): void {
    this.#engine.inputArrived();
  }

  /** What the guest has sent becomes text. @returns whether there was something new */
  flush(): boolean {
    const [first, second] = this.serial.map((line) => line.flush());
    return first === true || second === true;
  }

  /** The guest has pulled the RESET wire, or a triple fault has. */
  resetByGuest(): void {
    if (this.#onReset === 'end') this.endWith({ reason: 'reset', status: 0 });
    else this.reset();
  }
}

function describe({ reason, status, error }: Ending): string {
  if (reason === 'exit') return `exit port, status ${status}`;
  return reason === 'failed' ? `a defect of its own: ${error instanceof Error ? error.stack : String(error)}` : reason;
}
