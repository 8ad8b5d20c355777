/**
 * One amd64 core: runs guest code for a budget, takes interrupts, and leaves to TypeScript what src/system carries out.
 *
 * Handlers in WebAssembly run from record to record. They come back here (Reason) where a branch has no record yet, where an instruction is carried out
 * in TypeScript or raised an exception, where an event waits, and when the budget is used up; but not for what assembly/go-on.ts does by itself.
 */
import { dispatchInterrupt } from '../apic/dispatch.ts';
import type { Instruction } from '../decode/instruction.ts';
import { exitCauses } from '../jit/jit-counters.ts';
import { Reason, type ReasonCode } from '../semantics/reason.ts';
import * as record from '../semantics/record.ts';
import * as state from '../semantics/state.ts';
import type { TlbScope } from '../system/core-context.ts';
import {
  type Activity,
  afterInstruction,
  beforeInstruction,
  CpuFault,
  deliverFault,
  eventPending,
  executeAssist,
  hasBreakpoints,
  monitoredChanged,
  needsStepping,
  reset,
  type SavedSystemState,
  Segment,
  serveEvents,
  type SystemOptions,
  SystemState,
  watchData,
} from '../system/index.ts';
import { Rflags } from '../system/register-bits.ts';
import { type Bus, emptyBus } from './bus.ts';
import { BlockWriter, MAX_INSTRUCTIONS } from './block-writer.ts';
import { CodeFetch, type CodePlace, type FetchedCode } from './code-fetch.ts';
import type { CodeMode } from './code-mode.ts';
import { CodeSources } from './code-sources.ts';
import { StateContext } from './core-context.ts';
import { CoreState } from './core-state.ts';
import { type Block, DecodeCache } from './decode-cache.ts';
import { DeviceAccess } from './device-access.ts';
import { LinearMemory } from './linear-memory.ts';
import { type KnownMode, ModeTracker } from './mode-tracker.ts';
import { type MemoryUser, PhysicalMemory } from './physical-memory.ts';
import { Registers } from './registers.ts';
import { CoreLink } from './shared/core-link.ts';
import { type CpuState, restoreState, saveState } from './saved-state.ts';
import { type Watchpoint, type WatchHit, Watchpoints } from './watchpoints.ts';

export interface CpuOptions extends SystemOptions {
  /** Memory of the machine; several cores may share one. Default: an empty one with room for 16 MiB. */
  readonly memory?: PhysicalMemory;
  /** Number of its place in the memory. Default: the next. */
  readonly core?: number;
  /** Nanoseconds, for the time-stamp counter and the timer of the local APIC. Default: one for each instruction. */
  readonly now?: () => bigint;
  /** 64 random bits, for RDRAND and RDSEED. Default: from `crypto`. */
  readonly random?: () => bigint;
}

/**
 * budget: used up. halt: HLT or MWAIT, and no event that ends it. breakpoint: RIP is at one. watchpoint: the instruction before RIP touched one, which
 * is `watchHit`. shutdown: a triple fault. waitForStartup: a core that waits for SIPI.
 */
export type StopReason = 'budget' | 'halt' | 'breakpoint' | 'watchpoint' | 'shutdown' | 'waitForStartup';

const idleReasons: Readonly<Record<Exclude<Activity, 'running'>, StopReason>> = {
  halted: 'halt',
  shutdown: 'shutdown',
  waitForStartup: 'waitForStartup',
};

/**
 * PAUSE instructions that a core spins for before its turn ends, where cores take turns on one thread: it ends between the release of a lock and the next
 * attempt to take it, which is where other cores must be able to get in. With a thread for each core the other one most often answers within so many.
 */
const SPINS = 32;
const PARALLEL_SPINS = 1024;
/** Of the state, in words of 4 bytes: what a core that does nothing but wait leaves as it is. */
const SPIN_WORDS = (state.RIP + 8 - state.GPR) / 4;

