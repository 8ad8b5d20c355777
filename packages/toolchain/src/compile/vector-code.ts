/** A small vocabulary for vector sequences: copies, two-operand instructions, constants. */
import type { Value } from '../ir/graph.ts';
import { I32, V128 } from '../wasm/types.ts';
import type { LirOperand, MemoryOperand } from './lir.ts';
import type { Selector } from './selector.ts';

export class VectorCode {
  readonly selector: Selector;

  constructor(selector: Selector) {
    this.selector = selector;
  }

  /** A new register with the value of another (or of `value`), to be changed. */
  copy(source: Value | number): number {
    const register = this.selector.newRegister(V128);
    this.into(register, source);
    return register;
  }

  into(register: number, source: Value | number): void {
    const { selector } = this;
    if (typeof source !== 'number') selector.copyTo(register, source, 128);
    else selector.emitKind('move', 'movaps', selector.defined(register, 128), selector.read(source, 128));
  }

  zero(): number {
    const register = this.selector.newRegister(V128);
    this.selector.emitKind('zero', 'pxor', this.selector.defined(register, 128));
    return register;
  }

  /** All bits set. */
  ones(): number {
    const register = this.zero();
    this.op('pcmpeqd', register, register);
    return register;
  }

  /** The register of a value, to be read only. */
  register(value: Value): number {
    return this.selector.use(value, 128).register;
  }

  /** A 16-byte operand: a register, its slot, or a constant. */
  operand(value: Value): LirOperand {
    return this.selector.useOrMemory(value, 128);
  }

  /** `mnemonic target, source [, immediate]`, which changes `target`. */
  op(mnemonic: string, target: number, source: number | LirOperand, immediate?: number): void {
    const operand = typeof source === 'number' ? this.selector.read(source, 128) : source;
    const operands = immediate === undefined ? [operand] : [operand, immediate];
    this.selector.emit(mnemonic, this.selector.modified(target, 128), ...operands);
  }

  /** A shift by a constant. */
  shift(mnemonic: string, target: number, count: number): void {
    this.selector.emit(mnemonic, this.selector.modified(target, 128), count);
  }

  /** `mnemonic target, source [, immediate]`, which only writes `target`. */
  set(mnemonic: string, target: number, source: LirOperand, immediate?: number): void {
    const operands = immediate === undefined ? [source] : [source, immediate];
    this.selector.emit(mnemonic, this.selector.defined(target, 128), ...operands);
  }

  result(value: Value): number {
    return this.selector.registerOf(value);
  }

  /** An i32 in the lowest lane of a new register. */
  fromInteger(value: Value): number {
    const register = this.selector.newRegister(V128);
    this.selector.emit('movd', this.selector.defined(register, 128), this.selector.useOrMemory(value, 32));
    return register;
  }

  /** An i32 modulo a power of two, in the lowest lane of a new register: how many bits a shift shifts. */
  shiftCount(count: Value, bits: number): number {
    const { selector } = this;
    const masked = selector.newRegister(I32);
    selector.copyTo(masked, count, 32);
    selector.emit('and', selector.modified(masked, 32), bits - 1);
    const register = selector.newRegister(V128);
    selector.emit('movd', selector.defined(register, 128), selector.read(masked, 32));
    return register;
  }

  /** A constant with the same pattern of `bits` bits in every lane. */
  splat(bits: 8 | 16 | 32 | 64, pattern: bigint): MemoryOperand {
    const bytes = new Uint8Array(16);
    const value = BigInt.asUintN(bits, pattern);
    for (let at = 0; at < 16; at++) bytes[at] = Number((value >> BigInt((at * 8) % bits)) & 0xffn);
    return this.selector.pool(bytes);
  }

  splatFloat(bits: 32 | 64, number: number): MemoryOperand {
    const view = new DataView(new ArrayBuffer(8));
    if (bits === 32) view.setFloat32(0, number, true);
    else view.setFloat64(0, number, true);
    return this.splat(bits, bits === 32 ? BigInt(view.getUint32(0, true)) : view.getBigUint64(0, true));
  }

  bytes(list: readonly number[]): MemoryOperand {
    return this.selector.pool(Uint8Array.from(list));
  }
}
