/** Runs one core on its own thread: turns while it runs, sleep while it waits, and the host's wishes in between. */
import {
  type Bus,
  Cpu,
  dispatchInterrupt,
  type InterruptMessage,
  type InterruptTarget,
  PhysicalMemory,
  RemoteApic,
  RemoteBus,
} from '@drift-os/x86-core';
import { unknownMsr } from '../compose-board.ts';
import { SHORT_TURN, SHORTEST_TURN } from '../machine-clock.ts';
import { nextTask } from '../next-task.ts';
import { Area } from './area.ts';
import type { FromCore, StartMessage, ToCore } from './messages.ts';
import { RemoteCompiler } from './remote-compiler.ts';

/** Instructions between two looks at the clock. */
const TURN = 50_000;
/**
 * After so many turns in a row that a core has ended waiting for another one, its thread sleeps for a while, in milliseconds: the other one may have no host
 * core to run on. That takes a millisecond or more of spinning, much longer than the sleep with its way back, so that two cores that wait for each other in turn
 * do not keep each other asleep.
 */
const SPINNING_TURNS = 256;
const SPINNING_SLEEP = 0.05;
/** Between two looks at a clock that waits for core 0's thread, in milliseconds. */
const HELD = 1;

/** What core 0's thread does besides. */
export interface BoardDuties {
  readonly bus: Bus;
  /** The guest's time in nanoseconds. */
  readonly now: () => bigint;
  /** Calls of devices are due that come one by one. */
  readonly isBehind: boolean;
  /** Before each turn: what is due, what has come from the host. @returns false: the thread's other tasks are to have their turn first */
  beforeTurn(): boolean;
  /** What the guest has sent is on its way to the host. */
  afterTurn(): void;
  /** Milliseconds until a device wants something. */
  untilDue(): number;
  /** The core has shut itself down. */
  shutdown(): void;
  serveDevices(): void;
  message(message: ToCore): void;
}

export class CoreThread {
  readonly memory: PhysicalMemory;
  readonly area: Area;
  readonly number: number;
  readonly #post: (message: FromCore) => void;
  readonly #nextMessage: () => Promise<ToCore>;
  readonly #compiler: RemoteCompiler;
  #cpu: Cpu | undefined;
  #duties: BoardDuties | undefined;
  #running = false;
  #interruptLine = false;
  #over = false;
  /** Instructions before the turn. */
  #countedBefore = 0;
  #handled = 1;
  readonly #reported = new Set<string>();

