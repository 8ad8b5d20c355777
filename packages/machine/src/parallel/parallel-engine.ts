/**
 * Runs a machine with a thread for each core, seen from the host's thread, which stays free.
 *
 * While the machine runs, the cores are their threads'. While it is paused they are here: each thread has said what state its core's system part is in
 * (the registers lie in shared memory), and gets it back with `run`. So what a debugger does to a core of a paused machine, it does to the core.
 */
import type { Disk, Picture } from '@drift-os/devices';
import { Cpu, type JitCounters, PhysicalMemory, type Watchpoint } from '@drift-os/x86-core';
import { stopAt, type Stop } from '../debug/stop.ts';
import type { Engine, TextCells } from '../engine.ts';
import type { Ending } from '../machine.ts';
import type { MachineState } from '../machine-state.ts';
import type { Profile } from '../profile/profiler.ts';
import { Area, type AreaBuffers, makeArea } from './area.ts';
import { Channel, Kind, makeChannel } from './channel.ts';
import { CompileThread } from './compile-thread.ts';
import { CoreCounters } from './core-counters.ts';
import { Farewell } from './farewell.ts';
import { observedCores, takeMail } from './observed-cores.ts';
import type { BoardStart, FromCore, ToCore } from './messages.ts';
import { asError, endedError, errorOf, notInParallel } from './refusal.ts';
import { serveDisk } from './remote-disk.ts';
import { ScreenClient } from './screen-request.ts';
import { SharedCompiler } from './shared-compiler.ts';
import { startCoreThread, type Thread } from './threads.ts';

export interface ParallelSetup extends Omit<BoardStart, 'channel'> {
  /** Bytes of RAM and ROM. */
  readonly bytes: number;
  readonly strictMemoryOrder: boolean;
  readonly jit: boolean;
  /** Those that drives ask for sectors, by their number. */
  readonly disks: readonly Disk[];
}

export interface ParallelEvents {
  serialBytes(line: 0 | 1, bytes: Uint8Array): void;
  report(message: string): void;
  ending(ending: Ending): void;
}

/** A core that came to a breakpoint or touched what is watched. */
interface Stopped {
  readonly core: number;
  readonly message: FromCore & { kind: 'stopped' };
}

/** While something waits for room in the channel, in milliseconds. */
const RETRY = 1;
/** What a thread has for each step of its end before it is killed, in milliseconds. */
const PATIENCE = 5000;

export class ParallelEngine implements Engine {
  readonly cores: readonly Cpu[];
  readonly memory: PhysicalMemory;
  readonly #threads: readonly Thread[];
  readonly #area: Area;
  readonly #channel: Channel;
  readonly #screen: ScreenClient;
  readonly #events: ParallelEvents;
  readonly #disks: readonly Disk[];
  readonly #breakpoints = new Set<bigint>();
  #watchpoints: readonly Watchpoint[] = [];
  #running = false;
  readonly #compileThread: CompileThread;
  readonly #compiler: SharedCompiler;
  readonly #farewells: readonly Farewell[];
  readonly #counters = new CoreCounters();
  #end: Promise<void> | undefined;
  /** The messages that somebody waits for, by core. */
  readonly #awaited: (((message: FromCore) => void) | undefined)[] = [];
  /** What ends the run under way. */
  #stop: (stopped: Stopped | undefined) => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** @throws MachineError, or what a device of the user's own throws */
  static async start(setup: ParallelSetup, events: ParallelEvents): Promise<ParallelEngine> {
    const { cores } = setup.setup;
    const { bytes, strictMemoryOrder: ordered } = setup;
    const memory = new PhysicalMemory({ bytes, cores, shared: true, ordered, jit: false });
    const buffers = makeArea();
    const engine = new ParallelEngine(memory, cores, buffers, makeChannel(), setup, events);
    try {
      await engine.#ready();
    } catch (error) {
      await engine.end();
      throw error;
    }
    return engine;
  }

