/** What a meaning can do to the code around it. */
import type { Meaning, Statement } from './language.ts';

export interface Effect {
  /** Nothing that follows is ever reached. */
  readonly ends: boolean;
  readonly branches: boolean;
  /** It may end before its end, and then everything is seen. */
  readonly mayLeave: boolean;
  /** It may leave for TypeScript to carry it out. */
  readonly assists: boolean;
  /** The next instruction may be carried out by the same handler: this one neither stores, which could change the next, nor ends. */
  readonly leads: boolean;
}

export function effectOf({ statements }: Meaning): Effect {
  return {
    ends: statements.some(
      (each) =>
        each.kind === 'leave' || ((each.kind === 'jump' || each.kind === 'raise') && each.condition === undefined),
    ),
    branches: statements.some(({ kind }) => kind === 'jump'),
    mayLeave: statements.some(mayLeave),
    assists: statements.some(assists),
    leads: statements.every(leads),
  };
}

function mayLeave(statement: Statement): boolean {
  switch (statement.kind) {
    case 'translate':
    case 'raise':
    case 'checkTarget':
    case 'jump':
    case 'leave':
    case 'loop':
      return true;
    case 'if':
      return statement.body.some(mayLeave) || statement.otherwise.some(mayLeave);
    default:
      return false;
  }
}

function assists(statement: Statement): boolean {
  if (statement.kind === 'if') return statement.body.some(assists) || statement.otherwise.some(assists);
  return statement.kind === 'leave' && statement.reason === 'assist';
}

function leads(statement: Statement): boolean {
  switch (statement.kind) {
    case 'store':
    case 'endAtomic':
    case 'commit':
    case 'loop':
    case 'jump':
    case 'leave':
      return false;
    case 'raise':
      return statement.condition !== undefined;
    case 'if':
      return statement.body.every(leads) && statement.otherwise.every(leads);
    default:
      return true;
  }
}
