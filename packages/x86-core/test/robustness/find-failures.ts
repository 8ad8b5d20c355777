/** Runs random machines by their seeds, and tells of those in which something did not hold. */
import { Random } from './random.ts';
import { RandomMachine } from './random-machine.ts';

export interface Range {
  /** The first seed. */
  readonly first: number;
  readonly count: number;
  /** Runs of each machine, and their greatest budget in instructions. */
  readonly turns: number;
  readonly budget: number;
}

/** So many seeds share a machine, whose handlers and blocks stay: a failure is repeated from the first of them. */
const GROUP = 16;
const ENOUGH = 5;

/** @returns seed and reason of at most five */
export function findFailures({ first, count, turns, budget }: Range): string[] {
  const failures: string[] = [];
  let group = first;
  let machine: RandomMachine | undefined;
  for (let seed = first; seed < first + count && failures.length < ENOUGH; seed++) {
    if ((seed - first) % GROUP === 0) machine = undefined;
    if (machine === undefined) {
      machine = new RandomMachine(new Random(seed));
      group = seed;
    }
    try {
      machine.run(new Random(seed), turns, budget);
    } catch (error) {
      machine = undefined;
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.stack : '';
      failures.push(`seed ${seed} (in a machine since ${group}): ${String(error)}\n${cause}`);
    }
  }
  return failures;
}
