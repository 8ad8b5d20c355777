/** What a core holds beside its registers: MSRs that only RDMSR and WRMSR see, pending events, waiting, the local APIC, the time-stamp counter. */
import { LocalApic, type LocalApicState } from '../apic/local-apic.ts';
import type { InterruptMessage } from '../apic/interrupt-message.ts';
import { type FeatureName, FeatureSet } from './features.ts';

export interface SystemOptions {
  /** Initial APIC ID, 0 to 254 (more with x2APIC). Default 0. */
  readonly apicId?: number;
  /** Cores of the machine, for the topology that CPUID tells. Default 1. */
  readonly cores?: number;
  /** This core starts; the others wait for SIPI. Default: the one with APIC ID 0. */
  readonly bootstrap?: boolean;
  /** Hz of the time-stamp counter. Default 1e9: one tick a nanosecond. */
  readonly timestampFrequency?: number;
  /** Features that CPUID shall not offer. */
  readonly withoutFeatures?: readonly FeatureName[];
}

/** What the core is connected to besides its bus. */
export interface SystemConnections {
  /** Nanoseconds. */
  readonly now: () => bigint;
  /** An interrupt message of this core's local APIC. It may come back to this core. */
  readonly sendInterrupt: (message: InterruptMessage) => void;
  /** An EOI of a level-triggered interrupt, for I/O APICs. */
  readonly endOfInterrupt: (vector: number) => void;
  /** An event may be pending now: leave the fast loop and ask. */
  readonly notify: () => void;
}

/**
 * running; halted: HLT or MWAIT, until an interrupt; waitForStartup: after INIT on cores that do not start by themselves; shutdown: a triple fault,
 * until INIT or reset.
 */
export type Activity = 'running' | 'halted' | 'waitForStartup' | 'shutdown';

/** The cache line that MONITOR watches, as it was then: other contents end the wait. */
export interface MonitoredLine {
  readonly linear: bigint;
  readonly contents: Uint8Array;
}

/** In structured-clone form. */
export interface SavedSystemState {
  readonly activity: Activity;
  readonly monitored: MonitoredLine | undefined;
  readonly wakesMasked: boolean;
  readonly nmiPending: boolean;
  readonly nmiBlocked: boolean;
  readonly initPending: boolean;
  readonly startupPage: number | undefined;
  readonly interruptLine: boolean;
  readonly pendingDebug: number;
  readonly debugInhibited: boolean;
  readonly inhibitedAt: bigint;
  readonly timestampOffset: bigint;
  readonly msrs: ReadonlyMap<number, bigint>;
  readonly apic: LocalApicState;
}

const NANOSECONDS = 1_000_000_000n;

export class SystemState {
  readonly features: FeatureSet;
  readonly cores: number;
  readonly bootstrap: boolean;
  readonly timestampFrequency: bigint;
  readonly apic: LocalApic;
  readonly #now: () => bigint;
  readonly #notify: () => void;

  #activity: Activity = 'running';
  /** A masked interrupt ends MWAIT. */
  wakesMasked = false;
  /** What MONITOR armed. */
  monitored: MonitoredLine | undefined;
  /** The wait for a change of the monitored line is over, whatever the line holds. */
  monitorEnded = false;
  /** The core gives up the rest of its turn; whoever runs it clears this. */
  yields = false;
  nmiBlocked = false;
  nmiPending = false;
  initPending = false;
  /** Page number of a SIPI that came while waiting for one. */
  startupPage: number | undefined;
  /** Level of the INTR pin. */
  interruptLine = false;
  /** Bits for DR6 of a #DB that follows the current instruction. */
  pendingDebug = 0;
  /** MOV SS or POP SS was the last instruction: debug exceptions wait for the next (SDM 3A 6.8.3). */
  debugInhibited = false;
  /** RIP of the instruction after it. */
  inhibitedAt = 0n;
  /** Set by instructions after which single step does not go by the TF that they began with: interrupts never trap, SYSCALL by its new TF. */
  stepTraps: boolean | undefined;
  timestampOffset = 0n;
  /** MSRs that have no effect beside being remembered, by address. */
  readonly msrs: Map<number, bigint> = new Map();
  /** `read` or `write` and address of MSRs that were reported as unknown. */
  readonly reportedMsrs: Set<string> = new Set();

