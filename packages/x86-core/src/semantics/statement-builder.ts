/**
 * The lowest layer of what definitions are written with: statements, temporaries, guest memory.
 *
 * It keeps the rule that makes faults restartable: whatever may be refused comes before the first change of a register, flag or memory.
 * An instruction that fails has then done nothing, and both backends may simply leave. A definition that breaks the rule throws when it is built.
 */
import type { ValueType } from '../wasm/operators.ts';
import type { Access, AccessBits, Bits, Location, SegmentReference, Statement, Value } from './language.ts';
import type { Shape } from './operand-shape.ts';
import { signatureOf } from './runtime.ts';
import { BOUNCE_BYTES, BOUNCE_SLOTS } from './state.ts';
import { constant, typeOf } from './value.ts';

/** A place in guest memory: offset (i64) in a segment. */
export interface Address {
  readonly offset: Value;
  readonly segment: SegmentReference;
}

/** Guest memory that is translated and may be accessed, in part or whole. */
export interface Translated {
  readonly host: Value;
  readonly slot: number;
}

export class StatementBuilder {
  readonly shape: Shape;
  protected statements: Statement[] = [];
  protected readonly temporaries: ValueType[] = [];
  protected changed = false;
  #slots = 0;

  constructor(shape: Shape) {
    this.shape = shape;
  }

  protected temporary(type: ValueType): Value & { kind: 'temporary' } {
    return { kind: 'temporary', type, number: this.temporaries.push(type) - 1 };
  }

  /** Computes a value once. */
  let(value: Value): Value {
    const temporary = this.temporary(typeOf(value));
    this.statements.push({ kind: 'let', temporary: temporary.number, value });
    return temporary;
  }

  /** Computes a temporary anew: the result of a slow path inside of `if`. */
  assign(temporary: Value, value: Value): void {
    if (temporary.kind !== 'temporary') throw new Error('Only temporaries are assigned');
    this.statements.push({ kind: 'let', temporary: temporary.number, value });
  }

  /** The offset of this instruction in CS, i64. */
  instructionPointer(): Value {
    return { kind: 'this' };
  }

  protected get(location: Location): Value {
    return this.let({ kind: 'register', type: typeAt(location), location });
  }

  protected set(location: Location, value: Value): void {
    this.changed = true;
    this.statements.push({ kind: 'set', location, value });
  }

  /** Call before whatever may be refused. */
  protected beforeFault(): void {
    if (this.changed) throw new Error(`${this.shape.mnemonic}: a fault here could not restart the instruction`);
  }

  /** The base of the core's state: what runtime functions take first. i32. */
  core(): Value {
    return { kind: 'core' };
  }

  /** A field of state.ts; registers have methods of their own. */
  stateLoad(offset: number, bits: AccessBits): Value {
    return this.get({ file: 'state', bits, offset });
  }

  stateStore(offset: number, bits: AccessBits, value: Value): void {
    this.set({ file: 'state', bits, offset }, value);
  }

