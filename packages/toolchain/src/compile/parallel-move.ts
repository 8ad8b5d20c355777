/**
 * Orders moves that happen at once (sources are all read before any destination is written) into a sequence: first those whose
 * destination nobody reads any more, then what is left are cycles, which exchanges break.
 */
import type { LirConstant } from './lir.ts';
import { isSlot, type Move } from './location.ts';

export interface MoveSink {
  move(to: number, from: number, bits: Move['bits']): void;
  constant(to: number, value: LirConstant, bits: Move['bits']): void;
  /** Exchanges two registers of one class, or two slots, or a register and a slot. */
  exchange(a: number, b: number, bits: Move['bits']): void;
}

export function emitParallelMoves(moves: readonly Move[], sink: MoveSink): void {
  const constants: Move[] = [];
  let pending: Move[] = [];
  for (const move of moves) {
    if (typeof move.from !== 'number') constants.push(move);
    else if (move.from !== move.to) pending.push(move);
  }
  const readers = new Map<number, number>();
  for (const { from } of pending) readers.set(from as number, (readers.get(from as number) ?? 0) + 1);
  while (pending.length > 0) {
    const waiting: Move[] = [];
    for (const move of pending) {
      if ((readers.get(move.to) ?? 0) > 0) {
        waiting.push(move);
        continue;
      }
      sink.move(move.to, move.from as number, move.bits);
      readers.set(move.from as number, (readers.get(move.from as number) as number) - 1);
    }
    if (waiting.length === pending.length) {
      pending = breakCycle(waiting, sink, readers);
    } else pending = waiting;
  }
  for (const { to, from, bits } of constants) sink.constant(to, from as LirConstant, bits);
}

/** Every destination is read by exactly one other move: exchanging one pair shortens its cycle by one. */
function breakCycle(moves: readonly Move[], sink: MoveSink, readers: Map<number, number>): Move[] {
  const move = (moves.find(({ from, to }) => !isSlot(from as number) && !isSlot(to)) ?? moves[0]) as Move;
  const from = move.from as number;
  const { to } = move;
  sink.exchange(to, from, move.bits);
  const rest: Move[] = [];
  for (const other of moves) {
    if (other === move) continue;
    // What was in `to` is in `from` now.
    const source = other.from === to ? from : other.from === from ? to : (other.from as number);
    if (source !== other.to) rest.push({ ...other, from: source });
  }
  readers.clear();
  for (const other of rest) readers.set(other.from as number, (readers.get(other.from as number) ?? 0) + 1);
  return rest;
}
