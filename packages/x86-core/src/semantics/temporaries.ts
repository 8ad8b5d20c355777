/** How a meaning uses its temporaries. */
import type { Meaning, Statement, Value } from './language.ts';

export interface TemporaryUse {
  /** Assigned at one place alone. */
  readonly once: ReadonlySet<number>;
  /** Those of them that nothing reads but what flags come from, and that come from such as are assigned at one place themselves. */
  readonly forFlags: ReadonlySet<number>;
}

const uses = new WeakMap<Meaning, TemporaryUse>();

export function temporaryUse(meaning: Meaning): TemporaryUse {
  let use = uses.get(meaning);
  if (use === undefined) {
    const counter = new Counter();
    counter.statements(meaning.statements);
    const once = new Set([...counter.assigned].filter(([, count]) => count === 1).map(([temporary]) => temporary));
    const isForFlags = (temporary: number): boolean =>
      !counter.read.has(temporary) && (counter.sources.get(temporary) ?? []).every((each) => once.has(each));
    use = { once, forFlags: new Set([...once].filter(isForFlags)) };
    uses.set(meaning, use);
  }
  return use;
}

class Counter {
  readonly assigned = new Map<number, number>();
  /** By other statements than `flags`. */
  readonly read = new Set<number>();
  /** What they are computed from. */
  readonly sources = new Map<number, readonly number[]>();

  statements(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (statement.kind === 'flags') continue;
      if (statement.kind === 'let') this.sources.set(statement.temporary, [...temporariesIn(statement.value)]);
      for (const [name, part] of Object.entries(statement)) {
        if (name === 'body' || name === 'otherwise') this.statements(part as readonly Statement[]);
        else if (name === 'operands') for (const each of part as readonly Value[]) this.#read(each);
        else if (name === 'temporary') this.#assign(part as number | undefined);
        else if (typeof part === 'object') this.#read(part as Value);
      }
      if (statement.kind === 'translate') this.#assign(statement.host);
    }
  }

  #assign(temporary: number | undefined): void {
    if (temporary !== undefined) this.assigned.set(temporary, (this.assigned.get(temporary) ?? 0) + 1);
  }

  #read(value: Value): void {
    for (const temporary of temporariesIn(value)) this.read.add(temporary);
  }
}

function* temporariesIn(value: Value): Generator<number> {
  if (value.kind === 'temporary') yield value.number;
  else if (value.kind === 'operation') for (const operand of value.operands) yield* temporariesIn(operand);
  else if (value.kind === 'isHosts') {
    for (const { operands, result } of value.check.parts) {
      for (const each of result === undefined ? operands : [...operands, result]) yield* temporariesIn(each);
    }
  } else if (value.kind === 'select')
    for (const each of [value.condition, value.a, value.b]) yield* temporariesIn(each);
}
