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
const NANOSECONDS_PER_PORT_ACCESS = 1000;
/** How far `#passed` may come: numbers are exact well beyond that. */
const MOST_PASSED = 2 ** 50;

export class Execution {
  readonly clock: MachineClock;
  readonly time: 'virtual' | 'host';
  readonly #instructionTime: number;
  #cores: readonly Cpu[] = [];
  /** The core whose turn it is, and its instruction count when its turn began. */
  #current: Cpu | undefined;
  #countedBefore = 0;
  /** Nanoseconds that accesses to devices have taken in this turn. */
  #charged = 0;
  /** Cores that share the time of this round: each of them takes its part of it after the others, so that no core ever sees time go back. */
  #sharing = 1;
  /**
   * The guest's time when `#passed` or `#hostStart` was. What has passed since then is a number of nanoseconds: two cores that wait for each other have
   * turns of a few hundred nanoseconds, and arithmetic of bigints would be a good part of them.
   */
  #since = 0n;
  /** In virtual time: what had passed when the present turn began. */
  #passed = 0;
  /** Host time at `#since`, in milliseconds; undefined while paused. */
  #hostStart: number | undefined;
  /** Calls may have been made ahead of the host's time: see `skipToDue`. */
  #mayBeAhead = false;
  /** The call that is due next, and when, from `#since` on. */
  #nextCall: { readonly at: bigint } | undefined;
  #nextCallIn = Infinity;
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
    this.#instructionTime = instructionTime;
    this.clock =
      time === 'virtual'
        ? new MachineClock(() => this.#now())
        : new MachineClock(
            () => this.#now(),
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

  #now(): bigint {
    return this.#since + BigInt(this.#elapsed());
  }

  /** Nanoseconds from `#since` until now. */
  #elapsed(): number {
    if (this.time === 'host') {
      return this.#hostStart === undefined ? 0 : Math.round((performance.now() - this.#hostStart) * 1e6);
    }
    return this.#current === undefined ? this.#passed : this.#passed + this.#taken(this.#current);
  }

  /** Nanoseconds of virtual time that the turn of a core has taken so far. */
  #taken(core: Cpu): number {
    const done = core.instructions - this.#countedBefore;
    return this.#charged + Math.floor((done * this.#instructionTime) / this.#sharing);
  }

  /** An access to a port takes its time on a bus; without it, a guest that polls a timer would take 10,000 turns for a millisecond. */
  chargePortAccess(): void {
    if (this.time === 'virtual') this.#charged += NANOSECONDS_PER_PORT_ACCESS;
  }

  /** Sets the guest's time, with nothing scheduled. */
  restart(time: bigint): void {
    this.#setTime(time);
    this.#mayBeAhead = false;
    this.clock.restart(time);
  }

  #setTime(time: bigint): void {
    this.#since = time;
    this.#passed = 0;
    if (this.#hostStart !== undefined) this.#hostStart = performance.now();
    this.#forgetNextCall();
  }

  #forgetNextCall(): void {
    this.#nextCall = undefined;
    this.#nextCallIn = Infinity;
  }

  /** Lets host time pass, or not. */
  set running(running: boolean) {
    if (this.time === 'virtual') return;
    this.#setTime(this.#now());
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
    const { lost } = this.clock;
    if (lost > 0n) {
      this.#since -= lost;
      this.#forgetNextCall();
    }
    const now = this.clock.now();
    this.clock.advanceTo(now);
    if (this.#mayBeAhead) this.#mayBeAhead = now > this.#now();
  }

  /** While all cores wait: lets virtual time pass to what is due next. */
  skipToDue(): void {
    const due = this.#due();
    if (due === undefined) return;
    if (this.time === 'host') this.#mayBeAhead = true;
    else if (due > this.#now()) this.#setTime(due);
    this.clock.advanceTo(due);
  }

  /** A turn for each core. */
  round(): RoundResult {
    const budget = this.#beginRound();
    this.#stop = false;
    let result: RoundResult | undefined;
    const first = this.#first;
    this.#first = 0;
    for (let index = first; index < this.#cores.length; index++) {
      const core = this.#cores[index] as Cpu;
      this.#beginTurn(core);
      const reason = this.runCore(core, index, budget);
      const count = this.#endTurn(core);
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

  /** Makes the calls that are due. @returns how many instructions each core may have */
  #beginRound(): number {
    const isDue = this.#mayBeAhead || this.#elapsed() >= this.#callIn();
    if (isDue) this.catchUp();
    if (this.time === 'host') return isDue && this.clock.behind > 0n ? SHORT_TURN : HOST_TURN;
    this.#sharing = this.#runningCores();
    const left = Math.trunc((this.#dueIn() - this.#passed) / this.#instructionTime) + 1;
    return Math.max(1, Math.min(VIRTUAL_TURN, left));
  }

  #runningCores(): number {
    let running = 0;
    for (const { system } of this.#cores) if (system.activity === 'running') running++;
    return Math.max(1, running);
  }

  /** One instruction, or one event, of one core, which takes its time. `others`: then about an instruction of each other core. */
  step(index: number, others: boolean): StopReason {
    this.catchUp();
    this.#sharing = 1;
    const core = this.#cores[index] as Cpu;
    this.stoppedAt = index;
    this.#beginTurn(core);
    const reason = core.step();
    this.#endTurn(core);
    if (!others) return reason;
    for (const [number, other] of this.#cores.entries()) {
      if (number === index) continue;
      this.#beginTurn(other);
      const stop = other.run(1);
      this.#endTurn(other);
      if (stop !== 'breakpoint' && stop !== 'watchpoint') continue;
      this.stoppedAt = number;
      return stop;
    }
    return reason;
  }

  #beginTurn(core: Cpu): void {
    this.#countedBefore = core.instructions;
    this.#charged = 0;
    this.#current = core;
  }

  /** @returns how many instructions it had */
  #endTurn(core: Cpu): number {
    this.#current = undefined;
    if (this.time === 'virtual') {
      this.#passed += this.#taken(core);
      if (this.#passed > MOST_PASSED) this.#setTime(this.#now());
    }
    return core.instructions - this.#countedBefore;
  }

  /** Set by `stop`, which a device may call while a core runs. */
  #isStopped(): boolean {
    return this.#stop;
  }

  /** Nanoseconds from `#since` until the next call is due. */
  #callIn(): number {
    const call = this.clock.nextCall;
    if (call !== this.#nextCall) {
      this.#nextCall = call;
      this.#nextCallIn = call === undefined ? Infinity : Number(call.at - this.#since);
    }
    return this.#nextCallIn;
  }

  /** Nanoseconds from `#since` until a device or a local APIC's timer wants something. */
  #dueIn(): number {
    let due = this.#callIn();
    for (const core of this.#cores) {
      const { deadline } = core.system.apic;
      if (deadline !== undefined) due = Math.min(due, Number(deadline - this.#since));
    }
    return due;
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
