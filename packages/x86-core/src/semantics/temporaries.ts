/** How a meaning uses its temporaries, and how often it stores. */
import type { Meaning, Statement, Value } from './language.ts';

export interface MeaningUse {
  /** By temporary: assigned at one place alone. */
  readonly once: readonly boolean[];
  /** Those of them that nothing reads but what flags come from, and that come from such as are assigned at one place themselves. */
  readonly forFlags: readonly boolean[];
  /** Stores that are completed, wherever they stand. */
  readonly commits: number;
  readonly hasLoop: boolean;
}

const uses = new WeakMap<Meaning, MeaningUse>();

export function meaningUse(meaning: Meaning): MeaningUse {
  let use = uses.get(meaning);
  if (use === undefined) {
    use = new Counter(meaning).use();
    uses.set(meaning, use);
  }
  return use;
}

class Counter {
  readonly #assigned: number[];
  /** By other statements than `flags`. */
  readonly #isRead: boolean[];
  /** What they are computed from, where they were assigned last. */
  readonly #values: (Value | undefined)[];
  #commits = 0;
  #hasLoop = false;

  constructor({ statements, temporaries }: Meaning) {
    this.#assigned = temporaries.map(() => 0);
    this.#isRead = temporaries.map(() => false);
    this.#values = temporaries.map(() => undefined);
    this.#statements(statements);
  }

  use(): MeaningUse {
    const once = this.#assigned.map((count) => count === 1);
    const isOnce = (temporary: number): boolean => once[temporary] === true;
    const forFlags = once.map((each, temporary) => {
      const value = this.#values[temporary];
      return each && this.#isRead[temporary] !== true && (value === undefined || everyTemporary(value, isOnce));
    });
    return { once, forFlags, commits: this.#commits, hasLoop: this.#hasLoop };
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'let':
        this.#assign(statement.temporary);
        this.#values[statement.temporary] = statement.value;
        this.#read(statement.value);
        return;
      case 'set':
        this.#read(statement.value);
        return;
      case 'translate':
        this.#assign(statement.host);
        this.#read(statement.address);
        return;
      case 'load':
      case 'beginAtomic':
        this.#assign(statement.temporary);
        this.#read(statement.host);
        return;
      case 'store':
        this.#read(statement.host);
        this.#read(statement.value);
        return;
      case 'endAtomic':
        for (const each of [statement.host, statement.expected, statement.value]) this.#read(each);
        return;
      case 'commit':
        this.#commits++;
        this.#read(statement.host);
        return;
      case 'lockBus':
        this.#read(statement.host);
        return;
      case 'if':
        this.#read(statement.condition);
        this.#statements(statement.body);
        this.#statements(statement.otherwise);
        return;
      case 'loop':
        this.#hasLoop = true;
        this.#statements(statement.body);
        this.#read(statement.again);
        this.#read(statement.cost);
        return;
      case 'call':
        for (const each of statement.operands) this.#read(each);
        if (statement.temporary !== undefined) this.#assign(statement.temporary);
        return;
      case 'raise':
        this.#read(statement.condition);
        this.#read(statement.errorCode);
        return;
      case 'checkTarget':
        this.#read(statement.target);
        return;
      case 'jump':
        this.#read(statement.target);
        this.#read(statement.condition);
        return;
      case 'flags':
      case 'endLocked':
      case 'unlockBus':
      case 'fence':
      case 'leave':
    }
  }

  #assign(temporary: number): void {
    this.#assigned[temporary] = (this.#assigned[temporary] ?? 0) + 1;
  }

  #read(value: Value | undefined): void {
    if (value !== undefined) everyTemporary(value, this.#noteRead);
  }

  readonly #noteRead = (temporary: number): boolean => {
    this.#isRead[temporary] = true;
    return true;
  };
}

/** Whether something holds for all temporaries that a value is computed from. */
export function everyTemporary(value: Value, holds: (temporary: number) => boolean): boolean {
  switch (value.kind) {
    case 'temporary':
      return holds(value.number);
    case 'operation':
      return value.operands.every((each) => everyTemporary(each, holds));
    case 'select':
      return everyTemporary(value.condition, holds) && everyTemporary(value.a, holds) && everyTemporary(value.b, holds);
    case 'isHosts':
      return value.check.parts.every(
        ({ operands, result }) =>
          operands.every((each) => everyTemporary(each, holds)) &&
          (result === undefined || everyTemporary(result, holds)),
      );
    default:
      return true;
  }
}
