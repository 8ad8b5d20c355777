/**
 * Checks a register allocation by replaying it symbolically: every place (register or slot) holds a set of virtual registers, moves copy
 * sets, writes replace them, blocks start with what all their predecessors agree on. Every read must find its register in its place.
 */
import { CALLER_SAVED_GENERAL } from '../../src/compile/convention.ts';
import {
  DEFINE,
  FIRST_VIRTUAL,
  type LirBlock,
  type LirConstant,
  type LirFunction,
  type LirInstruction,
  MODIFY,
} from '../../src/compile/lir.ts';
import type { Move } from '../../src/compile/location.ts';
import type { Allocation } from '../../src/compile/resolve.ts';

type Token = number | string;
type State = Map<number, ReadonlySet<Token>>;

export function checkAllocation(lir: LirFunction, allocation: Allocation): string[] {
  return new Checker(lir, allocation).run();
}

class Checker {
  readonly #lir: LirFunction;
  readonly #allocation: Allocation;
  readonly #entries = new Map<LirBlock, State>();
  readonly #errors: string[] = [];
  #reporting = false;

  constructor(lir: LirFunction, allocation: Allocation) {
    this.#lir = lir;
    this.#allocation = allocation;
  }

  run(): string[] {
    const entry = this.#lir.blocks[0] as LirBlock;
    const start: State = new Map();
    for (let register = 0; register < FIRST_VIRTUAL; register++) start.set(register, new Set([register]));
    this.#entries.set(entry, start);
    for (let changed = true; changed; ) {
      changed = false;
      for (const block of this.#lir.blocks) {
        const state = this.#entries.get(block);
        if (state !== undefined && this.#flow(block, new Map(state))) changed = true;
      }
    }
    this.#reporting = true;
    for (const block of this.#lir.blocks) {
      const state = this.#entries.get(block);
      if (state !== undefined) this.#flow(block, new Map(state));
    }
    return this.#errors;
  }

  /** Runs a block and passes its end to its successors; true when one of them learned something. */
  #flow(block: LirBlock, state: State): boolean {
    const { before, after, atEnd } = this.#allocation;
    this.#moves(state, before.get(block.from));
    this.#moves(state, after.get(block.from));
    for (const instruction of block.instructions) this.#step(state, instruction);
    this.#moves(state, atEnd.get(block.to));
    let changed = false;
    block.successors.forEach((successor) => {
      const edge = new Map(state);
      // Moves of an edge may stand at the successor's start: phis are matched behind them.
      if (block.successors.length > 1) this.#moves(edge, before.get(successor.from));
      this.#phis(edge, successor, successor.predecessors.indexOf(block));
      if (this.#join(successor, edge)) changed = true;
    });
    return changed;
  }

  /** Whatever holds a phi's input holds the phi from here on, and nothing holds what it was before. */
  #phis(edge: State, block: LirBlock, which: number): void {
    const old = new Map(edge);
    for (const [place, held] of old) {
      const kept = new Set(held);
      for (const { register } of block.phis) kept.delete(register);
      for (const { register, inputs } of block.phis) if (held.has(tokenOf(inputs[which]))) kept.add(register);
      edge.set(place, kept);
    }
    for (const { register, inputs } of block.phis) {
      const place = this.#allocation.place(register, block.from);
      if (place >= 0 && edge.get(place)?.has(register) !== true)
        this.#error(`phi ${register} of block ${block.index} finds no ${tokenOf(inputs[which])} in ${place}`);
    }
  }

  #join(block: LirBlock, incoming: State): boolean {
    const known = this.#entries.get(block);
    if (known === undefined) {
      this.#entries.set(block, incoming);
      return true;
    }
    let changed = false;
    for (const [place, held] of known) {
      const other = incoming.get(place);
      const common = new Set([...held].filter((token) => other?.has(token)));
      if (common.size === held.size) continue;
      known.set(place, common);
      changed = true;
    }
    return changed;
  }

  #error(text: string): void {
    if (this.#reporting) this.#errors.push(`${this.#lir.name}: ${text}`);
  }

  #moves(state: State, moves: readonly Move[] | undefined): void {
    if (moves === undefined) return;
    const read = moves.map(({ from }) =>
      typeof from === 'number' ? (state.get(from) ?? new Set<Token>()) : new Set([`constant ${from.value}`]),
    );
    moves.forEach(({ to }, i) => state.set(to, read[i] as ReadonlySet<Token>));
  }

  #expect(state: State, register: number, position: number): void {
    const place = register < FIRST_VIRTUAL ? register : this.#allocation.place(register, position);
    if (state.get(place)?.has(register) !== true) this.#error(`register ${register} at ${position} is not in ${place}`);
  }

  #step(state: State, instruction: LirInstruction): void {
    const { before, after } = this.#allocation;
    const { position, operands } = instruction;
    this.#moves(state, before.get(position));
    this.#moves(state, before.get(position + 1));
    for (const move of instruction.moves) if (typeof move.from === 'number') this.#expect(state, move.from, position);
    for (const move of instruction.moves) if (move.to >= 0) state.set(move.to, new Set([move.to]));
    for (const register of instruction.reads) this.#expect(state, register, position);
    for (const operand of operands) {
      if (typeof operand !== 'object') continue;
      if (operand.kind === 'register' && operand.role !== DEFINE) this.#expect(state, operand.register, position);
      if (operand.kind === 'memory')
        for (const part of [operand.base, operand.index]) if (part >= 0) this.#expect(state, part, position);
    }
    if (instruction.kind === 'call') {
      for (const register of CALLER_SAVED_GENERAL) state.set(register, new Set());
      for (let register = 16; register < FIRST_VIRTUAL; register++) state.set(register, new Set());
    }
    for (const register of instruction.writes) state.set(register, new Set([register]));
    for (const operand of operands) {
      if (
        typeof operand !== 'object' ||
        operand.kind !== 'register' ||
        (operand.role !== DEFINE && operand.role !== MODIFY)
      )
        continue;
      const { register } = operand;
      const place = register < FIRST_VIRTUAL ? register : this.#allocation.place(register, position + 1);
      if (place >= 0) state.set(place, new Set([register]));
      // What else still claims to hold the old value of the register does not.
      if (register >= FIRST_VIRTUAL)
        for (const [other, held] of state)
          if (other !== place && held.has(register)) state.set(other, without(held, register));
    }
    this.#moves(state, after.get(position));
  }
}

function tokenOf(input: number | LirConstant | undefined): Token {
  return typeof input === 'number' ? input : `constant ${input?.value}`;
}

function without(held: ReadonlySet<Token>, token: Token): ReadonlySet<Token> {
  return new Set([...held].filter((other) => other !== token));
}
