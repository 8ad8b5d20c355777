/**
 * Replays the hardware vectors of mnemonics and prints where they differ:
 *
 *   pnpm exec node --conditions=@drift-os/source packages/x86-core/test/replay.ts [--mode=64] [--show=3] [--limit=N] MNEMONIC...
 *
 * A mnemonic may be a pattern (`cmov.*`). Without one: all, and only what passes and what does not.
 */
import { parseArgs } from 'node:util';
import { type Mode, rows } from '../src/index.ts';
import { describeState } from './conformance/compare.ts';
import { CpuSubject } from './conformance/cpu-subject.ts';
import { type Failure, replayRow, textOf } from './conformance/replay-row.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mode: { type: 'string', default: '64' },
    show: { type: 'string', default: '3' },
    limit: { type: 'string', default: '1000000' },
  },
});
const mode = Number(values.mode) as Mode;
const patterns = positionals.map((each) => new RegExp(`^(${each})$`));
const chosen = rows().filter(
  (row) =>
    row.modes.includes(mode) && (patterns.length === 0 || patterns.some((pattern) => pattern.test(row.mnemonic))),
);

function print({ vector, input, found }: Failure): void {
  console.log(`  ${textOf(mode, vector.code)}  [${Buffer.from(vector.code).toString('hex')}]`);
  console.log(`    before: ${describeState(input)}`);
  for (const { place, expected, got } of found) console.log(`    ${place}: expected ${expected}, got ${got}`);
}

const subject = new CpuSubject();
const totals = new Map<string, { passed: number; failed: number; unsupported: number }>();
for (const row of chosen) {
  const result = await replayRow(subject, mode, row, Number(values.limit));
  const total = totals.get(row.mnemonic) ?? { passed: 0, failed: 0, unsupported: 0 };
  total.passed += result.passed;
  if (result.unsupported) total.unsupported++;
  else total.failed += result.failures.length;
  totals.set(row.mnemonic, total);
  if (patterns.length === 0 || result.failures.length === 0) continue;
  console.log(
    `${row.text.replace(/ +/g, ' ')}: ${result.failures.length} of ${result.failures.length + result.passed} fail`,
  );
  for (const failure of result.failures.slice(0, Number(values.show))) print(failure);
}
const list = [...totals].toSorted();
for (const [mnemonic, { passed, failed, unsupported }] of list) {
  if (patterns.length === 0 && failed === 0 && unsupported === 0) continue;
  console.log(
    `${mnemonic}: ${passed} pass, ${failed} fail${unsupported === 0 ? '' : `, ${unsupported} rows have no meaning`}`,
  );
}
const sum = (pick: (total: { passed: number; failed: number; unsupported: number }) => number): number =>
  list.reduce((all, [, total]) => all + pick(total), 0);
console.log(
  `${mode}-bit code: ${sum((each) => each.passed)} pass, ${sum((each) => each.failed)} fail, ${sum((each) => each.unsupported)} of ${chosen.length} rows have no meaning`,
);
