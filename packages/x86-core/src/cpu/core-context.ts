/** `CoreContext` over a core's state in linear memory: what src/system works on. Says when the mode of the code may have changed. */
import * as state from '../semantics/state.ts';
import { writeFloatMode } from '../semantics/float/mode.ts';
import { EVENT_HAS_CODE, EVENT_RESUMES, EVENT_SOFTWARE } from '../semantics/usual-event.ts';
import type {
  Access,
  CoreContext,
  MemoryBytes,
  SegmentNumber,
  SegmentRegister,
  SystemBus,
  SystemCallMsrs,
  SystemEvents,
  TableRegister,
  TlbScope,
  X87State,
} from '../system/core-context.ts';
import { Segment } from '../system/core-context.ts';
import type { InterruptEvent } from '../system/interrupt-event.ts';
import { Cr0, Efer, Rflags } from '../system/register-bits.ts';
import type { SystemState } from '../system/system-state.ts';
import type { CoreState } from './core-state.ts';
import type { LinearMemory } from './linear-memory.ts';
import type { Runtime } from './runtime.ts';

export interface ContextConnections {
  readonly runtime: Runtime;
  readonly bus: SystemBus;
  readonly events: SystemEvents;
  readonly system: SystemState;
  now(): bigint;
  random(): bigint;
  flushTlb(scope: TlbScope): void;
  /** What code is decoded for may be another now. */
  modeChanged(): void;
  /** Code at the same RIP may lie elsewhere: the base of CS is another. */
  codeMoved(): void;
}

export class StateContext implements CoreContext {
  readonly state: CoreState;
  readonly #memory: LinearMemory;
  readonly #connections: ContextConnections;
  readonly gpr: BigUint64Array;
  readonly pdptes: BigUint64Array;
  readonly debug: BigUint64Array;
  readonly vectors: Uint8Array;
  readonly x87: X87State;
  readonly msr: SystemCallMsrs;

  constructor(core: CoreState, memory: LinearMemory, connections: ContextConnections) {
    this.state = core;
    this.#memory = memory;
    this.#connections = connections;
    this.gpr = core.gpr;
    this.pdptes = core.pdptes;
    this.debug = core.debug;
    this.vectors = core.vectors;
    this.x87 = core.x87;
    this.msr = core.msr;
  }

  get bus(): SystemBus {
    return this.#connections.bus;
  }
  get events(): SystemEvents {
    return this.#connections.events;
  }
  get system(): SystemState {
    return this.#connections.system;
  }

  get rip(): bigint {
    return this.state.get64(state.RIP);
  }
  set rip(value: bigint) {
    this.state.set64(state.RIP, value);
  }

  get rflags(): number {
    return this.#connections.runtime.readFlags(this.state.base);
  }
  set rflags(value: number) {
    this.#connections.runtime.writeFlags(this.state.base, value);
    this.#connections.modeChanged();
  }

  get cpl(): number {
    return this.state.get32(state.CPL);
  }
  set cpl(value: number) {
    this.state.set32(state.CPL, value);
    this.#connections.modeChanged();
  }

  segment(number: SegmentNumber): SegmentRegister {
    return this.state.segment(number);
  }

  segmentAttributes(number: SegmentNumber): number {
    return this.state.segmentAttributes(number);
  }

  setSegment(number: SegmentNumber, value: SegmentRegister): void {
    const real = (this.cr0 & Cr0.pe) === 0 || (this.state.get32(state.RFLAGS_SYSTEM) & Rflags.vm) !== 0;
    const at = state.SEGMENTS + number * state.SEGMENT_BYTES + state.SEGMENT_BASE;
    const moves = number === Segment.cs && this.state.get64(at) !== value.base;
    const { selector, base, limit, attributes } = value;
    this.#connections.runtime.setSegment(this.state.base, number, selector, base, limit, attributes, real);
    if (moves) this.#connections.codeMoved();
    this.#connections.modeChanged();
  }

