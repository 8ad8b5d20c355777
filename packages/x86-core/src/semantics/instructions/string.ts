/** String instructions: SDM 1 7.3.9. Each round ends in a state in which the instruction can begin anew: a fault or the budget may stop it there. */
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import type { Address } from '../statement-builder.ts';
import * as v from '../integer.ts';
import { type Definition, ES, RAX, RCX, RDI, RSI } from './definition.ts';

const REPE = 0xf3;

type ElementBits = 8 | 16 | 32 | 64;

/** Carries out one element. Returns whether REPE and REPNE may end here: the values compared. */
type Element = (m: MeaningBuilder) => Comparison | undefined;

interface Comparison {
  readonly a: Value;
  readonly b: Value;
}

/** With 32-bit addresses in 64-bit mode processors clear upper halves even where nothing is done: of RCX, and of what MOVS and STOS move. */
function zeroExtend(m: MeaningBuilder, registers: readonly number[]): void {
  for (const register of registers) m.setGpr(register, 32, m.gpr(register, 32));
}

/** Without REP once; with it RCX times, as wide as addresses are, and not at all for 0. */
function repeated(registers: readonly number[], element: Element): Definition {
  return (m) => {
    if (m.shape.repeat === 0) {
      element(m);
      return;
    }
    const counterBits = m.addressSize;
    if (m.mode === 64 && counterBits === 32) zeroExtend(m, [RCX, ...registers]);
    m.if(v.different(m.gpr(RCX, counterBits), 0), () =>
      m.loop(() => {
        const left = m.let(v.sub(counterBits, m.gpr(RCX, counterBits), v.constant(1)));
        const compared = element(m);
        m.setGpr(RCX, counterBits, left);
        const more = v.different(left, 0);
        if (compared === undefined) return more;
        const equal = v.operation('i64.eq', compared.a, compared.b);
        return v.both(more, m.shape.repeat === REPE ? equal : v.isFalse(equal));
      }),
    );
  };
}

function source(m: MeaningBuilder): Value {
  return m.gpr(RSI, m.addressSize);
}

function destination(m: MeaningBuilder): Value {
  return m.gpr(RDI, m.addressSize);
}

/** Moves index registers by an element in the direction of DF. */
function advance(m: MeaningBuilder, bits: ElementBits, ...registers: readonly number[]): void {
  const step = m.let(v.operation('i64.mul', m.direction(), v.constant(bits / 8)));
  for (const register of registers) {
    m.setGpr(register, m.addressSize, m.let(v.add(m.addressSize, m.gpr(register, m.addressSize), step)));
  }
}

/** MOVS and STOS under REP: several elements in a round, where they lie on the same pages. `move` does it and returns how many. */
function repeatedInBulk(
  bits: ElementBits,
  registers: readonly number[],
  move: (m: MeaningBuilder, count: Value, bytes: Value) => Value,
): Definition {
  return (m) => {
    const width = m.addressSize;
    if (m.mode === 64 && width === 32) zeroExtend(m, [RCX, ...registers]);
    m.if(v.different(m.gpr(RCX, width), 0), () =>
      m.loop(() => {
        const count = m.gpr(RCX, width);
        const moved = m.let(move(m, count, v.constant32(bits / 8)));
        const step = m.let(v.operation('i64.mul', m.direction(), v.operation('i64.mul', moved, v.constant(bits / 8))));
        for (const register of registers) {
          m.setGpr(register, width, m.let(v.add(width, m.gpr(register, width), step)));
        }
        const left = m.let(v.sub(width, count, moved));
        m.setGpr(RCX, width, left);
        return { again: v.different(left, 0), cost: moved };
      }),
    );
  };
}

function movs(bits: ElementBits): Definition {
  const from = (m: MeaningBuilder): Address => ({ offset: source(m), segment: 'operand' });
  const to = (m: MeaningBuilder): Address => ({ offset: destination(m), segment: ES });
  const inBulk = repeatedInBulk(bits, [RSI, RDI], (m, count, bytes) => {
    const [source, destination] = [from(m), to(m)];
    const read = m.translate(source, bits / 8, 'read', true);
    const write = m.translate(destination, bits / 8, 'write');
    const places = [m.linearAddressOf(source), read.host, m.linearAddressOf(destination), write.host];
    const moved = m.callChanging('copyElements', m.core(), ...places, count, bytes, m.direction());
    m.commit(write);
    return moved;
  });
  return (m) => {
    if (m.shape.repeat !== 0) {
      inBulk(m);
      return;
    }
    m.store(to(m), bits, m.load(from(m), bits));
    advance(m, bits, RSI, RDI);
  };
}

function stos(bits: ElementBits): Definition {
  const to = (m: MeaningBuilder): Address => ({ offset: destination(m), segment: ES });
  const inBulk = repeatedInBulk(bits, [RDI], (m, count, bytes) => {
    const destination = to(m);
    const write = m.translate(destination, bits / 8, 'write');
    const [linear, value] = [m.linearAddressOf(destination), m.gpr(RAX, bits)];
    const moved = m.callChanging('fillElements', m.core(), linear, write.host, count, value, bytes, m.direction());
    m.commit(write);
    return moved;
  });
  return (m) => {
    if (m.shape.repeat !== 0) {
      inBulk(m);
      return;
    }
    m.store(to(m), bits, m.gpr(RAX, bits));
    advance(m, bits, RDI);
  };
}

function lods(bits: ElementBits): Definition {
  return repeated([], (m) => {
    const value = m.load(source(m), bits);
    m.setGpr(RAX, bits, value);
    advance(m, bits, RSI);
    return undefined;
  });
}

function cmps(bits: ElementBits): Definition {
  return repeated([], (m) => {
    // Where both fault, processors report the destination.
    const b = m.load(destination(m), bits, ES);
    const a = m.load(source(m), bits);
    return compare(m, bits, a, b, RSI, RDI);
  });
}

function scas(bits: ElementBits): Definition {
  return repeated([], (m) => {
    const b = m.load(destination(m), bits, ES);
    return compare(m, bits, m.gpr(RAX, bits), b, RDI);
  });
}

function compare(m: MeaningBuilder, bits: ElementBits, a: Value, b: Value, ...registers: number[]): Comparison {
  m.flags('sub', bits, a, b, m.let(v.sub(bits, a, b)), true);
  advance(m, bits, ...registers);
  return { a, b };
}

const sizes: readonly (readonly [string, ElementBits])[] = [
  ['b', 8],
  ['w', 16],
  ['d', 32],
  ['q', 64],
];

/** INS and OUTS ask the I/O permission map: they are TypeScript's, element by element. */
const ports = ['insb', 'insw', 'insd', 'outsb', 'outsw', 'outsd'].map((name): [string, Definition] => [
  name,
  (m) => m.assist(),
]);

export const stringDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...sizes.flatMap(([letter, bits]): [string, Definition][] => [
    [`movs${letter}`, movs(bits)],
    [`stos${letter}`, stos(bits)],
    [`lods${letter}`, lods(bits)],
    [`cmps${letter}`, cmps(bits)],
    [`scas${letter}`, scas(bits)],
  ]),
  ...ports,
]);
