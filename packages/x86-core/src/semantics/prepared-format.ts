/** How it is written down which prepared handler is whose. */
import type { Effect } from './effect.ts';

/** A line: number of the function; what an instruction of that shape can do, as a number; key of the shape, or name of a special handler. */
export function preparedLine(index: number, effect: Effect | undefined, key: string): string {
  return `${index} ${effect === undefined ? 0 : bitsOf(effect)} ${key}`;
}

function bitsOf({ ends, branches, mayLeave, assists, leads }: Effect): number {
  return [ends, branches, mayLeave, assists, leads].reduce((bits, each, at) => bits | (each ? 1 << at : 0), 0);
}

function effectOf(bits: number): Effect {
  const has = (at: number): boolean => (bits & (1 << at)) !== 0;
  return { ends: has(0), branches: has(1), mayLeave: has(2), assists: has(3), leads: has(4) };
}

export interface PreparedLines {
  readonly functions: number;
  /** Key to the number of its function. */
  readonly indexes: ReadonlyMap<string, number>;
  readonly effects: ReadonlyMap<string, Effect>;
}

export function readPreparedLines(text: string): PreparedLines {
  const indexes = new Map<string, number>();
  const effects = new Map<string, Effect>();
  const known: Effect[] = [];
  let functions = 0;
  for (const line of text.split('\n')) {
    const first = line.indexOf(' ');
    const second = line.indexOf(' ', first + 1);
    const index = Number(line.slice(0, first));
    const bits = Number(line.slice(first + 1, second));
    const key = line.slice(second + 1);
    indexes.set(key, index);
    effects.set(key, (known[bits] ??= effectOf(bits)));
    if (index >= functions) functions = index + 1;
  }
  return { functions, indexes, effects };
}
