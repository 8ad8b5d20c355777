/** Calls of symbols that the compiler brings along or asks for: routines of the module, and what the embedder defines. */
import type { Value } from '../ir/graph.ts';
import { I32 } from '../wasm/types.ts';
import { argumentPlaces } from './convention.ts';
import { NONE, type ParallelMove, RAX } from './lir.ts';
import type { Selector } from './selector.ts';

/** An argument: a value, or a register that holds 64 bits. */
export type RoutineArgument = Value | number;

/** `symbol(arguments)` as a C function of integers; its result becomes `value` where something reads that. */
export function callSymbol(selector: Selector, value: Value, symbol: string, args: readonly RoutineArgument[]): void {
  const { places } = argumentPlaces(args.map(() => 0x7e));
  selector.lir.makesCalls = true;
  const moves = args.map(
    (arg, i): ParallelMove => ({
      to: (places[i] as { register: number }).register,
      slot: NONE,
      from: typeof arg === 'number' ? arg : selector.moveSource(arg),
      bits: typeof arg !== 'number' && arg.type === I32 ? 32 : 64,
    }),
  );
  const call = selector.emitKind('call', 'call', { kind: 'symbol', name: symbol, addend: 0 });
  call.moves = moves;
  call.writes = [RAX];
  if (!selector.isWanted(value)) return;
  const bits = selector.widthOf(value.type);
  selector.emit('mov', selector.result(value, bits), selector.read(RAX, bits));
}
