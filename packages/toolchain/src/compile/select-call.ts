/** Parameters, calls, returns. */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { F32, F64, type Function, type FunctionType, I32, type ValueType } from '../wasm/types.ts';
import { argumentPlaces, resultRegisters } from './convention.ts';
import {
  FRAME_INCOMING,
  FRAME_OUTGOING,
  type LirInstruction,
  type MemoryOperand,
  NONE,
  type ParallelMove,
  RAX,
  type Width,
  symbolMemory,
} from './lir.ts';
import { isFloat } from './module-context.ts';
import { CompileError } from './options.ts';
import type { Selector } from './selector.ts';

/** Puts the parameters that are used into registers of their own, at the start of the function. */
export function selectParameters(selector: Selector): void {
  const { type } = selector.graph;
  const { places } = argumentPlaces(type.parameters);
  // Callers outside of the module leave the upper half of an i32 undefined (System V ABI AMD64 3.2.3, footnote).
  const exported = selector.context.isExported[selector.functionIndex] === true;
  for (const parameter of selector.graph.parameters) {
    if (parameter.uses === 0) continue;
    const place = places[parameter.offset] as { register: number; stackOffset: number };
    const result = selector.registerOf(parameter);
    const bits = selector.widthOf(parameter.type);
    if (place.register < 0) {
      const memory: MemoryOperand = {
        ...symbolMemory(undefined, bits),
        base: FRAME_INCOMING,
        displacement: place.stackOffset,
      };
      if (isFloat(parameter.type)) selector.emit(floatMove(parameter.type), selector.defined(result, 128), memory);
      else selector.emit('mov', selector.defined(result, bits), memory);
    } else if (isFloat(parameter.type)) {
      selector.emitKind('move', 'movaps', selector.defined(result, 128), selector.read(place.register, 128));
    } else {
      const kind = exported && parameter.type === I32 ? 'normal' : 'move';
      selector.emitKind(kind, 'mov', selector.defined(result, bits), selector.read(place.register, bits));
    }
  }
}

export function floatMove(type: ValueType | 0): string {
  return type === F32 ? 'movss' : type === F64 ? 'movsd' : 'movups';
}

function argumentMoves(selector: Selector, type: FunctionType, args: readonly Value[]): ParallelMove[] {
  const { places, stackBytes } = argumentPlaces(type.parameters);
  selector.lir.outgoingBytes = Math.max(selector.lir.outgoingBytes, (stackBytes + 15) & -16);
  return type.parameters.map((parameter, i) => {
    const place = places[i] as { register: number; stackOffset: number };
    const argument = args[i] as Value;
    return {
      to: place.register < 0 ? FRAME_OUTGOING : place.register,
      slot: place.stackOffset,
      from: selector.moveSource(argument),
      bits: selector.widthOf(parameter),
    };
  });
}

function resultsOf(selector: Selector, type: FunctionType): readonly number[] {
  const registers = resultRegisters(type.results);
  if (registers === undefined) {
    throw new CompileError('COMPILE_UNSUPPORTED', `${selector.place}: more results than registers to return them in`);
  }
  return registers;
}

export function selectCall(selector: Selector, value: Value): void {
  const { module } = selector.context;
  const type =
    value.op === op.Call
      ? (module.functions[value.index] as Function).type
      : (module.types[value.index] as FunctionType);
  const registers = resultsOf(selector, type);
  selector.lir.makesCalls = true;
  const call = value.op === op.Call ? directCall(selector, value, type) : indirectCall(selector, value, type);
  call.writes = registers;
  // Projections come behind the call and read these registers through their own moves.
  const results = type.results.length === 1 ? [value] : selector.projectionsOf(value);
  const external = value.op === op.Call && module.functions[value.index]?.imported !== undefined;
  type.results.forEach((result, i) => {
    const target = results[i];
    if (target === undefined || !selector.isWanted(target)) return;
    const bits = selector.widthOf(result);
    const source = selector.read(registers[i] as number, isFloat(result) ? 128 : bits);
    if (isFloat(result)) selector.emitKind('move', 'movaps', selector.result(target, 128), source);
    else selector.emitKind(external && result === I32 ? 'normal' : 'move', 'mov', selector.result(target), source);
  });
}

function directCall(selector: Selector, value: Value, type: FunctionType): LirInstruction {
  const moves = argumentMoves(selector, type, value.args);
  const call = selector.emitKind('call', 'call', {
    kind: 'symbol',
    name: selector.context.symbols[value.index] as string,
    addend: 0,
  });
  call.moves = moves;
  return call;
}

/** Leaves the address of the table's function in RAX, after checking index and signature. */
function loadTarget(selector: Selector, value: Value, index: Value): void {
  const { context } = selector;
  const size = context.tableSize(value.index2);
  const place = (symbol: string, scale: 4 | 8): MemoryOperand => {
    const bits: Width = scale === 4 ? 32 : 64;
    if (!index.isConstant) return { ...symbolMemory(symbol, bits), index: selector.use(index, 64).register, scale };
    return { ...symbolMemory(symbol, bits), displacement: Number(BigInt.asUintN(32, index.constant)) * scale };
  };
  const inRange = index.isConstant && BigInt.asUintN(32, index.constant) < BigInt(size);
  if (!inRange) {
    if (index.isConstant) selector.trapIf(undefined, 'undefined element');
    else {
      selector.emit('cmp', selector.use(index, 32), size);
      selector.trapIf('ae', 'undefined element');
    }
  }
  if (context.options.checkSignatures ?? true) {
    selector.emit('cmp', place(context.tableSignatures(value.index2), 4), context.signature(value.index));
    selector.trapIf('ne', 'indirect call type mismatch');
  }
  selector.emit('mov', selector.defined(RAX, 64), place(context.tableAddresses(value.index2), 8));
}

function indirectCall(selector: Selector, value: Value, type: FunctionType): LirInstruction {
  const moves = argumentMoves(selector, type, value.args.slice(0, -1));
  loadTarget(selector, value, value.args.at(-1) as Value);
  const call = selector.emitKind('call', 'call', selector.read(RAX, 64));
  call.moves = moves;
  return call;
}

export function selectReturn(selector: Selector, results: readonly Value[]): void {
  const registers = resultsOf(selector, selector.graph.type);
  const moves = results.map((value, i) => ({
    to: registers[i] as number,
    slot: NONE,
    from: selector.moveSource(value),
    bits: selector.widthOf(value.type),
  }));
  const instruction = selector.emitKind('return', 'ret');
  instruction.moves = moves;
}

export function selectTailCall(selector: Selector, call: Value, args: readonly Value[]): void {
  const { module } = selector.context;
  const indirect = call.op === op.CallIndirect;
  const type = indirect ? (module.types[call.index] as FunctionType) : (module.functions[call.index] as Function).type;
  if (argumentPlaces(type.parameters).stackBytes > 0) {
    throw new CompileError('COMPILE_UNSUPPORTED', `${selector.place}: tail call with stack arguments`);
  }
  const moves = argumentMoves(selector, type, indirect ? args.slice(0, -1) : args);
  if (indirect) loadTarget(selector, call, args.at(-1) as Value);
  const target = indirect
    ? selector.read(RAX, 64)
    : ({ kind: 'symbol', name: selector.context.symbols[call.index] as string, addend: 0 } as const);
  selector.emitKind('tail-call', 'jmp', target).moves = moves;
}
