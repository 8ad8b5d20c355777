/** Temporaries that a meaning reads where not every way there assigns them: their locals hold what some other instruction has left. */
import type { FlagSource, Meaning, Statement, Value } from '../../src/semantics/language.ts';

export function unassignedReads({ statements }: Meaning): Set<number> {
  const reads = new Reads();
  reads.follow(statements, new Set());
  return reads.unassigned;
}

class Reads {
  readonly unassigned = new Set<number>();

  /** @returns what is assigned behind the statements; undefined where nothing comes behind them */
  follow(statements: readonly Statement[], before: ReadonlySet<number>): Set<number> | undefined {
    const assigned = new Set(before);
    for (const statement of statements) {
      switch (statement.kind) {
        case 'if': {
          this.#read(statement.condition, assigned);
          const ways = [statement.body, statement.otherwise].map((each) => this.follow(each, assigned));
          const [one, other] = ways.filter((each) => each !== undefined);
          if (one === undefined) return undefined;
          for (const each of one) if (other === undefined || other.has(each)) assigned.add(each);
          break;
        }
        case 'loop': {
          const behind = this.follow(statement.body, assigned);
          if (behind === undefined) return undefined;
          for (const each of behind) assigned.add(each);
          this.#read(statement.again, assigned);
          if (statement.cost !== undefined) this.#read(statement.cost, assigned);
          break;
        }
        case 'flags':
          this.#readSource(statement.source, assigned);
          break;
        default:
          this.#readParts(statement, assigned);
          if (statement.kind === 'translate') assigned.add(statement.host);
          if ('temporary' in statement && statement.temporary !== undefined) assigned.add(statement.temporary);
          if (endsThere(statement)) return undefined;
      }
    }
    return assigned;
  }

  #readParts(statement: Statement, assigned: ReadonlySet<number>): void {
    for (const part of Object.values(statement)) {
      for (const value of Array.isArray(part) ? part : [part]) {
        if (typeof value === 'object' && value !== null && 'kind' in value) this.#read(value as Value, assigned);
      }
    }
  }

  #readSource({ a, b, result }: FlagSource, assigned: ReadonlySet<number>): void {
    for (const value of [a, b, result]) this.#read(value, assigned);
  }

  #read(value: Value, assigned: ReadonlySet<number>): void {
    if (value.kind === 'temporary') {
      if (!assigned.has(value.number)) this.unassigned.add(value.number);
    } else if (value.kind === 'operation') for (const each of value.operands) this.#read(each, assigned);
    else if (value.kind === 'select') {
      for (const each of [value.condition, value.a, value.b]) this.#read(each, assigned);
    } else if (value.kind === 'isHosts') {
      for (const { operands, result } of value.check.parts) {
        for (const each of result === undefined ? operands : [...operands, result]) this.#read(each, assigned);
      }
    }
  }
}

function endsThere(statement: Statement): boolean {
  if (statement.kind === 'raise' || statement.kind === 'jump') return statement.condition === undefined;
  return statement.kind === 'leave';
}