  get gdtr(): TableRegister {
    return this.state.table(state.GDTR);
  }
  set gdtr(value: TableRegister) {
    this.state.setTable(state.GDTR, value);
  }
  get idtr(): TableRegister {
    return this.state.table(state.IDTR);
  }
  set idtr(value: TableRegister) {
    this.state.setTable(state.IDTR, value);
  }

  get cr0(): number {
    return this.state.get32(state.CR0);
  }
  set cr0(value: number) {
    this.state.set64(state.CR0, BigInt(value >>> 0));
    this.#connections.modeChanged();
  }
  get cr2(): bigint {
    return this.state.get64(state.CR2);
  }
  set cr2(value: bigint) {
    this.state.set64(state.CR2, value);
  }
  get cr3(): bigint {
    return this.state.get64(state.CR3);
  }
  set cr3(value: bigint) {
    this.state.set64(state.CR3, value);
  }
  get cr4(): number {
    return this.state.get32(state.CR4);
  }
  set cr4(value: number) {
    this.state.set64(state.CR4, BigInt(value >>> 0));
    this.#connections.modeChanged();
  }
  get efer(): number {
    return this.state.get32(state.EFER);
  }
  set efer(value: number) {
    this.state.set64(state.EFER, BigInt(value >>> 0));
    this.state.set32(state.LONG_MODE, (value & Efer.lma) === 0 ? 0 : 1);
    this.#connections.modeChanged();
  }
  get xcr0(): number {
    return this.state.get32(state.XCR0);
  }
  set xcr0(value: number) {
    this.state.set64(state.XCR0, BigInt(value >>> 0));
    this.#connections.modeChanged();
  }
  get pkru(): number {
    return this.state.get32(state.PKRU);
  }
  set pkru(value: number) {
    this.state.set32(state.PKRU, value);
    this.#connections.flushTlb('all');
  }

  get mxcsr(): number {
    return this.state.get32(state.MXCSR);
  }
  /** Whether the host's arithmetic may stand for SSE's goes with it. */
  set mxcsr(value: number) {
    this.state.set32(state.MXCSR, value);
    writeFloatMode(this.state.view, this.state.base, value);
  }

  read(address: bigint, bytes: MemoryBytes, access: Access): bigint {
    return this.#memory.read(address, bytes, access);
  }
  write(address: bigint, bytes: MemoryBytes, value: bigint, access: Access): void {
    this.#memory.write(address, bytes, value, access);
  }
  readBytes(address: bigint, length: number, access: Access): Uint8Array {
    return this.#memory.readBytes(address, length, access);
  }
  writeBytes(address: bigint, bytes: Uint8Array, access: Access): void {
    this.#memory.writeBytes(address, bytes, access);
  }
  checkWrite(address: bigint, length: number, access: Access): void {
    this.#memory.checkWrite(address, length, access);
  }
  readPhysical(address: bigint, bytes: MemoryBytes): bigint {
    return this.#memory.readPhysical(Number(address), bytes);
  }

  flushTlb(scope: TlbScope): void {
    this.#connections.flushTlb(scope);
  }

  deliverUsual({ vector, source, errorCode, resumes }: InterruptEvent): boolean {
    const hasCode = errorCode === undefined ? 0 : EVENT_HAS_CODE;
    const kind = hasCode | (resumes ? EVENT_RESUMES : 0) | (source === 'software' ? EVENT_SOFTWARE : 0);
    if (this.#connections.runtime.deliverUsual(this.state.base, vector, errorCode ?? 0, kind) === 0) return false;
    this.#connections.modeChanged();
    return true;
  }
  returnUsual(bytes: 2 | 4 | 8): boolean {
    if (this.#connections.runtime.returnUsual(this.state.base, bytes) === 0) return false;
    this.#connections.modeChanged();
    return true;
  }

  inhibitNext(): void {
    this.state.set64(state.INHIBIT, this.rip);
  }
  get inhibited(): boolean {
    const { state: core } = this;
    return (
      core.get32(state.INHIBIT) === core.get32(state.RIP) && core.get32(state.INHIBIT + 4) === core.get32(state.RIP + 4)
    );
  }

  now(): bigint {
    return this.#connections.now();
  }
  random(): bigint {
    return this.#connections.random();
  }
}
