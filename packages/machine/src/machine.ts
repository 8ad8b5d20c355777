/** A PC that runs: made by `createMachine`, driven through its consoles, stopped, looked into. */
import { screenFromTextMemory, type SerialMatch, type WaitOptions } from '@drift-os/console';
import type { Picture } from '@drift-os/devices';
import type { Cpu, PhysicalMemory, Registers, Watchpoint } from '@drift-os/x86-core';
import type { Board } from './board.ts';
import { instructionAddress } from './debug/linear-memory.ts';
import { type Stop, StopListeners } from './debug/stop.ts';
import { type TracedInstruction, tracing } from './debug/trace.ts';
import { type Execution, runFast } from './execution.ts';
import type { Keyboard } from './keyboard.ts';
import { MachineError } from './machine-error.ts';
import type { Mouse } from './mouse.ts';
import { type MachineState, restoreMachine, saveMachine, type StatefulParts } from './machine-state.ts';
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

/** How long the machine runs before the host has a turn, in milliseconds. */
const HOST_TURN = 8;

export interface MachineParts extends StatefulParts {
  readonly serial: readonly [SerialLine, SerialLine];
  readonly keyboard: Keyboard;
  readonly mouse: Mouse;
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
  readonly #parts: StatefulParts;
  readonly #board: Board;
  readonly #execution: Execution;
  readonly #onReset: 'restart' | 'end';
  #end: (ending: Ending) => void = () => {};
  #ending: Ending | undefined;
  #running = false;
  /** Resolves to what it ended for, if that was a stop. */
  #loop: Promise<Stop | undefined> = Promise.resolve(undefined);
  readonly #stops = new StopListeners();
  #wake: () => void = () => {};
  /** Something from the host waits for the guest. */
  #input = false;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.#board = parts.board;
    this.#execution = parts.execution;
    this.#onReset = parts.onReset;
    this.cores = parts.cores;
    this.memory = parts.memory;
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
    return this.#execution.clock.now();
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
    const screen = this.#board.vga.text();
    if (screen === undefined) return '';
    const { buffer, byteOffset, byteLength } = screen.cells;
    return screenFromTextMemory(new Uint8Array(buffer, byteOffset, byteLength), screen.columns, screen.rows);
  }

  /** What a monitor shows; undefined while the picture is off. */
  screenshot(): Picture | undefined {
    return this.#board.vga.picture();
  }

  /** Whether the screen may show something else than at the last screenshot. */
  get screenChanged(): boolean {
    return this.#board.vga.changed;
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
    this.#execution.running = true;
    this.#loop = this.#runLoop();
  }

  /** Runs a paused machine for so many nanoseconds of its time, or until it ends. Meant for virtual time, where the same comes of it every time. */
  runFor(nanoseconds: bigint): void {
    const until = this.time + nanoseconds;
    this.#execution.running = true;
    try {
      while (this.#ending === undefined && this.time < until) {
        const result = this.#execution.round();
        if (result === 'shutdown') this.resetByGuest();
        else if (result === 'idle') this.#execution.skipToDue();
        else if (result === 'breakpoint' || result === 'watchpoint') {
          this.#stops.tell(this.#stopAt(this.#execution.stoppedAt, result));
          break;
        } else if (result !== 'ran') break;
      }
    } finally {
      this.#execution.running = false;
      this.#flush();
    }
  }

  /** Stops; resolves when no core runs any more. The guest's clock stands still. */
  async pause(): Promise<void> {
    if (this.#running && (await this.#halt()) === undefined) this.#stops.tell(this.#stopAt(0, 'pause'));
  }

  #halt(): Promise<Stop | undefined> {
    this.#running = false;
    this.#execution.stop();
    this.#wake();
    return this.#loop;
  }

  /**
   * Carries out one instruction of a core of a paused machine, or lets it take an interrupt; a core that waits goes on waiting.
   * @param others each other core goes on for about an instruction; where one comes to a breakpoint, that is the stop
   */
  step(core = 0, { others = false }: { readonly others?: boolean } = {}): Stop {
    this.#core(core);
    this.#execution.running = true;
    const reason = this.#execution.step(core, others);
    this.#execution.running = false;
    this.#flush();
    if (reason === 'shutdown' && core === 0) this.resetByGuest();
    const isStop = reason === 'breakpoint' || reason === 'watchpoint';
    return this.#stopAt(this.#execution.stoppedAt, isStop ? reason : 'step');
  }

  /** Stops the machine before a core carries out the instruction at a linear address; `run` goes on from it. */
  setBreakpoint(linear: bigint | number): void {
    for (const core of this.cores) core.setBreakpoint(BigInt(linear));
  }

  clearBreakpoint(linear: bigint | number): void {
    for (const core of this.cores) core.clearBreakpoint(BigInt(linear));
  }

  /** Stops the machine behind an instruction that touches these bytes. Meanwhile it runs many times slower. */
  setWatchpoint(watchpoint: Watchpoint): void {
    for (const core of this.cores) core.setWatchpoint(watchpoint);
  }

  clearWatchpoint(watchpoint: Watchpoint): void {
    for (const core of this.cores) core.clearWatchpoint(watchpoint);
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
   * Tells of every instruction before it runs, one at a time: many times slower, and without breakpoints. Turns end at other places, so that
   * several cores meet at other moments than without it.
   * @returns what ends that
   */
  trace(listener: (instruction: TracedInstruction) => void): () => void {
    this.#execution.runCore = tracing(listener);
    return () => {
      this.#execution.runCore = runFast;
    };
  }

  #stopAt(core: number, reason: Stop['reason']): Stop {
    const stopped = this.#core(core);
    const hit = reason === 'watchpoint' ? stopped.watchHit : undefined;
    return { reason, core, address: instructionAddress(stopped), ...(hit === undefined ? {} : { hit }) };
  }

  /** Everything that the guest is, as a value. Pauses for it. */
  async save(): Promise<MachineState> {
    return this.#whilePaused(() => saveMachine(this.#parts));
  }

  /**
   * Becomes the machine that was saved. Output so far stays.
   * @throws MachineError STATE_MISMATCH with the list of differences, where the state is of another make or version
   */
  async restore(state: MachineState): Promise<void> {
    await this.#whilePaused(() => {
      restoreMachine(this.#parts, state);
      for (const line of this.serial) line.restart();
    });
    this.inputArrived();
  }

  async #whilePaused<T>(work: () => T): Promise<T> {
    const wasRunning = this.#running;
    if (wasRunning) await this.#halt();
    try {
      return work();
    } finally {
      if (wasRunning) this.run();
    }
  }

  /** Presses the reset button. */
  reset(): void {
    this.#board.reset();
    for (const core of this.cores) core.reset();
    this.inputArrived();
  }

  /** Ends the machine, without asking the guest. */
  async stop(): Promise<Ending> {
    this.endWith({ reason: 'stopped', status: 0 });
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
    this.#running = false;
    this.#execution.stop();
    for (const line of this.serial) line.end(`the machine ended (${describe(ending)})`);
    this.#end(ending);
    this.#wake();
  }

  /** The host has put something into a device: a machine that waits goes on. */
  inputArrived(): void {
    this.#input = true;
    this.#wake();
  }

  /** @returns whether there was something new */
  #flush(): boolean {
    const [first, second] = this.serial.map((line) => line.flush());
    return first === true || second === true;
  }

  async #runLoop(): Promise<Stop | undefined> {
    let stop: Stop | undefined;
    try {
      while (this.#running) {
        const until = performance.now() + HOST_TURN;
        let wait: number | undefined = 0;
        while (this.#running && performance.now() < until) {
          this.#input = false;
          const result = this.#execution.round();
          if (result === 'breakpoint' || result === 'watchpoint') {
            stop = this.#stopAt(this.#execution.stoppedAt, result);
            this.#running = false;
          } else if (result === 'shutdown') this.resetByGuest();
          else if (result === 'idle' && this.#execution.time === 'virtual') this.#execution.skipToDue();
          else if (result === 'idle') {
            wait = Number(this.#execution.untilDue ?? 0n) / 1e6;
            if (wait > 0) break;
          } else if (result === 'waiting') {
            wait = undefined;
            break;
          }
          // What the host types in answer to output comes at the same instruction every time.
          if (this.#execution.time === 'virtual' && this.#flush()) await nextTask();
          // Who reads the line, and perhaps takes the time of it, has it at once, not at the end of the turn.
          if (this.serial.some(({ lineWaits }) => lineWaits)) break;
        }
        this.#flush();
        if (this.#running) await this.#hostTurn(wait);
      }
    } catch (error) {
      this.endWith({ reason: 'failed', status: 1, error });
    } finally {
      this.#running = false;
      this.#execution.running = false;
      this.#flush();
    }
    if (stop !== undefined && this.#ending === undefined) this.#stops.tell(stop);
    return stop;
  }

  /** The guest has pulled the RESET wire, or a triple fault has. */
  resetByGuest(): void {
    if (this.#onReset === 'end') this.endWith({ reason: 'reset', status: 0 });
    else this.reset();
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

function describe({ reason, status, error }: Ending): string {
  if (reason === 'exit') return `exit port, status ${status}`;
  return reason === 'failed' ? `a defect of its own: ${error instanceof Error ? error.stack : String(error)}` : reason;
}

/** Of Node, where a MessageChannel would load the whole of its fetch first. */
const { setImmediate } = globalThis as { setImmediate?: (call: () => void) => unknown };

/** After the host's other tasks. setTimeout would wait for a millisecond or four. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
