/** Typed views of a core's state in linear memory. */
import * as state from '../semantics/state.ts';
import type {
  SegmentNumber,
  SegmentRegister,
  SystemCallMsrs,
  TableRegister,
  X87State,
} from '../system/core-context.ts';

export class CoreState {
  readonly view: DataView;
  readonly base: number;
  readonly gpr: BigUint64Array;
  readonly debug: BigUint64Array;
  readonly pdptes: BigUint64Array;
  /** 16 times 32 bytes. */
  readonly vectors: Uint8Array;
  readonly x87: X87State;
  readonly msr: SystemCallMsrs;

  constructor(view: DataView, base: number) {
    this.view = view;
    this.base = base;
    this.gpr = new BigUint64Array(view.buffer, base + state.GPR, 16);
    this.debug = new BigUint64Array(view.buffer, base + state.DR, 8);
    this.pdptes = new BigUint64Array(view.buffer, base + state.PDPTES, 4);
    this.vectors = new Uint8Array(view.buffer, base + state.YMM, 16 * 32);
    this.x87 = new X87View(this);
    this.msr = new MsrView(this);
  }

  get32(offset: number): number {
    return this.view.getUint32(this.base + offset, true);
  }

  set32(offset: number, value: number): void {
    this.view.setUint32(this.base + offset, value, true);
  }

  get64(offset: number): bigint {
    return this.view.getBigUint64(this.base + offset, true);
  }

  set64(offset: number, value: bigint): void {
    this.view.setBigUint64(this.base + offset, value, true);
  }

  segment(number: SegmentNumber): SegmentRegister {
    const at = state.SEGMENTS + number * state.SEGMENT_BYTES;
    return {
      base: this.get64(at + state.SEGMENT_BASE),
      limit: this.get32(at + state.SEGMENT_LIMIT),
      selector: this.view.getUint16(this.base + at + state.SEGMENT_SELECTOR, true),
      attributes: this.segmentAttributes(number),
    };
  }

  segmentAttributes(number: SegmentNumber): number {
    return this.view.getUint16(
      this.base + state.SEGMENTS + number * state.SEGMENT_BYTES + state.SEGMENT_ATTRIBUTES,
      true,
    );
  }

  table(at: number): TableRegister {
    return { base: this.get64(at), limit: this.get32(at + 8) };
  }

  setTable(at: number, { base, limit }: TableRegister): void {
    this.set64(at, base);
    this.set32(at + 8, limit);
  }
}

class X87View implements X87State {
  readonly registers: Uint8Array;
  readonly #state: CoreState;

  constructor(core: CoreState) {
    this.#state = core;
    this.registers = new Uint8Array(core.view.buffer, core.base + state.ST, 8 * 16);
  }

  get controlWord(): number {
    return this.#state.get32(state.X87_CONTROL);
  }
  set controlWord(value: number) {
    this.#state.set32(state.X87_CONTROL, value);
  }
  get statusWord(): number {
    return this.#state.get32(state.X87_STATUS);
  }
  set statusWord(value: number) {
    this.#state.set32(state.X87_STATUS, value);
  }
  get top(): number {
    return this.#state.get32(state.X87_TOP);
  }
  set top(value: number) {
    this.#state.set32(state.X87_TOP, value);
  }
  get emptyTags(): number {
    return this.#state.get32(state.X87_EMPTY);
  }
  set emptyTags(value: number) {
    this.#state.set32(state.X87_EMPTY, value);
  }
  get instructionPointer(): bigint {
    return this.#state.get64(state.X87_IP);
  }
  set instructionPointer(value: bigint) {
    this.#state.set64(state.X87_IP, value);
  }
  get codeSelector(): number {
    return this.#state.get32(state.X87_CS);
  }
  set codeSelector(value: number) {
    this.#state.set32(state.X87_CS, value);
  }
  get dataPointer(): bigint {
    return this.#state.get64(state.X87_DP);
  }
  set dataPointer(value: bigint) {
    this.#state.set64(state.X87_DP, value);
  }
  get dataSelector(): number {
    return this.#state.get32(state.X87_DS);
  }
  set dataSelector(value: number) {
    this.#state.set32(state.X87_DS, value);
  }
  get opcode(): number {
    return this.#state.get32(state.X87_OPCODE);
  }
  set opcode(value: number) {
    this.#state.set32(state.X87_OPCODE, value);
  }
}

class MsrView implements SystemCallMsrs {
  readonly #state: CoreState;

  constructor(core: CoreState) {
    this.#state = core;
  }

  get kernelGsBase(): bigint {
    return this.#state.get64(state.KERNEL_GS_BASE);
  }
  set kernelGsBase(value: bigint) {
    this.#state.set64(state.KERNEL_GS_BASE, value);
  }
  get star(): bigint {
    return this.#state.get64(state.STAR);
  }
  set star(value: bigint) {
    this.#state.set64(state.STAR, value);
  }
  get lstar(): bigint {
    return this.#state.get64(state.LSTAR);
  }
  set lstar(value: bigint) {
    this.#state.set64(state.LSTAR, value);
  }
  get cstar(): bigint {
    return this.#state.get64(state.CSTAR);
  }
  set cstar(value: bigint) {
    this.#state.set64(state.CSTAR, value);
  }
  get sfmask(): bigint {
    return this.#state.get64(state.SFMASK);
  }
  set sfmask(value: bigint) {
    this.#state.set64(state.SFMASK, value);
  }
  get tscAux(): bigint {
    return this.#state.get64(state.TSC_AUX);
  }
  set tscAux(value: bigint) {
    this.#state.set64(state.TSC_AUX, value);
  }
  get sysenterCs(): bigint {
    return this.#state.get64(state.SYSENTER_CS);
  }
  set sysenterCs(value: bigint) {
    this.#state.set64(state.SYSENTER_CS, value);
  }
  get sysenterEsp(): bigint {
    return this.#state.get64(state.SYSENTER_ESP);
  }
  set sysenterEsp(value: bigint) {
    this.#state.set64(state.SYSENTER_ESP, value);
  }
  get sysenterEip(): bigint {
    return this.#state.get64(state.SYSENTER_EIP);
  }
  set sysenterEip(value: bigint) {
    this.#state.set64(state.SYSENTER_EIP, value);
  }
}