  /**
   * Translates guest memory, once for all its parts. Raises what the access raises. What was translated for reading must be loaded before the next
   * translation, unless `keep` is set.
   */
  translate(address: Address, bytes: number, access: Access, keep: boolean = access !== 'read'): Translated {
    this.beforeFault();
    if (bytes > BOUNCE_BYTES) throw new Error(`${this.shape.mnemonic}: ${bytes} bytes are not translated at once`);
    if (this.#slots >= BOUNCE_SLOTS) throw new Error(`${this.shape.mnemonic} translates too much`);
    const host = this.temporary('i32');
    const slot = this.#slots;
    if (keep) this.#slots++;
    const once = address.offset.kind === 'operation' ? this.let(address.offset) : address.offset;
    const { segment } = address;
    this.statements.push({ kind: 'translate', host: host.number, address: once, segment, bytes, access, slot });
    return { host, slot };
  }

  /** `offset` in bytes from the start of what was translated. */
  loadFrom({ host }: Translated, offset: number, bits: AccessBits): Value {
    const value = this.temporary(bits === 128 ? 'v128' : 'i64');
    this.statements.push({ kind: 'load', temporary: value.number, host, offset, bits, widened: false });
    return value;
  }

  /** A vector whose lowest element is loaded, the rest 0. */
  loadWidened(address: Address, bits: 32 | 64): Value {
    const { host } = this.translate(address, bits / 8, 'read');
    const value = this.temporary('v128');
    this.statements.push({ kind: 'load', temporary: value.number, host, offset: 0, bits, widened: true });
    return value;
  }

  /** Several stores to what was translated end with one `commit`. */
  storeTo({ host }: Translated, offset: number, bits: AccessBits, value: Value): void {
    this.changed = true;
    this.statements.push({ kind: 'store', host, offset, bits, value });
  }

  /** Loads what `endAtomic` replaces in one atomic step with it. Only pure statements may stand between them. */
  beginAtomic({ host, slot }: Translated, bits: AccessBits): Value {
    const value = this.temporary('i64');
    this.statements.push({ kind: 'beginAtomic', temporary: value.number, host, bits: atomicBits(bits), slot });
    return value;
  }

  endAtomic({ host }: Translated, bits: AccessBits, expected: Value, value: Value): void {
    this.changed = true;
    this.statements.push({ kind: 'endAtomic', host, bits: atomicBits(bits), expected, value });
  }

  /** Behind the `commit` of what `endAtomic` stored. */
  endLocked(): void {
    this.statements.push({ kind: 'endLocked' });
  }

  /** Until `unlockBus` no other core makes an access. Only loads, stores and what is pure may stand between them. */
  lockBus({ host, slot }: Translated): void {
    this.statements.push({ kind: 'lockBus', host, slot });
  }

  unlockBus(): void {
    this.statements.push({ kind: 'unlockBus' });
  }

  /** All loads and stores before it are made before all those behind it. */
  fence(): void {
    this.statements.push({ kind: 'fence' });
  }

  commit({ host, slot }: Translated): void {
    this.statements.push({ kind: 'commit', host, slot });
  }

  /** @param segment es cs ss ds fs gs by number; default that of the memory operand, or the one in `address`. */
  load(address: Value | Address, bits: Bits, segment?: SegmentReference): Value {
    const access = accessBits(bits);
    return this.loadFrom(this.translate(place(address, segment), access / 8, 'read'), 0, access);
  }

  store(address: Value | Address, bits: Bits, value: Value, segment?: SegmentReference): void {
    const access = accessBits(bits);
    const translated = this.translate(place(address, segment), access / 8, 'write');
    this.storeTo(translated, 0, access, value);
    this.commit(translated);
  }

  /** Calls a pure runtime function, or one that only reads the state. */
  call(name: string, ...operands: Value[]): Value {
    const [result] = signatureOf(name).results;
    if (result === undefined) throw new Error(`${name} gives nothing: callChanging`);
    const temporary = this.temporary(result);
    this.statements.push({ kind: 'call', name, operands, temporary: temporary.number });
    return temporary;
  }

  /** Calls a runtime function that changes the state. Where it has no result, the value is 0 and not for use. */
  callChanging(name: string, ...operands: Value[]): Value {
    this.changed = true;
    if (signatureOf(name).results.length > 0) return this.call(name, ...operands);
    this.statements.push({ kind: 'call', name, operands, temporary: undefined });
    return constant(0);
  }

  protected nested(body: () => void): Statement[] {
    const outer = this.statements;
    const inner: Statement[] = [];
    this.statements = inner;
    body();
    this.statements = outer;
    return inner;
  }
}

function place(address: Value | Address, segment: SegmentReference | undefined): Address {
  const { offset, segment: own } = 'offset' in address ? address : { offset: address, segment: 'operand' as const };
  return { offset, segment: segment ?? own };
}

function atomicBits(bits: AccessBits): 8 | 16 | 32 | 64 {
  if (bits === 128) throw new Error('128 bits are not replaced in one step');
  return bits;
}

/** Bits of one load or store. */
export function accessBits(bits: Bits): AccessBits {
  if (bits === 48 || bits === 80 || bits === 256 || bits === 512)
    throw new Error(`${bits} bits are not accessed at once`);
  return bits;
}

function typeAt(location: Location): ValueType {
  if (location.file === 'vectorIndex') return 'v128';
  return 'bits' in location && location.bits === 128 ? 'v128' : 'i64';
}
