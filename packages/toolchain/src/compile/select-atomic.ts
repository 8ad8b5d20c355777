/** Atomics. Loads and stores are plain on amd64 but for sequentially consistent stores, which are XCHG (SDM 3A 9.2). */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { type MemoryOperand, RAX, type Width } from './lir.ts';
import { I32, I64 } from '../wasm/types.ts';
import { addressOf } from './select-address.ts';
import { callSymbol } from './select-routine.ts';
import type { Selector } from './selector.ts';

export function selectAtomic(selector: Selector, value: Value): void {
  if (value.op === op.Fence) {
    selector.emit('mfence');
    return;
  }
  const bits = (value.bytes * 8) as Width;
  if (value.op === op.AtomicWait || value.op === op.AtomicNotify) return waitOrNotify(selector, value, bits);
  switch (value.op) {
    case op.AtomicLoad: {
      const target = selector.isWanted(value) ? selector.registerOf(value) : selector.newRegister(value.type);
      const memory = addressOf(selector, value, bits);
      if (bits < 32) selector.emit('movzx', selector.defined(target, 32), memory);
      else selector.emit('mov', selector.defined(target, bits), memory);
      return;
    }
    case op.AtomicStore: {
      if (selector.context.options.atomicStores === 'release') {
        const stored = value.args[1] as Value;
        const source = selector.registerOrImmediate(stored, bits);
        selector.emit('mov', addressOf(selector, value, bits), source);
        return;
      }
      const copy = selector.newRegister(value.type || (value.args[1] as Value).type);
      const memory = addressOf(selector, value, bits);
      selector.copyTo(copy, value.args[1] as Value, bits < 32 ? 32 : bits);
      selector.emit('xchg', memory, selector.modified(copy, bits));
      return;
    }
    case op.AtomicRmw:
      return readModifyWrite(selector, value, bits);
    default:
      return compareExchange(selector, value, bits);
  }
}

/**
 * Waiting is the embedder's: `drift.memory_wait32(uint32_t *, uint32_t expected, int64_t timeout)`, `drift.memory_wait64` and
 * `drift.memory_notify(uint32_t *, uint32_t count)`, with WebAssembly's results, on addresses that are checked.
 * Nobody can wait in a memory that is not shared: waiting traps there, and notify finds nobody.
 */
function waitOrNotify(selector: Selector, value: Value, bits: Width): void {
  const shared = selector.context.module.memories[0]?.shared === true;
  const memory = addressOf(selector, value, 0);
  if (!shared) {
    if (value.op === op.AtomicWait) selector.trapIf(undefined, 'wait in a memory that is not shared');
    return selector.loadConstant(selector.registerOf(value), selector.graph.integer(I32, 0n));
  }
  const address = selector.newRegister(I64);
  selector.emit('lea', selector.defined(address, 64), memory);
  const symbol = value.op === op.AtomicNotify ? 'drift.memory_notify' : `drift.memory_wait${bits}`;
  callSymbol(selector, value, symbol, [address, ...value.args.slice(1)]);
}

function readModifyWrite(selector: Selector, value: Value, bits: Width): void {
  const name = value.aux as string;
  const operand = value.args[1] as Value;
  const memory = addressOf(selector, value, bits);
  const wanted = selector.isWanted(value);
  if (!wanted && name !== 'xchg') {
    selector.emit(`lock ${name}`, memory, selector.registerOrImmediate(operand, bits));
    return;
  }
  if (name === 'and' || name === 'or' || name === 'xor') return loop(selector, value, name, memory, bits);
  const target = wanted ? selector.registerOf(value) : selector.newRegister(operand.type);
  const width: Width = bits < 32 ? 32 : bits;
  selector.copyTo(target, operand, width);
  if (name === 'sub') selector.emit('neg', selector.modified(target, width));
  selector.emit(name === 'xchg' ? 'xchg' : 'lock xadd', memory, selector.modified(target, bits));
  if (bits < 32 && wanted) selector.emit('movzx', selector.modified(target, 32), selector.read(target, bits));
}

/** Operations that have no form which gives the old value: compare and exchange until nobody came between. */
function loop(selector: Selector, value: Value, name: string, memory: MemoryOperand, bits: Width): void {
  const operand = selector.use(value.args[1] as Value, bits < 32 ? 32 : bits);
  const scratch = selector.newRegister(value.type);
  selector.emit('mov', selector.defined(scratch, 32), 0);
  const macro = selector.emitKind('macro', `atomic_${name}`, memory, operand, selector.modified(scratch, operand.bits));
  macro.writes = [RAX];
  macro.lateReads = true;
  takeOld(selector, value, bits);
}

function compareExchange(selector: Selector, value: Value, bits: Width): void {
  const [, expected, replacement] = value.args as [Value, Value, Value];
  const memory = addressOf(selector, value, bits);
  const source = selector.use(replacement, bits);
  selector.copyTo(RAX, expected, bits < 32 ? 32 : bits);
  const instruction = selector.emit('lock cmpxchg', memory, source);
  instruction.reads = [RAX];
  instruction.writes = [RAX];
  if (selector.isWanted(value)) takeOld(selector, value, bits);
}

function takeOld(selector: Selector, value: Value, bits: Width): void {
  if (!selector.isWanted(value)) return;
  if (bits < 32) selector.emit('movzx', selector.result(value, 32), selector.read(RAX, bits));
  // Not a plain move: a 32-bit CMPXCHG that succeeds leaves the upper half of RAX alone.
  else selector.emit('mov', selector.result(value, bits), selector.read(RAX, bits));
}
