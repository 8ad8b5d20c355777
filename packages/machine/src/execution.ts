/**
 * Runs all cores in one thread, in turns.
 *
 * In virtual time an instruction takes a fixed time and the same run comes out every time: nothing depends on the host but what it types and when.
 * In host time the guest's clock is the host's, and a guest that waits costs nothing.
 */
import type { Cpu, StopReason } from '@drift-os/x86-core';
import { MachineClock, SHORT_TURN, SHORTEST_TURN } from './machine-clock.ts';

/** What a round of turns came to. */
export type RoundResult =
  /** Cores ran. */
  | 'ran'
  /** All cores wait for something that is scheduled. */
  | 'idle'
  /** All cores wait, and nothing is scheduled: only the host can wake them. */
  | 'waiting'
  /** A core is at a breakpoint, or has touched what is watched: `stoppedAt`. Those behind it have their turn in the next round. */
  | 'breakpoint'
  | 'watchpoint'
  /** The bootstrap core shut itself down: a triple fault. */
  | 'shutdown';

/** Runs a core for about so many instructions, in a way of its own: one by one, looking at each. */
export type RunCore = (core: Cpu, index: number, budget: number) => StopReason;

/** Instructions of a turn in virtual time, and in host time. */
const VIRTUAL_TURN = 20_000;
const HOST_TURN = 100_000;
/** As on an ISA bus. */
const NANOSECONDS_PER_PORT_ACCESS = 1000n;

export class Execution {
  readonly clock: MachineClock;
  readonly time: 'virtual' | 'host';
  readonly #instructionTime: bigint;
  #cores: readonly Cpu[] = [];
  /** The core whose turn it is, the time at which its turn began, and its instruction count then. */
  #current: Cpu | undefined;
  #turnBegan = 0n;
  #countedBefore = 0;
  /** Nanoseconds that accesses to devices have taken in this turn. */
  #charged = 0n;
  /** Cores that share the time of this round: each of them takes its part of it after the others, so that no core ever sees time go back. */
  #sharing = 1n;
  /** Host time at which the guest's clock was `#hostBase`; undefined while paused. */
  #hostStart: number | undefined;
  #hostBase = 0n;
  #stop = false;
  /** The core that made the last round end early. */
  stoppedAt = 0;
  /** Whose turn comes first in the next round. */
  #first = 0;
  /** How cores run. */
  runCore: RunCore = runFast;

