/**
 * The local APIC in xAPIC and x2APIC mode (SDM 3A chapter 11): priorities, acceptance, end of interrupt, the LVT, interprocessor interrupts.
 *
 * It is version 14h with six LVT entries, and without EOI-broadcast suppression. Registers by their offsets are apic-registers.ts.
 */
import { type InterruptTarget, matchesDestination } from './destination.ts';
import type { InterruptMessage } from './interrupt-message.ts';
import { ApicTimer, type ApicTimerState } from './timer.ts';
import { VectorSet } from './vector-set.ts';

export interface LocalApicConnections {
  readonly id: number;
  readonly bootstrap: boolean;
  now(): bigint;
  timeOfTimestamp(value: bigint): bigint;
  /** To the local APICs of the machine, this one among them. */
  send(message: InterruptMessage): void;
  /** A level-triggered interrupt was served. */
  endOfInterrupt(vector: number): void;
  nmi(): void;
  init(): void;
  startup(page: number): void;
  /** An interrupt may be pending, or may no longer be. */
  changed(): void;
}

export interface LocalApicState {
  readonly base: bigint;
  readonly taskPriority: number;
  readonly logicalDestination: number;
  readonly destinationFormat: number;
  readonly spurious: number;
  readonly errors: number;
  readonly pendingErrors: number;
  readonly command: bigint;
  readonly lvt: Uint32Array;
  readonly requested: Uint32Array;
  readonly inService: Uint32Array;
  readonly levelTriggered: Uint32Array;
  readonly externalPending: boolean;
  readonly timer: ApicTimerState;
}

/** Entries of the LVT in the order of their registers, from 320h on. */
export const Lvt = { timer: 0, thermal: 1, performance: 2, lint0: 3, lint1: 4, error: 5 } as const;
export const LVT_ENTRIES = 6;

const MASKED = 1 << 16;
/** Delivery mode ExtINT. */
const EXTERNAL = 7 << 8;
const BASE_BOOTSTRAP = 1n << 8n;
const BASE_X2APIC = 1n << 10n;
const BASE_ENABLE = 1n << 11n;
const DEFAULT_BASE = 0xfee0_0000n;
const SOFTWARE_ENABLE = 1 << 8;

/** Bits of the error status register. */
const ApicError = { sendIllegalVector: 1 << 5, receivedIllegalVector: 1 << 6, illegalRegister: 1 << 7 } as const;

export class LocalApic implements InterruptTarget {
  readonly id: number;
  readonly #connections: LocalApicConnections;
  readonly #timer: ApicTimer;
  readonly requested: VectorSet = new VectorSet();
  readonly inService: VectorSet = new VectorSet();
  readonly levelTriggered: VectorSet = new VectorSet();
  readonly #lvt = new Uint32Array(LVT_ENTRIES);
  #base = 0n;
  #taskPriority = 0;
  #logicalDestination = 0;
  #destinationFormat = 0xffff_ffff;
  #spurious = 0xff;
  #errors = 0;
  #pendingErrors = 0;
  /** The ICR as it was written last. */
  command = 0n;
  #externalPending = false;

  constructor(connections: LocalApicConnections) {
    this.#connections = connections;
    this.id = connections.id;
    this.#timer = new ApicTimer(connections);
    this.reset();
  }

  /** Power-up or RESET. */
  reset(): void {
    this.#base = DEFAULT_BASE | BASE_ENABLE | (this.#connections.bootstrap ? BASE_BOOTSTRAP : 0n);
    this.init();
  }