export class Cpu {
  readonly memory: PhysicalMemory;
  readonly registers: Registers;
  /** What src/system sees of this core. */
  readonly context: StateContext;
  /** Local APIC, pending events, activity, features. */
  readonly system: SystemState;
  /** Its mailbox, where other threads share its memory. */
  readonly link: CoreLink | undefined;
  readonly #spinWords = new Uint32Array(SPIN_WORDS);
  #spins = 0;
  /** Those before the present turn. */
  #spinsBefore = 0;
  /** Linear addresses to stop at, before the instruction there. Change it with `setBreakpoint`. */
  readonly #breakpoints = new Set<bigint>();
  readonly #watchpoints = new Watchpoints();
  readonly #state: CoreState;
  readonly #base: number;
  readonly #view: DataView;
  readonly #cache: DecodeCache;
  readonly #fetch: CodeFetch;
  readonly #writer: BlockWriter;
  readonly #sources: CodeSources;
  readonly #modes: ModeTracker;
  /** By Reason: those of the memory's regions. */
  readonly #exits: Float64Array;
  /** Counts changes of the mapping: entries of JUMPS are for one of them. */
  #mapping = 1;
  #modeIsKnown = false;
  #mode: KnownMode;
  #stepping = false;
  /** The run before this one ended between two instructions for its budget alone: a breakpoint at RIP was not reported. */
  #goesOn = false;
  /** Instructions before the present run, and the budget that it began with. */
  #counted = 0;
  #budget = 0;