  /** `instructionTime`: nanoseconds that an instruction takes in virtual time. */
  constructor(time: 'virtual' | 'host', instructionTime: number) {
    this.time = time;
    this.#instructionTime = BigInt(instructionTime);
    this.clock =
      time === 'virtual'
        ? new MachineClock(() => this.#virtualNow())
        : new MachineClock(
            () => this.#hostNow(),
            () => {
              const core = this.#current;
              if (core !== undefined && core.instructions - this.#countedBefore >= SHORTEST_TURN) {
                core.system.yields = true;
              }
            },
          );
  }

  set cores(cores: readonly Cpu[]) {
    this.#cores = cores;
  }

  #virtualNow(): bigint {
    if (this.#current === undefined) return this.#turnBegan;
    const done = BigInt(this.#current.instructions - this.#countedBefore);
    return this.#turnBegan + this.#charged + (done * this.#instructionTime) / this.#sharing;
  }

  /** An access to a port takes its time on a bus; without it, a guest that polls a timer would take 10,000 turns for a millisecond. */
  chargePortAccess(): void {
    if (this.time === 'virtual') this.#charged += NANOSECONDS_PER_PORT_ACCESS;
  }

  /** Sets the guest's time, with nothing scheduled. */
  restart(time: bigint): void {
    this.#turnBegan = time;
    this.#hostBase = time;
    if (this.#hostStart !== undefined) this.#hostStart = performance.now();
    this.clock.restart(time);
  }

  #hostNow(): bigint {
    if (this.#hostStart === undefined) return this.#hostBase;
    return this.#hostBase + BigInt(Math.round((performance.now() - this.#hostStart) * 1e6));
  }

  /** Lets host time pass, or not. */
  set running(running: boolean) {
    this.#hostBase = this.#hostNow();
    this.#hostStart = running ? performance.now() : undefined;
  }

  /** Ends the round after the turn under way. */
  stop(): void {
    this.#stop = true;
  }

  /** Nanoseconds until something is due, while all cores wait. */
  get untilDue(): bigint | undefined {
    const due = this.#due();
    return due === undefined ? undefined : due - this.clock.now();
  }

  /** Makes the calls that are due. */
  catchUp(): void {
    this.#hostBase -= this.clock.lost;
    this.clock.advanceTo(this.clock.now());
  }

  /** While all cores wait: lets virtual time pass to what is due next. */
  skipToDue(): void {
    const due = this.#due();
    if (due === undefined) return;
    if (due > this.#turnBegan) this.#turnBegan = due;
    this.clock.advanceTo(due);
  }

  /** A turn for each core. */
  round(): RoundResult {
    this.catchUp();
    this.#stop = false;
    const began = this.clock.now();
    const budget = this.#budget(began);
    this.#sharing = this.#runningCores();
    this.#turnBegan = began;
    let result: RoundResult | undefined;
    const first = this.#first;
    this.#first = 0;
    for (let index = first; index < this.#cores.length; index++) {
      const core = this.#cores[index] as Cpu;
      const before = core.instructions;
      const reason = this.#turn(core, () => this.runCore(core, index, budget));
      const count = core.instructions - before;
      if (reason === 'breakpoint' || reason === 'watchpoint') {
        this.stoppedAt = index;
        this.#first = (index + 1) % this.#cores.length;
        return reason;
      }
      if (reason === 'shutdown' && index === 0) result ??= 'shutdown';
      else if (reason === 'budget' || count > 0) result ??= 'ran';
      if (this.#isStopped()) break;
    }
    return result ?? (this.#due() === undefined ? 'waiting' : 'idle');
  }

  #runningCores(): bigint {
    let running = 0;
    for (const { system } of this.#cores) if (system.activity === 'running') running++;
    return BigInt(Math.max(1, running));
  }

  /** One instruction, or one event, of one core, which takes its time. `others`: then about an instruction of each other core. */
  step(index: number, others: boolean): StopReason {
    this.catchUp();
    this.#sharing = 1n;
    this.#turnBegan = this.clock.now();
    const core = this.#cores[index] as Cpu;
    this.stoppedAt = index;
    const reason = this.#turn(core, () => core.step());
    if (!others) return reason;
    for (const [number, other] of this.#cores.entries()) {
      const stop = number === index ? 'budget' : this.#turn(other, () => other.run(1));
      if (stop !== 'breakpoint' && stop !== 'watchpoint') continue;
      this.stoppedAt = number;
      return stop;
    }
    return reason;
  }

  #turn(core: Cpu, run: () => StopReason): StopReason {
    this.#countedBefore = core.instructions;
    this.#charged = 0n;
    this.#current = core;
    const reason = run();
    this.#turnBegan = this.#virtualNow();
    this.#current = undefined;
    return reason;
  }

  /** Set by `stop`, which a device may call while a core runs. */
  #isStopped(): boolean {
    return this.#stop;
  }

  #budget(now: bigint): number {
    if (this.time === 'host') return this.clock.behind > 0n ? SHORT_TURN : HOST_TURN;
    const due = this.#due();
    if (due === undefined) return VIRTUAL_TURN;
    const left = Number((due - now) / this.#instructionTime) + 1;
    return Math.max(1, Math.min(VIRTUAL_TURN, left));
  }

  /** When a device or a local APIC's timer wants something next. */
  #due(): bigint | undefined {
    let due = this.clock.next;
    for (const core of this.#cores) {
      const { deadline } = core.system.apic;
      if (deadline !== undefined && (due === undefined || deadline < due)) due = deadline;
    }
    return due;
  }
}

export const runFast: RunCore = (core, _index, budget) => core.run(budget);