  /** INIT: everything but the ID and IA32_APIC_BASE (SDM 3A 11.4.7.3). */
  init(): void {
    this.#taskPriority = 0;
    this.#logicalDestination = 0;
    this.#destinationFormat = 0xffff_ffff;
    this.#spurious = 0xff;
    this.#errors = 0;
    this.#pendingErrors = 0;
    this.command = 0n;
    this.#lvt.fill(MASKED);
    // Virtual wire mode, as firmware sets it up: an 8259 reaches the bootstrap core at once (MultiProcessor Specification 3.6.2.2).
    if (this.#connections.bootstrap) this.#lvt[Lvt.lint0] = EXTERNAL;
    this.#timer.reset();
    this.requested.clear();
    this.inService.clear();
    this.levelTriggered.clear();
    this.#externalPending = false;
    this.#connections.changed();
  }

  /** IA32_APIC_BASE. */
  get base(): bigint {
    return this.#base;
  }

  /** @returns false where the change of mode is not allowed (SDM 3A 11.12.5), or bits are reserved: #GP. */
  setBase(value: bigint, physicalAddressBits: number): boolean {
    if ((value & 0x2ffn) !== 0n || value >> BigInt(physicalAddressBits) !== 0n) return false;
    const enabled = (value & BASE_ENABLE) !== 0n;
    const x2 = (value & BASE_X2APIC) !== 0n;
    if (x2 && (!enabled || !this.globallyEnabled)) return false;
    if (this.isX2 && enabled && !x2) return false;
    const wasEnabled = this.globallyEnabled;
    this.#base = value;
    if (wasEnabled && !enabled) this.init();
    this.#connections.changed();
    return true;
  }

  get globallyEnabled(): boolean {
    return (this.#base & BASE_ENABLE) !== 0n;
  }

  get isX2(): boolean {
    return (this.#base & BASE_X2APIC) !== 0n;
  }

  /** Globally and by the spurious-interrupt vector register. */
  get enabled(): boolean {
    return this.globallyEnabled && (this.#spurious & SOFTWARE_ENABLE) !== 0;
  }

  /** Whether a physical address is one of its registers'. */
  claims(physical: bigint): boolean {
    return this.globallyEnabled && !this.isX2 && physical >> 12n === this.#base >> 12n;
  }

  /** Whether the INTR pin reaches the core: virtual wire by LINT0, or straight where there is no APIC (SDM 3A 11.4.3, 11.8.1). */
  get acceptsExternal(): boolean {
    if (!this.globallyEnabled) return true;
    const lint0 = this.#lvt[Lvt.lint0] as number;
    return (lint0 & MASKED) === 0 && ((lint0 >> 8) & 7) === 7;
  }

  get taskPriority(): number {
    return this.#taskPriority;
  }

  set taskPriority(value: number) {
    this.#taskPriority = value & 0xff;
    this.#connections.changed();
  }

  /** PPR (SDM 3A 11.8.3.1). */
  get processorPriority(): number {
    const served = Math.max(0, this.inService.highest);
    return this.#taskPriority >> 4 >= served >> 4 ? this.#taskPriority : served & 0xf0;
  }

  get logicalDestination(): number {
    return this.isX2 ? ((this.id >> 4) << 16) | (1 << (this.id & 15)) : this.#logicalDestination;
  }

  set logicalDestination(value: number) {
    this.#logicalDestination = (value & 0xff00_0000) >>> 0;
    this.#connections.changed();
  }

  get destinationFormat(): number {
    return this.#destinationFormat;
  }

  set destinationFormat(value: number) {
    this.#destinationFormat = value;
    this.#connections.changed();
  }

  get spurious(): number {
    return this.#spurious;
  }

  /** Disabling masks the whole LVT (SDM 3A 11.4.7.2). */
  set spurious(value: number) {
    this.#spurious = value & 0x3ff;
    if ((value & SOFTWARE_ENABLE) === 0)
      for (let each = 0; each < LVT_ENTRIES; each++) this.#lvt[each] = (this.#lvt[each] as number) | MASKED;
    this.#connections.changed();
  }

  /** ESR: what happened up to its last write. */
  get errors(): number {
    return this.#errors;
  }

  latchErrors(): void {
    this.#errors = this.#pendingErrors;
    this.#pendingErrors = 0;
  }

  lvt(entry: number): number {
    return this.#lvt[entry] as number;
  }

  setLvt(entry: number, value: number): void {
    const writable =
      entry === Lvt.timer
        ? 0x700ff
        : entry === Lvt.lint0 || entry === Lvt.lint1
          ? 0x1a7ff
          : entry === Lvt.error
            ? 0x100ff
            : 0x107ff;
    this.#lvt[entry] = (value & writable) | ((this.#spurious & SOFTWARE_ENABLE) === 0 ? MASKED : 0);
    if (entry === Lvt.timer)
      this.#timer.mode =
        (['one-shot', 'periodic', 'tsc-deadline', 'one-shot'] as const)[(value >> 17) & 3] ?? 'one-shot';
    this.#connections.changed();
  }

  get timer(): ApicTimer {
    return this.#timer;
  }

  /** A new deadline. */
  timerChanged(): void {
    this.#connections.changed();
  }

  /** When it has something to do next, in nanoseconds. */
  get deadline(): bigint | undefined {
    return this.#timer.deadline;
  }

  /** Raises what has become due. To be called when `deadline` has passed. */
  advance(): void {
    if (this.#timer.expire()) this.#raiseLocal(Lvt.timer);
  }

  #raiseLocal(entry: number): void {
    const value = this.#lvt[entry] as number;
    if ((value & MASKED) === 0) this.#accept(value & 0xff, false);
  }

  /** Whether a destination of a message means this APIC (SDM 3A 11.6.2, 11.12.9, 11.12.10). */
  matches(destination: number, mode: 'physical' | 'logical'): boolean {
    return matchesDestination(this, destination, mode);
  }

  receive(message: InterruptMessage): void {
    switch (message.deliveryMode) {
      case 'fixed':
      case 'lowest-priority':
        if (this.enabled) this.#accept(message.vector, message.trigger === 'level');
        break;
      case 'nmi':
        this.#connections.nmi();
        break;
      case 'init':
        if (message.level) this.#connections.init();
        break;
      case 'startup':
        this.#connections.startup(message.vector);
        break;
      case 'external':
        this.#externalPending = true;
        this.#connections.changed();
        break;
      case 'smi':
        break;
    }
  }

  #accept(vector: number, level: boolean): void {
    if (vector < 16) {
      this.#report(ApicError.receivedIllegalVector);
      return;
    }
    this.requested.add(vector);
    if (level) this.levelTriggered.add(vector);
    else this.levelTriggered.delete(vector);
    this.#connections.changed();
  }

  #report(error: number): void {
    const first = (this.#pendingErrors & error) === 0;
    this.#pendingErrors |= error;
    if (first && ((this.#lvt[Lvt.error] as number) & 0xff) >= 16) this.#raiseLocal(Lvt.error);
  }

  reportIllegalRegister(): void {
    this.#report(ApicError.illegalRegister);
  }

  /** An interrupt is above the processor's priority, or an external controller's waits to be acknowledged. */
  get interruptPending(): boolean {
    if (this.#externalPending) return true;
    const highest = this.requested.highest;
    return this.enabled && highest >= 0 && highest >> 4 > this.processorPriority >> 4;
  }

  /** Begins the service of the highest interrupt. `external` acknowledges at the external controller. */
  acknowledge(external: () => number): number {
    if (this.#externalPending) {
      this.#externalPending = false;
      return external();
    }
    const vector = this.requested.highest;
    if (vector < 0 || vector >> 4 <= this.processorPriority >> 4) return this.#spurious & 0xff;
    this.requested.delete(vector);
    this.inService.add(vector);
    return vector;
  }

  endOfInterrupt(): void {
    const vector = this.inService.highest;
    if (vector < 0) return;
    this.inService.delete(vector);
    if (this.levelTriggered.has(vector)) this.#connections.endOfInterrupt(vector);
    this.#connections.changed();
  }

  /** Sends what the ICR says; in x2APIC mode the destination has 32 bits (SDM 3A 11.6.1, 11.12.9). */
  sendCommand(message: InterruptMessage): void {
    const vectored = message.deliveryMode === 'fixed' || message.deliveryMode === 'lowest-priority';
    if (vectored && message.vector < 16) this.#report(ApicError.sendIllegalVector);
    else this.#connections.send(message);
  }

  save(): LocalApicState {
    return {
      base: this.#base,
      taskPriority: this.#taskPriority,
      logicalDestination: this.#logicalDestination,
      destinationFormat: this.destinationFormat,
      spurious: this.#spurious,
      errors: this.#errors,
      pendingErrors: this.#pendingErrors,
      command: this.command,
      lvt: this.#lvt.slice(),
      requested: this.requested.words.slice(),
      inService: this.inService.words.slice(),
      levelTriggered: this.levelTriggered.words.slice(),
      externalPending: this.#externalPending,
      timer: this.#timer.save(),
    };
  }

  restore(state: LocalApicState): void {
    this.#base = state.base;
    this.#taskPriority = state.taskPriority;
    this.#logicalDestination = state.logicalDestination;
    this.#destinationFormat = state.destinationFormat;
    this.#spurious = state.spurious;
    this.#errors = state.errors;
    this.#pendingErrors = state.pendingErrors;
    this.command = state.command;
    this.#lvt.set(state.lvt);
    this.requested.words.set(state.requested);
    this.inService.words.set(state.inService);
    this.levelTriggered.words.set(state.levelTriggered);
    this.#externalPending = state.externalPending;
    this.#timer.restore(state.timer);
    this.#connections.changed();
  }
}