  constructor(bus: Bus = emptyBus, options: CpuOptions = {}) {
    this.memory = options.memory ?? new PhysicalMemory({ bytes: 16 << 20 });
    const user: MemoryUser = {
      busRead: (physical, bytes, to) => devices.copyIn(Number(physical), bytes, to),
      busWrite: (physical, bytes, from) => devices.copyOut(Number(physical), bytes, from),
      watch: (linear, bytes, write) => {
        watchData(this.context, linear, bytes, write);
        this.#watchpoints.see(linear, bytes, write);
      },
      dropCode: (page) => {
        this.#cache.dropPage(page);
        this.#state.set32(state.EVENTS, 1);
      },
      lockBus: () => this.link?.lockBus(),
      unlockBus: () => this.link?.unlockBus(),
      mappingChanged: () => this.#flushTlb('all'),
    };
    this.#base = this.memory.addCore(user, options.core);
    this.#view = this.memory.view;
    this.#state = new CoreState(this.#view, this.#base);
    const now = options.now ?? ((): bigint => BigInt(this.instructions));
    this.system = new SystemState(
      {
        now,
        sendInterrupt: (message) => {
          if (bus.sendInterrupt === undefined) dispatchInterrupt([this.system.apic], message);
          else bus.sendInterrupt(message);
        },
        endOfInterrupt: (vector) => bus.endOfInterrupt?.(vector),
        notify: () => this.#notify(),
      },
      options,
    );
    const devices = new DeviceAccess(bus, this.system, this.#view);
    const linear = new LinearMemory(this.memory, this.#state, devices);
    this.context = new StateContext(this.#state, linear, {
      runtime: this.memory.runtime,
      bus,
      events: { unknownMsr: (report) => bus.unknownMsr?.(report), shutdown: () => bus.shutdown?.() },
      system: this.system,
      now,
      random: options.random ?? randomBits,
      flushTlb: (scope) => this.#flushTlb(scope),
      modeChanged: () => {
        this.#modeIsKnown = false;
      },
      codeMoved: () => this.#nextMapping(),
    });
    this.registers = new Registers(this.context);
    this.#cache = new DecodeCache(this.#view, this.#base, this.#base + this.memory.coreBytes);
    this.#fetch = new CodeFetch(this.context, this.memory, linear, devices);
    this.#writer = new BlockWriter(this.#view, this.#base, this.memory.handlers, this.#fetch, this.system.features);
    this.#sources = new CodeSources(this.#fetch, this.#cache, this.memory, this.system.features);
    this.memory.regions?.addCache(this.#cache);
    this.#exits = this.memory.regions?.exits ?? new Float64Array(exitCauses.length);
    this.link = this.#linked(linear);
    this.memory.runtime.clearTlb(this.#base);
    this.#state.set64(state.INHIBIT, NO_ADDRESS);
    this.#modes = new ModeTracker(this.context, this.memory.runtime);
    this.#mode = this.#modes.current;
    this.reset();
  }

  #linked(linear: LinearMemory): CoreLink | undefined {
    const { exchange, marks, runtime } = this.memory;
    if (exchange === undefined || marks === undefined) return undefined;
    const number = exchange.cores.findIndex(({ base }) => 4 * base === this.#base);
    const { context, system } = this;
    const link = new CoreLink(number, exchange, marks, {
      system,
      protectPage: (page) => runtime.protectPage(this.#base, this.memory.hostAddress(page * 4096)),
      protectAll: () => runtime.clearTlb(this.#base),
      dropPage: (page) => this.memory.dropHere(page),
      dropAll: () => {
        this.memory.dropAllRegions();
        this.#forgetCode();
      },
      remapped: () => this.#flushTlb('all'),
      monitoredLine: () => {
        const line = system.monitored;
        return line === undefined || monitoredChanged(context) ? undefined : linear.find(line.linear);
      },
    });
    if (exchange.own === number) this.memory.link = link;
    return link;
  }

  /** The state is as another thread has left it: what this one knew of it is void. */
  takeOver(system: SavedSystemState): void {
    this.system.restore(system);
    this.#flushTlb('all');
    this.#forgetCode();
    this.#notify();
  }

  /** Everything as after RESET; memory stays. */
  reset(): void {
    reset(this.context);
    this.#state.set64(state.INHIBIT, NO_ADDRESS);
  }

  /** Instructions carried out since the core was made. */
  get instructions(): number {
    return this.#counted + this.#budget - this.#left;
  }

  /** How many turns in a row the core has ended by PAUSE, with the same registers: it waits for another one. Counted where it has a thread of its own. */
  get spins(): number {
    return this.#spins;
  }

  /** In two halves: making bigints would be a good part of a short turn. */
  get #left(): number {
    const at = this.#base + state.BUDGET;
    return this.#view.getInt32(at + 4, true) * WORD + this.#view.getUint32(at, true);
  }

  set #left(value: number) {
    const at = this.#base + state.BUDGET;
    this.#view.setUint32(at, value % WORD, true);
    this.#view.setInt32(at + 4, Math.floor(value / WORD), true);
  }

  /** Level of the INTR pin. */
  interrupt(level: boolean): void {
    this.system.setInterruptLine(level);
  }

  nmi(): void {
    this.system.raiseNmi();
  }

  init(): void {
    this.system.raiseInit();
  }

  /** @param page 0 to 255: real mode code at page * 4096 */
  sipi(page: number): void {
    this.system.raiseStartup(page);
  }

  /** Stops `run` before the instruction at a linear address; where it stopped there, the next run passes it. */
  setBreakpoint(linear: bigint): void {
    this.#breakpoints.add(linear);
    this.#forgetCode();
  }

  clearBreakpoint(linear: bigint): void {
    this.#breakpoints.delete(linear);
    this.#forgetCode();
  }

  /** Stops `run` and `step` behind an instruction that touches these bytes. While there is one, instructions run one at a time. */
  setWatchpoint(watchpoint: Watchpoint): void {
    this.#watchpoints.add(watchpoint);
    this.#modeIsKnown = false;
  }

  /** Takes one away that is equal to this. */
  clearWatchpoint(watchpoint: Watchpoint): void {
    this.#watchpoints.remove(watchpoint);
    this.#modeIsKnown = false;
  }

  /** In place of all that are set. */
  setStops(breakpoints: readonly bigint[], watchpoints: readonly Watchpoint[]): void {
    this.#breakpoints.clear();
    for (const linear of breakpoints) this.#breakpoints.add(linear);
    this.#watchpoints.setAll(watchpoints);
    this.#forgetCode();
  }

  /** What the last run stopped for, if for a watchpoint. */
  get watchHit(): WatchHit | undefined {
    return this.#watchpoints.hit;
  }

  save(): CpuState {
    return saveState(this.#state, this.system);
  }

  /** @throws StateError for what `save` of this version did not give */
  restore(saved: CpuState): void {
    restoreState(this.#state, this.system, saved);
    this.#flushTlb('all');
    this.#modeIsKnown = false;
    this.#notify();
  }

  /** Carries out one instruction, or takes one event. */
  step(): StopReason {
    this.#beginRun(1);
    this.#goesOn = false;
    return this.#loop(true);
  }

  /** Runs about so many instructions: at most a block more, and as many rounds of a string instruction as fit on a page. */
  run(budget: number): StopReason {
    this.#beginRun(budget);
    const reason = this.#loop(false);
    this.#goesOn = reason === 'budget';
    return reason;
  }

  #beginRun(budget: number): void {
    if (!Number.isSafeInteger(budget)) throw new RangeError(`The budget is ${budget} instructions. Give an integer.`);
    this.#counted = this.instructions;
    this.#budget = budget;
    this.#left = budget;
    this.#spinsBefore = this.#spins;
    this.#spins = 0;
    const { apic } = this.system;
    if (apic.deadline !== undefined) apic.advance();
    if (this.#mayHaveEvents) this.#state.set32(state.EVENTS, 1);
    this.#state.set32(state.LINK, 0);
    this.#watchpoints.hit = undefined;
  }

  /** Of a core that runs, EVENTS stands until what was told of is served; but the host may have let in what waited. */
  get #mayHaveEvents(): boolean {
    const { system } = this;
    return this.link !== undefined || system.activity !== 'running' || this.#mayTakePending;
  }

  /** What waits for IF is let in now, or is an NMI. */
  get #mayTakePending(): boolean {
    if (this.#state.get32(state.PENDING) === 0) return false;
    return this.system.nmiPending || (this.#state.get32(state.RFLAGS_SYSTEM) & Rflags.if) !== 0;
  }

  #loop(once: boolean): StopReason {
    const view = this.#view;
    const base = this.#base;
    const begun = this.#breakpoints.size > 0 ? this.context.rip : undefined;
    let first = true;
    for (;;) {
      if (view.getInt32(base + state.EVENTS, true) !== 0) {
        const taken = this.#serveEvents();
        if (once && taken) return 'budget';
      }
      if (this.system.activity !== 'running') return idleReasons[this.system.activity];
      if (view.getInt32(base + state.BUDGET + 4, true) < 0 || (this.#left === 0 && !first)) return 'budget';
      if (!this.#modeIsKnown) this.#learnMode();
      if (this.#breakpoints.size > 0) {
        const { rip } = this.context;
        const passes = first && rip === begun && !this.#goesOn;
        if (!passes && this.#isBreakpoint(rip)) return 'breakpoint';
      }
      first = false;
      const inhibited = this.context.inhibited;
      if (inhibited) this.#state.set64(state.INHIBIT, NO_ADDRESS);
      if (once || this.#stepping || (inhibited && this.system.interruptPending)) {
        this.#stepOnce();
        if (inhibited) view.setInt32(base + state.EVENTS, 1, true);
        if (this.#watchpoints.hit !== undefined) return 'watchpoint';
        if (once) return 'budget';
        continue;
      }
      const at = this.#blockAt(this.#mode.mode);
      if (at === 0) continue;
      const reason = this.#runFrom(at);
      this.#exits[reason] = (this.#exits[reason] as number) + 1;
      if (reason > Reason.transfer) this.#leave(reason);
      if (this.system.yields) {
        this.system.yields = false;
        return 'budget';
      }
    }
  }

  /** Goes from record to record until TypeScript is to do something. The mode may have become another one that was known. */
  #runFrom(at: number): ReasonCode {
    this.memory.handlers.run(at, this.#base);
    const number = this.#state.get32(state.JUMPS_KEY) & MODE_MASK;
    if (number !== this.#mode.number) this.#mode = this.#modes.numbered(number);
    return this.#view.getInt32(this.#base + state.REASON, true) as ReasonCode;
  }

  /** What a handler left for. @returns whether an instruction completed */
  #leave(reason: ReasonCode): boolean {
    switch (reason) {
      case Reason.fault:
        this.#deliver(this.#fault());
        return false;
      case Reason.assist:
        return this.#assist();
      case Reason.events:
        this.#modeIsKnown = false;
        return true;
      case Reason.yield:
        this.#yield();
        return true;
      case Reason.hot:
        this.#compile();
        return true;
      case Reason.extend:
        this.#extend();
        return true;
      default:
        return true;
    }
  }

  #yield(): void {
    const { link } = this;
    this.#state.set32(state.PAUSES, link === undefined ? SPINS : PARALLEL_SPINS);
    this.system.yields = this.system.cores > 1;
    if (link !== undefined) this.#noteSpin();
  }

  #noteSpin(): void {
    const now = new Uint32Array(this.#view.buffer, this.#base + state.GPR, SPIN_WORDS);
    const before = this.#spinWords;
    for (let at = 0; at < SPIN_WORDS; at++) {
      if (now[at] === before[at]) continue;
      before.set(now);
      return;
    }
    this.#spins = this.#spinsBefore + 1;
  }

  #assist(): boolean {
    const at = this.#view.getInt32(this.#base + state.RECORD, true);
    this.#left -= 1;
    // Among what TypeScript carries out are the serializing instructions (SDM 3A 9.3): a fence.
    if (this.link !== undefined) Atomics.add(this.link.mailbox.words, 0, 0);
    const instruction = this.#cache.instructionAt(at) as Instruction;
    const completed = executeAssist(this.context, instruction);
    // MOV to a debug register changes what the context does not see.
    if (instruction.row.mnemonic === 'mov') this.#modeIsKnown = false;
    this.#afterTypeScript();
    return completed;
  }

  /** Takes an instruction's part of the budget: a handler that faults at its first instruction faults for ever. */
  #deliver(fault: CpuFault): void {
    this.#left -= 1;
    deliverFault(this.context, fault);
    this.#afterTypeScript();
  }

  /** Whatever ran may have let an interrupt in, or set a breakpoint off. The context says where the mode changed. */
  #afterTypeScript(): void {
    const { system } = this;
    if (this.#mayTakePending) this.#state.set32(state.EVENTS, 1);
    if (system.debugInhibited || system.pendingDebug !== 0) this.#modeIsKnown = false;
  }

  /** The exception that the handler raised. */
  #fault(): CpuFault {
    const core = this.#state;
    const vector = this.memory.runtime.raisedVector(this.#base);
    const code = core.get32(state.EXCEPTION_HAS_CODE) === 0 ? undefined : core.get32(state.EXCEPTION_CODE);
    return new CpuFault(vector, code, vector === PAGE_FAULT ? core.get64(state.EXCEPTION_ADDRESS) : undefined);
  }

  /** Something happened that may be an event. Callable at any time from this thread. */
  #notify(): void {
    this.link?.publish();
    this.#state.set32(state.PENDING, 1);
    this.#state.set32(state.EVENTS, 1);
  }

  /**
   * Each event takes an instruction's part of the budget: an interrupt whose gate leaves IF set comes again before the first instruction.
   * @returns whether there was one to take
   */
  #serveEvents(): boolean {
    this.#state.set32(state.EVENTS, 0);
    // Another thread may tell of an event behind a branch's last look at them: where the event leads to is not where the branch does.
    this.#state.set32(state.LINK, 0);
    this.link?.serve();
    let taken = false;
    while (eventPending(this.context)) {
      if (this.#left < 0) {
        this.#state.set32(state.EVENTS, 1);
        break;
      }
      if (!serveEvents(this.context)) break;
      taken = true;
      this.#left -= 1;
    }
    const { system } = this;
    this.#state.set32(state.PENDING, system.interruptPending || system.nmiPending ? 1 : 0);
    return taken;
  }

  /**
   * Compiles the code at RIP now, instead of when it has run often.
   * @returns whether a compiled region stands for it: not where there is no code, where TypeScript carries out its first instruction, at breakpoints, and
   * where another thread compiles and has not answered
   */
  compile(): boolean {
    if (!this.#modeIsKnown) this.#learnMode();
    const { mode } = this.#mode;
    const { rip } = this.context;
    try {
      const place = this.#fetch.locate(rip, mode);
      if (!this.#fetch.isCacheable(place.physical)) return false;
      if (this.#cache.find(place.physical, rip, mode) === undefined) this.#decode(place);
      this.#compile();
      return this.#cache.find(place.physical, rip, mode)?.region !== undefined;
    } catch (error) {
      if (error instanceof CpuFault) return false;
      throw error;
    }
  }

  /** A branch to RIP was taken often. */
  #compile(): void {
    const { regions } = this.memory;
    if (regions === undefined || !this.#usesRegions) return;
    const { rip } = this.context;
    const source = this.#sources.sourceAt(rip, this.#mode.mode);
    if (source !== undefined) regions.request(source);
  }

  /** A region was left often: its record is RECORD. */
  #extend(): void {
    const { regions } = this.memory;
    const region = this.#cache.regionAt(this.#state.get32(state.RECORD));
    const sites = region === undefined ? undefined : this.#cache.sitesOf(region);
    if (regions === undefined || region === undefined || sites === undefined) return;
    const grown = regions.extend(region, sites.counts, sites.targets);
    const source = grown === undefined ? undefined : this.#sources.sourceFor(grown);
    if (source !== undefined) regions.replace(region, source);
  }

  /** Regions stop at no breakpoint, and know no segments with limits. */
  get #usesRegions(): boolean {
    return (
      this.#breakpoints.size === 0 && !this.#mode.mode.single && this.#mode.mode.shape.segmentation !== 'segmented'
    );
  }

  /** One instruction, with what the debug registers and TF ask for. */
  #stepOnce(): void {
    const flags = this.context.rflags;
    try {
      if (this.#stepping) beforeInstruction(this.context);
    } catch (error) {
      if (!(error instanceof CpuFault)) throw error;
      this.#deliver(error);
      return;
    }
    const at = this.#blockAt(this.#mode.single);
    if (at === 0) return;
    const left = this.#left;
    this.#left = 0;
    const reason = this.#runFrom(at);
    const completed = this.#leave(reason);
    this.#left = left - 1;
    if (!completed || !this.#stepping) return;
    try {
      afterInstruction(this.context, flags);
    } catch (error) {
      if (!(error instanceof CpuFault)) throw error;
      this.#deliver(error);
    }
    this.#modeIsKnown = false;
  }

  #isBreakpoint(rip: bigint): boolean {
    const base = this.#mode.mode.shape.mode === 64 ? 0n : this.context.segment(Segment.cs).base;
    return this.#breakpoints.has(rip + base);
  }

  /** The first record of the block at RIP; 0 after an exception was delivered. */
  #blockAt(mode: CodeMode): number {
    const entry = this.#base + state.JUMPS + (this.#state.get32(state.RIP) & (state.JUMP_ENTRIES - 1)) * 16;
    const view = this.#view;
    if (
      !mode.single &&
      view.getInt32(entry + 12, true) === view.getInt32(this.#base + state.JUMPS_KEY, true) &&
      view.getInt32(this.#base + state.LINK, true) === 0 &&
      view.getInt32(entry, true) === view.getInt32(this.#base + state.RIP, true) &&
      view.getInt32(entry + 4, true) === view.getInt32(this.#base + state.RIP + 4, true)
    ) {
      const at = view.getInt32(entry + 8, true);
      if (view.getInt32(at + record.HANDLER, true) !== record.STALE_HANDLER) return at;
    }
    try {
      const { rip } = this.context;
      const place = this.#fetch.locate(rip, mode);
      const { physical } = place;
      if (!this.#fetch.isCacheable(physical)) {
        this.#state.set32(state.LINK, 0);
        const at = this.#cache.unkept;
        this.#cache.noteAssisted(this.#writer.write(this.#fetch.begin(place), at, 1, undefined).assisted);
        return at;
      }
      const known = this.#cache.find(physical, rip, mode);
      const block = known !== undefined && this.#stillCrosses(known) ? known : this.#decode(place);
      this.#enter(block, rip);
      return block.at;
    } catch (error) {
      if (!(error instanceof CpuFault)) throw error;
      this.#state.set32(state.LINK, 0);
      this.#deliver(error);
      return 0;
    }
  }

  /** The second page of an instruction that reaches into it is mapped where it was. */
  #stillCrosses(block: Block): boolean {
    if (block.secondPage < 0) return true;
    const next = this.#fetch.locate(
      BigInt.asUintN(block.mode.shape.mode === 64 ? 64 : 32, (block.rip | 0xfffn) + 1n),
      block.mode,
    );
    if (Math.floor(next.physical / 4096) === block.secondPage) return true;
    this.#cache.dropPage(block.secondPage);
    return false;
  }

  #decode(place: CodePlace): Block {
    const { rip, physical, mode } = place;
    if (this.#cache.isFull) this.#forgetCode();
    const isBreakpoint = this.#breakpoints.size === 0 ? undefined : (at: bigint): boolean => this.#isBreakpoint(at);
    for (;;) {
      const { drops } = this.memory;
      const code = this.#fetch.begin(place);
      const written = this.#writer.write(code, this.#cache.free, mode.single ? 1 : MAX_INSTRUCTIONS, isBreakpoint);
      const { secondPage } = written;
      const here = Math.min(written.bytes, 4096 - (physical % 4096));
      this.memory.markCode(physical, here, this.link);
      const crosses = secondPage >= 0 && this.#fetch.isCacheable(secondPage * 4096);
      if (crosses) this.memory.markCode(secondPage * 4096, 15, this.link);
      if (this.memory.drops !== drops || !this.#isAsDecoded(code, physical, here)) continue;
      const block = this.#cache.add(written, place);
      if (this.#usesRegions && !mode.single) {
        const entry = this.memory.regions?.entryAt(physical, rip, mode.key);
        if (entry !== undefined) this.#cache.enterRegionAt(block, entry, false);
      }
      return block;
    }
  }

  /** Whether memory still holds what was decoded, now that stores to it are told of. */
  #isAsDecoded({ copies, secondPage }: FetchedCode, physical: number, bytes: number): boolean {
    return copies.every((copy) => {
      if (copy.physical === physical) return this.#fetch.isUnchanged(copy, bytes);
      return copy.physical !== secondPage * 4096 || this.#fetch.isUnchanged(copy, Math.min(15, copy.bytes.length));
    });
  }

  /** Links the branch that waits for this block, and enters it where returns look. */
  #enter(block: Block, rip: bigint): void {
    if (this.#breakpoints.size > 0 || block.mode.single) {
      this.#state.set32(state.LINK, 0);
      return;
    }
    this.#cache.link(block);
    const entry = this.#base + state.JUMPS + (Number(rip & BigInt(state.JUMP_ENTRIES - 1)) << 4);
    this.#view.setBigUint64(entry, rip, true);
    this.#view.setInt32(entry + 8, block.at, true);
    this.#view.setInt32(entry + 12, this.#view.getInt32(this.#base + state.JUMPS_KEY, true), true);
    if (block.secondPage < 0) this.#enterWhereFound(block);
  }

  /** For `find` in assembly/find.ts, which does not look at a second page. */
  #enterWhereFound({ rip, physical, at }: Block): void {
    const entry = this.#base + state.BLOCKS + 32 * ((physical ^ (physical >>> 11)) & (state.BLOCK_ENTRIES - 1));
    this.#view.setBigUint64(entry, rip, true);
    this.#view.setUint32(entry + 8, physical, true);
    this.#view.setInt32(entry + 12, this.#mode.number + 1, true);
    this.#view.setInt32(entry + 16, at, true);
  }

  #learnMode(): void {
    this.#modeIsKnown = true;
    this.#mode = this.#modes.current;
    this.#stepping = this.#needsStepping() || this.#watchpoints.any;
    const watches = this.#modes.watches || this.#watchpoints.any;
    const core = this.#state;
    core.set32(state.WATCHED, watches ? 1 : 0);
    const { runtime } = this.memory;
    const set = watches ? state.TLB_CHECKED : runtime.tlbSet(this.#base);
    core.set32(state.TLB, this.#base + state.TLB_SETS + state.TLB_SET_BYTES * set);
    this.#setJumpsKey(this.#mode.number);
    // While NMIs are blocked, TypeScript wants to see IRET.
    const unseen = !this.#stepping && this.#breakpoints.size === 0 && !this.system.nmiBlocked;
    const findable = unseen && this.#mode.mode.shape.segmentation !== 'segmented';
    core.set32(state.FIND_MODE, findable ? this.#mode.number + 1 : 0);
    if (findable) runtime.knowMode(this.#base, this.#mode.number);
  }

  /** RF by itself asks for nothing where no instruction breakpoint is: it ends here, before the instruction. */
  #needsStepping(): boolean {
    const system = this.#state.get32(state.RFLAGS_SYSTEM);
    if ((system & Rflags.rf) !== 0 && !hasBreakpoints(this.context, 'execute')) {
      this.#state.set32(state.RFLAGS_SYSTEM, system & ~Rflags.rf);
    }
    return needsStepping(this.context);
  }

  #setJumpsKey(mode: number): void {
    this.#state.set32(state.JUMPS_KEY, (this.#mapping << state.MODE_BITS) | mode);
  }

  /** Places in JUMPS are no longer true. */
  #nextMapping(): void {
    this.#mapping++;
    if (this.#mapping >= 1 << (32 - state.MODE_BITS)) {
      // The numbers begin anew: nothing may hold an old one, entries of regions neither.
      this.#mapping = 1;
      this.#dropCode();
      this.memory.bytes.fill(0, this.#base + state.JUMPS, this.#base + state.SECOND_LEVEL);
    }
    // While code runs, its mode is what it says there.
    this.#setJumpsKey(this.#state.get32(state.JUMPS_KEY) & MODE_MASK);
  }

  #flushTlb(scope: TlbScope): void {
    const { runtime } = this.memory;
    if (typeof scope === 'bigint') runtime.flushPage(this.#base, scope);
    else runtime.flushTlb(this.#base, scope === 'nonGlobal' ? 1 : 0);
    this.#nextMapping();
  }

  #dropCode(): void {
    this.memory.regions?.beforeClear(this.#cache);
    this.#cache.clear();
    this.memory.bytes.fill(0, this.#base + state.BLOCKS, this.#base + state.EXECUTE_TLB);
  }

  #forgetCode(): void {
    this.#dropCode();
    this.memory.runtime.forgetModes(this.#base);
    this.#nextMapping();
    this.#modeIsKnown = false;
  }
}

const PAGE_FAULT = 14;
const WORD = 2 ** 32;
const MODE_MASK = (1 << state.MODE_BITS) - 1;
const NO_ADDRESS = BigInt.asUintN(64, BigInt(state.INHIBIT_NONE));

function randomBits(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] as bigint;
}
