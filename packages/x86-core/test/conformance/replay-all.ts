/** Replays many rows and sums up: what passes, what fails, what is known to differ. */
import { type Mode, rows } from '../../src/index.ts';
import { CpuSubject, type Tier } from './cpu-subject.ts';
import { knownDivergence } from './divergences.ts';
import { replayRow, textOf } from './replay-row.ts';

export interface Summary {
  readonly rows: number;
  readonly passed: number;
  /** By reason. */
  readonly divergent: ReadonlyMap<string, number>;
  /** Rows that CPUID does not promise. */
  readonly notOffered: readonly string[];
  /** The first difference of each vector that fails, readable. */
  readonly failures: readonly string[];
  /** Vectors that a compiled region has executed. */
  readonly compiled: number;
}

/** @param limit of vectors for each row */
export async function replayAll(mode: Mode, limit: number, tier: Tier = 'interpreter'): Promise<Summary> {
  const subject = new CpuSubject(tier);
  const divergent = new Map<string, number>();
  const notOffered: string[] = [];
  const failures: string[] = [];
  let passed = 0;
  const all = rows().filter((row) => row.modes.includes(mode));
  for (const row of all) {
    const result = await replayRow(subject, mode, row, limit);
    passed += result.passed;
    if (result.unsupported) {
      notOffered.push(row.mnemonic);
      continue;
    }
    for (const { vector, found } of result.failures) {
      const reason = knownDivergence(row, found);
      if (reason !== undefined) divergent.set(reason, (divergent.get(reason) ?? 0) + 1);
      else
        failures.push(
          `${textOf(mode, vector.code)} [${Buffer.from(vector.code).toString('hex')}] ${found.map(({ place, expected, got }) => `${place}: expected ${expected}, got ${got}`).join('; ')}`,
        );
    }
  }
  return { rows: all.length, passed, divergent, notOffered, failures, compiled: subject.compiled };
}