  /** `nextMessage` gives messages in order, those behind the `start` one. */
  constructor(start: StartMessage, post: (message: FromCore) => void, nextMessage: () => Promise<ToCore>) {
    this.number = start.core;
    this.area = new Area(start.area);
    this.#compiler = new RemoteCompiler(post);
    this.memory = PhysicalMemory.attach(start.place, start.core, { jit: start.jit && this.#compiler });
    this.#post = post;
    this.#nextMessage = nextMessage;
  }

  get #exchange(): NonNullable<PhysicalMemory['exchange']> {
    const { exchange } = this.memory;
    if (exchange === undefined) throw new Error('The memory is not shared');
    return exchange;
  }

  get cpu(): Cpu {
    if (this.#cpu === undefined) throw new Error('There is no core yet');
    return this.#cpu;
  }

  /** The 8259s' request. */
  interrupt(level: boolean): void {
    this.#interruptLine = level;
    this.#cpu?.interrupt(level);
  }

  /** The machine ends: no turn follows the present one. */
  cease(): void {
    this.#running = false;
    this.cpu.system.yields = true;
  }

  /** The turn ends as soon as the guest has had its part of it. */
  endTurn(): void {
    if (this.cpu.instructions - this.#countedBefore >= SHORTEST_TURN) this.cpu.system.yields = true;
  }

  /**
   * To all local APICs of the machine, from this thread. While the host has the core, what comes to it waits in its mailbox: core 0's devices answer other cores,
   * of which one may run a little longer.
   */
  readonly send: (message: InterruptMessage) => void = (message) => {
    this.#mailboxes ??= this.#exchange.cores.map((mailbox) => new RemoteApic(mailbox));
    this.#targets ??= this.#mailboxes.with(this.number, this.cpu.system.apic);
    dispatchInterrupt(this.#running ? this.#targets : this.#mailboxes, message);
  };

  #mailboxes: readonly InterruptTarget[] | undefined;
  #targets: readonly InterruptTarget[] | undefined;

  /** Tells the host once. */
  report(message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#post({ kind: 'report', message });
  }

  /** Makes the core, as RESET leaves it. */
  begin(cores: number, duties: BoardDuties | undefined): void {
    const { number: core, memory } = this;
    const exchange = this.#exchange;
    const bus =
      duties?.bus ??
      new RemoteBus(exchange, {
        core,
        sendInterrupt: this.send,
        unknownMsr: (access) => this.report(unknownMsr(access)),
      });
    this.#duties = duties;
    if (duties !== undefined) exchange.serveDevices = () => duties.serveDevices();
    this.#cpu = new Cpu(bus, { memory, core, apicId: core, cores, now: duties?.now ?? this.area.now });
  }

  /** Until the host ends the thread. */
  async run(): Promise<void> {
    for (;;) {
      while (this.#handled !== this.area.sent(this.number)) {
        this.#handle(await this.#nextMessage());
        this.#handled++;
      }
      if (this.#over) return;
      if (this.area.isResetting(this.number)) {
        this.cpu.reset();
        this.area.setResetting(this.number, false);
        this.#exchange.cores[0]?.signal();
      }
      if (!this.#running) this.#waitPaused();
      else if (!this.#runTurns()) await nextTask();
    }
  }

  get #link(): NonNullable<Cpu['link']> {
    const { link } = this.cpu;
    if (link === undefined) throw new Error('The core is not linked');
    return link;
  }

  #handle(message: ToCore): void {
    const { cpu } = this;
    switch (message.kind) {
      case 'run':
        cpu.setStops(message.breakpoints, message.watchpoints);
        cpu.takeOver(message.system);
        cpu.interrupt(this.#interruptLine);
        this.#running = true;
        break;
      case 'pause':
        this.#running = false;
        this.#duties?.afterTurn();
        this.#post({ kind: 'paused', system: cpu.system.save() });
        break;
      case 'breakpoint':
        if (message.set) cpu.setBreakpoint(message.linear);
        else cpu.clearBreakpoint(message.linear);
        break;
      case 'watchpoint':
        if (message.set) cpu.setWatchpoint(message.watchpoint);
        else cpu.clearWatchpoint(message.watchpoint);
        break;
      case 'compiled':
        this.#compiler.receive(message.compiled);
        break;
      case 'counters':
        this.#post({ kind: 'counters', counters: this.memory.regions?.counters });
        break;
      case 'cease':
        this.#running = false;
        this.#post({ kind: 'ceased', counters: this.memory.regions?.counters });
        break;
      case 'end':
        this.#over = true;
        break;
      default:
        this.#duties?.message(message);
    }
  }

  /** The host has the cores. Devices still answer. */
  #waitPaused(): void {
    const { mailbox } = this.#link;
    mailbox.wait(() => {
      this.#duties?.serveDevices();
      return this.#hasMessage();
    });
  }

  #hasMessage(): boolean {
    return this.#handled !== this.area.sent(this.number) || this.area.isResetting(this.number);
  }

  /** Runs until the host wants something. @returns false: other tasks of this thread are to have their turn */
  #runTurns(): boolean {
    const link = this.#link;
    const { cpu } = this;
    const duties = this.#duties;
    link.unpark();
    try {
      while (this.#running && !this.#hasMessage()) {
        link.attention = false;
        if (duties?.beforeTurn() === false) return false;
        this.#countedBefore = cpu.instructions;
        const reason = cpu.run(duties?.isBehind === true ? SHORT_TURN : TURN);
        this.#countedBefore = cpu.instructions;
        duties?.afterTurn();
        if (reason === 'breakpoint' || reason === 'watchpoint') {
          this.#running = false;
          this.#post({ kind: 'stopped', reason, hit: cpu.watchHit });
        } else if (reason === 'shutdown' && duties !== undefined) duties.shutdown();
        else if (reason !== 'budget') link.sleepUnlessAsked(this.#untilDue());
        else if (cpu.spins >= SPINNING_TURNS) link.sleepUnlessAsked(Math.min(SPINNING_SLEEP, this.#untilDue()));
      }
      return true;
    } finally {
      link.park();
    }
  }

  #untilDue(): number {
    const { deadline } = this.cpu.system.apic;
    const duties = this.#duties;
    const now = duties?.now() ?? this.area.now();
    const timer = deadline === undefined ? Number.POSITIVE_INFINITY : Number(deadline - now) / 1e6;
    if (duties !== undefined) return Math.max(0, Math.min(timer, duties.untilDue()));
    return Math.max(this.area.isHeld ? HELD : 0, timer);
  }

  /** On core 0's thread, between two turns: returns when every other core is as RESET leaves it. */
  resetOthers(): void {
    const { cores } = this.#exchange;
    for (const [number, mailbox] of cores.entries()) {
      if (number === this.number) continue;
      this.area.setResetting(number, true);
      mailbox.callAttention();
    }
    this.#link.waitBetweenInstructions(() => !cores.some((_, number) => this.area.isResetting(number)));
  }
}