  /** @throws RangeError for options that are not possible. */
  constructor(connections: SystemConnections, options: SystemOptions = {}) {
    const { apicId = 0, cores = 1, timestampFrequency = 1_000_000_000, withoutFeatures = [] } = options;
    if (!(timestampFrequency >= 1_000_000)) {
      throw new RangeError(`timestampFrequency is ${timestampFrequency} Hz. Give at least 1000000.`);
    }
    this.features = new FeatureSet(withoutFeatures);
    this.cores = cores;
    this.bootstrap = options.bootstrap ?? apicId === 0;
    this.timestampFrequency = BigInt(Math.round(timestampFrequency));
    this.#now = connections.now;
    this.#notify = connections.notify;
    this.apic = new LocalApic({
      id: apicId,
      bootstrap: this.bootstrap,
      now: connections.now,
      timeOfTimestamp: (value) => this.#timeOf(value),
      send: connections.sendInterrupt,
      endOfInterrupt: connections.endOfInterrupt,
      nmi: () => this.raiseNmi(),
      init: () => this.raiseInit(),
      startup: (page) => this.raiseStartup(page),
      changed: connections.notify,
    });
  }

  get activity(): Activity {
    return this.#activity;
  }

  set activity(value: Activity) {
    this.#activity = value;
    if (value !== 'running') this.#notify();
  }

  /** The time-stamp counter now. */
  get timestamp(): bigint {
    return this.timestampAt(this.#now());
  }

  set timestamp(value: bigint) {
    this.timestampOffset = 0n;
    this.timestampOffset = BigInt.asUintN(64, value - this.timestamp);
  }

  timestampAt(nanoseconds: bigint): bigint {
    return BigInt.asUintN(64, (nanoseconds * this.timestampFrequency) / NANOSECONDS + this.timestampOffset);
  }

  /** When the counter has reached a value, in nanoseconds. */
  #timeOf(value: bigint): bigint {
    const ticks = BigInt.asUintN(64, value - this.timestampOffset);
    return (ticks * NANOSECONDS + this.timestampFrequency - 1n) / this.timestampFrequency;
  }

  /** Somebody has written to the monitored line, or is about to. */
  endMonitoredWait(): void {
    this.monitorEnded = true;
    this.#notify();
  }

  raiseNmi(): void {
    this.nmiPending = true;
    this.#notify();
  }

  raiseInit(): void {
    this.initPending = true;
    this.#notify();
  }

  /** Only a core that waits for it takes a SIPI (SDM 3A 8.4.2). */
  raiseStartup(page: number): void {
    if (this.#activity !== 'waitForStartup' && !this.initPending) return;
    this.startupPage = page;
    this.#notify();
  }

  setInterruptLine(level: boolean): void {
    this.interruptLine = level;
    if (level) this.#notify();
  }

  /** Whether an interrupt that IF masks is there. */
  get interruptPending(): boolean {
    return this.apic.interruptPending || (this.interruptLine && this.apic.acceptsExternal);
  }

  save(): SavedSystemState {
    return {
      activity: this.#activity,
      monitored: this.monitored,
      wakesMasked: this.wakesMasked,
      nmiPending: this.nmiPending,
      nmiBlocked: this.nmiBlocked,
      initPending: this.initPending,
      startupPage: this.startupPage,
      interruptLine: this.interruptLine,
      pendingDebug: this.pendingDebug,
      debugInhibited: this.debugInhibited,
      inhibitedAt: this.inhibitedAt,
      timestampOffset: this.timestampOffset,
      msrs: new Map(this.msrs),
      apic: this.apic.save(),
    };
  }

  restore(saved: SavedSystemState): void {
    this.monitored = saved.monitored;
    this.wakesMasked = saved.wakesMasked;
    this.nmiPending = saved.nmiPending;
    this.nmiBlocked = saved.nmiBlocked;
    this.initPending = saved.initPending;
    this.startupPage = saved.startupPage;
    this.interruptLine = saved.interruptLine;
    this.pendingDebug = saved.pendingDebug;
    this.debugInhibited = saved.debugInhibited;
    this.inhibitedAt = saved.inhibitedAt;
    this.timestampOffset = saved.timestampOffset;
    this.msrs.clear();
    for (const [address, value] of saved.msrs) this.msrs.set(address, value);
    this.apic.restore(saved.apic);
    this.activity = saved.activity;
    this.#notify();
  }
}
