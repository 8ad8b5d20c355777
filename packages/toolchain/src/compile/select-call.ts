/** Parameters, calls, returns. */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { F32, F64, type Function, type FunctionType, I32, I64, type ValueType, isFloat } from '../wasm/types.ts';
import { type ArgumentPlace, argumentPlaces, resultPlaces } from './convention.ts';
import {
  FRAME_INCOMING,
  FRAME_OUTGOING,
  type LirInstruction,
  type MemoryOperand,
  type ParallelMove,
  RAX,
  type Width,
  symbolMemory,
} from './lir.ts';
import { CompileError } from './options.ts';
import { checkTableIndex, constantIndex, elementPlace } from './select-table.ts';
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
      loadStack(selector, parameter, memory);
    } else if (isFloat(parameter.type)) {
      selector.emitKind('move', 'movaps', selector.defined(result, 128), selector.read(place.register, 128));
    } else {
      const kind = exported && parameter.type === I32 ? 'normal' : 'move';
      selector.emitKind(kind, 'mov', selector.defined(result, bits), selector.read(place.register, bits));
    }
  }
}

/** Reads a stack argument, or a result on the stack. */
function loadStack(selector: Selector, value: Value, memory: MemoryOperand): void {
  if (isFloat(value.type)) selector.emit(floatMove(value.type), selector.result(value, 128), memory);
  else selector.emit('mov', selector.result(value), memory);
}

export function floatMove(type: ValueType | 0): string {
  return type === F32 ? 'movss' : type === F64 ? 'movsd' : 'movups';
}

function argumentMoves(
  selector: Selector,
  type: FunctionType,
  args: readonly Value[],
  stack: typeof FRAME_INCOMING | typeof FRAME_OUTGOING,
): ParallelMove[] {
  const { places, stackBytes } = argumentPlaces(type.parameters);
  if (stack === FRAME_OUTGOING) {
    const room = Math.max(stackBytes, selector.context.incomingBytes);
    selector.lir.outgoingBytes = Math.max(selector.lir.outgoingBytes, (room + 15) & -16);
  }
  return type.parameters.map((parameter, i) => {
    const place = places[i] as { register: number; stackOffset: number };
    const argument = args[i] as Value;
    return {
      to: place.register < 0 ? stack : place.register,
      slot: place.stackOffset,
      from: selector.moveSource(argument),
      bits: selector.widthOf(parameter),
    };
  });
}

export function selectCall(selector: Selector, value: Value): void {
  const { module } = selector.context;
  const type =
    value.op === op.Call
      ? (module.functions[value.index] as Function).type
      : (module.types[value.index] as FunctionType);
  const { places, stackBytes } = resultPlaces(type.results);
  const external = value.op === op.Call && module.functions[value.index]?.imported !== undefined;
  if (external && stackBytes > 0) {
    const text = `${selector.place} calls an import with more results than registers`;
    throw new CompileError('COMPILE_UNSUPPORTED', text);
  }
  selector.lir.makesCalls = true;
  const call = value.op === op.Call ? directCall(selector, value, type) : indirectCall(selector, value, type);
  call.writes = places.flatMap(({ register }) => (register >= 0 ? [register] : []));
  // Projections come behind the call and read these registers through their own moves.
  const results = type.results.length === 1 ? [value] : selector.projectionsOf(value);
  type.results.forEach((result, i) => {
    const target = results[i];
    if (target === undefined || !selector.isWanted(target)) return;
    const bits = selector.widthOf(result);
    const { register, stackOffset } = places[i] as ArgumentPlace;
    if (register < 0) {
      const displacement = selector.context.resultsOffset + stackOffset;
      loadStack(selector, target, { ...symbolMemory(undefined, bits), base: FRAME_OUTGOING, displacement });
      return;
    }
    const source = selector.read(register, isFloat(result) ? 128 : bits);
    if (isFloat(result)) selector.emitKind('move', 'movaps', selector.result(target, 128), source);
    else selector.emitKind(external && result === I32 ? 'normal' : 'move', 'mov', selector.result(target), source);
  });
}

function directCall(selector: Selector, value: Value, type: FunctionType): LirInstruction {
  const moves = argumentMoves(selector, type, value.args, FRAME_OUTGOING);
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
  const table = value.index2;
  const signature = context.signature(value.index);
  const checkSignatures = context.options.checkSignatures ?? true;
  if (context.layout.tables[table] !== undefined) {
    const element = elementPlace(selector, table, index, 'undefined element');
    const descriptor = selector.newRegister(I64);
    selector.emit('mov', selector.defined(descriptor, 64), element);
    const read = selector.read(descriptor, 64);
    selector.emit('test', read, read);
    selector.trapIf('e', 'uninitialized element');
    const field = (bits: Width, displacement: number): MemoryOperand => ({
      ...symbolMemory(undefined, bits),
      base: descriptor,
      displacement,
    });
    if (checkSignatures) {
      selector.emit('cmp', field(32, 8), signature);
      selector.trapIf('ne', 'indirect call type mismatch');
    }
    selector.emit('mov', selector.defined(RAX, 64), field(64, 0));
    return;
  }
  const place = (symbol: string, scale: 4 | 8): MemoryOperand => {
    const bits: Width = scale === 4 ? 32 : 64;
    if (!index.isConstant) return { ...symbolMemory(symbol, bits), index: selector.use(index, 64).register, scale };
    return {
      ...symbolMemory(symbol, bits),
      displacement: Math.min(constantIndex(index), context.tableSize(table)) * scale,
    };
  };
  checkTableIndex(selector, table, index, 'undefined element');
  if (checkSignatures) {
    selector.emit('cmp', place(context.tableSignatures(table), 4), signature);
    selector.trapIf('ne', 'indirect call type mismatch');
  }
  selector.emit('mov', selector.defined(RAX, 64), place(context.tableAddresses(table), 8));
}

function indirectCall(selector: Selector, value: Value, type: FunctionType): LirInstruction {
  const moves = argumentMoves(selector, type, value.args.slice(0, -1), FRAME_OUTGOING);
  loadTarget(selector, value, value.args.at(-1) as Value);
  const call = selector.emitKind('call', 'call', selector.read(RAX, 64));
  call.moves = moves;
  return call;
}

export function selectReturn(selector: Selector, results: readonly Value[]): void {
  const { places } = resultPlaces(selector.graph.type.results);
  const moves = results.map((value, i) => {
    const { register, stackOffset } = places[i] as ArgumentPlace;
    return {
      to: register < 0 ? FRAME_INCOMING : register,
      slot: selector.context.resultsOffset + stackOffset,
      from: selector.moveSource(value),
      bits: selector.widthOf(value.type),
    };
  });
  const instruction = selector.emitKind('return', 'ret');
  instruction.moves = moves;
}

/**
 * Stack arguments go where this function's own came: every caller inside the module has left room for the longest list of them that a
 * tail call passes, and so have the entries.
 */
export function selectTailCall(selector: Selector, call: Value, args: readonly Value[]): void {
  const { module } = selector.context;
  const indirect = call.op === op.CallIndirect;
  const type = indirect ? (module.types[call.index] as FunctionType) : (module.functions[call.index] as Function).type;
  const moves = argumentMoves(selector, type, indirect ? args.slice(0, -1) : args, FRAME_INCOMING);
  if (indirect) loadTarget(selector, call, args.at(-1) as Value);
  const target = indirect
    ? selector.read(RAX, 64)
    : ({ kind: 'symbol', name: selector.context.symbols[call.index] as string, addend: 0 } as const);
  selector.emitKind('tail-call', 'jmp', target).moves = moves;
}