  readonly #starts: Promise<readonly PromiseSettledResult<FromCore>[]>;

  private constructor(
    memory: PhysicalMemory,
    cores: number,
    buffers: AreaBuffers,
    channel: SharedArrayBuffer,
    setup: ParallelSetup,
    events: ParallelEvents,
  ) {
    const { place, exchange } = memory;
    if (place === undefined || exchange === undefined) throw new Error('The memory is not shared');
    this.memory = memory;
    this.#events = events;
    this.#disks = setup.disks;
    this.#compileThread = new CompileThread((error) => this.#fail(error), 1);
    this.#compiler = new SharedCompiler(this.#compileThread);
    this.#area = new Area(buffers);
    this.#channel = new Channel(channel, 'host', () => exchange.cores[0]?.callAttention());
    this.#channel.receive(() => {});
    this.#screen = new ScreenClient(this.#area, exchange);
    this.cores = observedCores(memory, exchange, cores, this.#area);
    this.#farewells = this.cores.map(() => new Farewell());
    this.#threads = this.cores.map((_, core) => this.#startThread(core));
    const { setup: board, drives, devices, onReset } = setup;
    this.#starts = Promise.allSettled(
      this.#threads.map((_, core) => {
        const boardStart = core === 0 ? { setup: board, drives, devices, onReset, channel } : undefined;
        return this.#ask(core, { kind: 'start', core, cores, place, jit: setup.jit, area: buffers, board: boardStart });
      }),
    );
  }

  /** All threads have loaded their modules, and made their cores or failed to. @throws what a thread refuses with */
  async #ready(): Promise<void> {
    for (const start of await this.#starts) if (start.status === 'rejected') throw start.reason;
  }

  #startThread(core: number): Thread {
    const thread = startCoreThread();
    thread.onMessage((message) => this.#receive(core, message as FromCore));
    thread.onError((error) => this.#receive(core, { kind: 'failed', error }));
    thread.onExit(() => {
      this.#farewells[core]?.left();
      this.#counters.left(core);
      this.#receive(core, { kind: 'failed', error: new Error(`The thread of core ${core} is gone`) });
    });
    return thread;
  }

  #post(core: number, message: ToCore): void {
    this.#threads[core]?.post(message);
    this.#area.countSent(core);
    this.memory.exchange?.cores[core]?.callAttention();
  }

  /** @throws what the thread refuses with */
  #ask(core: number, message: ToCore): Promise<FromCore> {
    if (this.#end !== undefined) return Promise.reject(endedError());
    return new Promise((resolve, reject) => {
      this.#awaited[core] = (answer) => {
        this.#awaited[core] = undefined;
        this.#threads[core]?.keepsProcess(this.#running || this.#counters.isAwaited(core));
        if (answer.kind === 'refused') reject(errorOf(answer));
        else if (answer.kind === 'failed') reject(asError(answer.error));
        else resolve(answer);
      };
      // A process of Node ends where nothing keeps it, even while somebody waits.
      this.#threads[core]?.keepsProcess(true);
      this.#post(core, message);
    });
  }

  #receive(core: number, message: FromCore): void {
    if (message.kind === 'counters' || message.kind === 'ceased') this.#receiveCounters(core, message.counters);
    if (message.kind === 'ceased' || message.kind === 'over') this.#farewells[core]?.reach(message.kind);
    else if (message.kind === 'counters') return;
    else if (this.#end === undefined) this.#receiveRunning(core, message);
    else this.#awaited[core]?.(message);
  }

  #receiveCounters(core: number, counters: JitCounters | undefined): void {
    this.#counters.receive(core, counters);
    if (this.#end === undefined && !this.#running && this.#awaited[core] === undefined) {
      this.#threads[core]?.keepsProcess(false);
    }
  }

  #receiveRunning(core: number, message: FromCore): void {
    switch (message.kind) {
      case 'channel':
        this.#receiveBytes();
        break;
      case 'report':
        this.#events.report(message.message);
        break;
      case 'compile':
        this.#compiler.compile(message.sources, message.environment, (compiled) =>
          this.#post(core, { kind: 'compiled', compiled }),
        );
        break;
      case 'ending':
        this.#receiveBytes();
        this.#events.ending(message.ending);
        break;
      case 'stopped':
        this.#stop({ core, message });
        break;
      case 'failed':
        this.#fail(message.error);
        this.#awaited[core]?.(message);
        break;
      default:
        this.#awaited[core]?.(message);
    }
  }

  #receiveBytes(): void {
    this.#channel.receive((kind, payload) => {
      if (kind === Kind.serial1 || kind === Kind.serial2) this.#events.serialBytes(kind, payload);
      else if (kind === Kind.disk) void serveDisk(this.#disks, this.#channel, payload).then(() => this.#sent());
    });
  }

  /** Gives bytes to a device; see Kind. */
  send(kind: number, payload: Uint8Array): void {
    for (let done = 0; done < Math.max(1, payload.length); done += PIECE) {
      this.#channel.send(kind, payload.subarray(done, done + PIECE));
    }
    this.#sent();
  }

  #sent(): void {
    this.inputArrived();
    if (!this.#channel.isBacklogged || this.#retry !== undefined || this.#end !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#channel.flush();
      this.#sent();
    }, RETRY);
  }

  get time(): bigint {
    return this.#area.now();
  }

  get screenChanged(): boolean {
    return this.#area.screenChanged;
  }

  text(): TextCells | undefined {
    return this.#end !== undefined ? undefined : this.#screen.text();
  }

  picture(): Picture | undefined {
    return this.#end !== undefined ? undefined : this.#screen.picture();
  }

  async run(): Promise<Stop | undefined> {
    this.#running = true;
    this.#area.setClock(this.#area.now(), true);
    const stopping = new Promise<Stopped | undefined>((resolve, reject) => {
      this.#stop = resolve;
      this.#fail = reject;
    });
    for (const [core, cpu] of this.cores.entries()) {
      this.#threads[core]?.keepsProcess(true);
      const [breakpoints, watchpoints] = [[...this.#breakpoints], this.#watchpoints];
      this.#post(core, { kind: 'run', system: cpu.system.save(), breakpoints, watchpoints });
    }
    const stopped = await stopping;
    if (this.#end !== undefined) return undefined;
    await this.#takeCores();
    if (stopped === undefined) return undefined;
    const { core, message } = stopped;
    return stopAt(this.cores[core] as Cpu, core, message.reason, message.hit);
  }

  async #takeCores(): Promise<void> {
    const answers = await Promise.all(this.cores.map((_, core) => this.#ask(core, { kind: 'pause' })));
    this.#area.setClock(this.#area.now(), false);
    for (const [core, answer] of answers.entries()) {
      if (answer.kind !== 'paused') throw new Error(`Core ${core} answered ${answer.kind} to a pause`);
      this.cores[core]?.takeOver(answer.system);
      this.#threads[core]?.keepsProcess(false);
    }
    this.#receiveBytes();
    this.#running = false;
  }

  halt(): void {
    this.#stop(undefined);
  }

  runFor(): Stop | undefined {
    throw notInParallel('runFor', 'It is meant for virtual time');
  }

  profile(): Profile {
    throw notInParallel('profile', 'Samples are taken between turns of the cores');
  }

  async jitCounters(): Promise<JitCounters | undefined> {
    const ask = (thread: Thread, core: number): Promise<void> => {
      thread.keepsProcess(true);
      this.#post(core, { kind: 'counters' });
      return this.#counters.next(core);
    };
    await (this.#end ?? Promise.all(this.#threads.map(ask)));
    return this.#counters.sum;
  }

  trace(): () => void {
    throw notInParallel('trace', 'Its instructions have no order among cores that run at the same time');
  }

  step(core: number, others: boolean): Stop {
    const steps = others ? [core, ...[...this.cores.keys()].filter((other) => other !== core)] : [core];
    this.#area.setClock(this.#area.now(), true);
    let stop: Stop | undefined;
    for (const number of steps) {
      const cpu = this.cores[number] as Cpu;
      const reason = number === core ? cpu.step() : cpu.run(1);
      const isStop = reason === 'breakpoint' || reason === 'watchpoint';
      if (number === core || isStop) stop = stopAt(cpu, number, isStop ? reason : 'step');
      if (isStop) break;
    }
    this.#area.setClock(this.#area.now(), false);
    return stop as Stop;
  }

  setBreakpoint(linear: bigint): void {
    this.#breakpoints.add(linear);
    this.#tellStop((cpu) => cpu.setBreakpoint(linear), { kind: 'breakpoint', linear, set: true });
  }

  clearBreakpoint(linear: bigint): void {
    this.#breakpoints.delete(linear);
    this.#tellStop((cpu) => cpu.clearBreakpoint(linear), { kind: 'breakpoint', linear, set: false });
  }

  setWatchpoint(watchpoint: Watchpoint): void {
    this.#watchpoints = [...this.#watchpoints, watchpoint];
    this.#tellStop((cpu) => cpu.setWatchpoint(watchpoint), { kind: 'watchpoint', watchpoint, set: true });
  }

  clearWatchpoint(watchpoint: Watchpoint): void {
    const { linear, bytes, kind } = watchpoint;
    const at = this.#watchpoints.findIndex(
      (each) => each.linear === linear && each.bytes === bytes && each.kind === kind,
    );
    if (at >= 0) this.#watchpoints = this.#watchpoints.toSpliced(at, 1);
    this.#tellStop((cpu) => cpu.clearWatchpoint(watchpoint), { kind: 'watchpoint', watchpoint, set: false });
  }

  /** Of a running machine: within a turn or so. */
  #tellStop(here: (cpu: Cpu) => void, message: ToCore): void {
    if (this.#running) for (const core of this.cores.keys()) this.#post(core, message);
    else for (const cpu of this.cores) here(cpu);
  }

  async save(): Promise<MachineState> {
    const answer = await this.#ask(0, { kind: 'save' });
    if (answer.kind !== 'saved') throw new Error(`Core 0 answered ${answer.kind} to save`);
    takeMail(this.cores);
    return { ...answer.state, cores: this.cores.map((cpu) => cpu.save()) };
  }

  async restore(state: MachineState): Promise<void> {
    await this.#ask(0, { kind: 'restore', state });
    takeMail(this.cores);
    for (const [core, saved] of state.cores.entries()) this.cores[core]?.restore(saved);
  }

  reset(): void {
    this.#post(0, { kind: 'reset', cores: this.#running });
    if (this.#running) return;
    takeMail(this.cores);
    for (const cpu of this.cores) cpu.reset();
  }

  inputArrived(): void {
    this.memory.exchange?.cores[0]?.callAttention();
  }

  end(): Promise<void> {
    this.#end ??= this.#endThreads();
    return this.#end;
  }

  async #endThreads(): Promise<void> {
    clearTimeout(this.#retry);
    for (const [core, thread] of this.#threads.entries()) {
      thread.keepsProcess(true);
      this.#post(core, { kind: 'cease' });
    }
    this.#stop(undefined);
    await this.#compileThread.end();
    await Promise.all(this.#farewells.map((farewell) => farewell.reached('ceased', PATIENCE)));
    await Promise.all(
      this.#threads.map(async (thread, core) => {
        this.#post(core, { kind: 'end' });
        await this.#farewells[core]?.reached('over', PATIENCE);
        await thread.leave(PATIENCE);
        this.#awaited[core]?.({ kind: 'failed', error: endedError() });
        this.#counters.left(core);
      }),
    );
  }
}

const PIECE = 4096;
