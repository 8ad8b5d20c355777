/** Sums what vitest wrote in each package: passed, failed, skipped and why. */
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { root } from './command.ts';

export interface Totals {
  passed: number;
  failed: number;
  /** Full names of the tests that did not run, each behind its file. */
  readonly skipped: string[];
  readonly failures: string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export function emptyTotals(): Totals {
  return { passed: 0, failed: 0, skipped: [], failures: [] };
}

/** Adds one vitest JSON report. A file that could not even be loaded counts as one failure. */
export function addReport(totals: Totals, report: Report): void {
  for (const file of report.testResults) {
    const name = relative(root, file.name);
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      totals.failed++;
      totals.failures.push(`${name}: ${file.message?.split('\n')[0] ?? 'could not be loaded'}`);
    }
    for (const test of file.assertionResults) {
      if (test.status === 'passed') totals.passed++;
      else if (test.status === 'failed') {
        totals.failed++;
        totals.failures.push(`${name}: ${test.fullName}`);
      } else totals.skipped.push(`${name}: ${test.fullName}`);
    }
  }
}

/** The reports of some packages. A package without one adds nothing: it has no tests of this kind, or they did not start. */
export async function readTotals(folders: readonly string[], file: string): Promise<Totals> {
  const totals = emptyTotals();
  for (const folder of folders) {
    const text = await readFile(join(root, folder, '.vitest', file), 'utf8').catch(() => undefined);
    if (text !== undefined) addReport(totals, JSON.parse(text) as Report);
  }
  return totals;
}
