/** The system architecture: guest programs print the same on our CPU as on QEMU and on Bochs. Where those differ, bare-metal/guests.ts says who is right. */
import { describe, expect, test } from 'vitest';
import { runOnCpu } from './bare-metal/cpu.ts';
import { type Dispute, type Guest, guests } from './bare-metal/guests.ts';
import { bochs, type Oracle, qemu } from './bare-metal/oracle.ts';

for (const { name, available, package: debian } of [qemu, bochs]) {
  if (!available) console.log(`skipped: guests.test.ts without ${name} (apt-get install ${debian})`);
}

/** The lines that differ from what the oracles say, readable. */
function compare(
  ours: readonly string[],
  theirs: ReadonlyMap<Oracle, readonly string[]>,
  disputes: readonly Dispute[],
): string[] {
  const wrong: string[] = [];
  for (const [index, line] of ours.entries()) {
    const answers = [...theirs].map(([{ name }, lines]) => ({ name, answer: lines[index] ?? '(nothing)' }));
    const allowed = allowedLines(answers, disputes);
    if (allowed === undefined)
      wrong.push(`undecided: ${answers.map(({ name, answer }) => `${name} "${answer}"`).join(', ')}`);
    else if (allowed.length > 0 && !allowed.includes(line))
      wrong.push(`expected "${allowed.join('" or "')}", got "${line}"`);
  }
  return wrong;
}

/** @returns none where the oracle that is right is not installed, undefined where nobody says which one is */
function allowedLines(
  answers: readonly { name: string; answer: string }[],
  disputes: readonly Dispute[],
): string[] | undefined {
  const all = [...new Set(answers.map(({ answer }) => answer))];
  const dispute = disputes.find(({ lines }) => lines.test(all[0] as string));
  if (dispute === undefined) return all.length === 1 ? all : undefined;
  if (dispute.right === 'either') return answers.length > 1 ? all : [];
  const [wrong, right] = dispute.correction ?? ['', ''];
  return answers.filter(({ name }) => name === dispute.right).map(({ answer }) => answer.replace(wrong, right));
}

async function linesOf(guest: Guest): Promise<Map<Oracle, string[]>> {
  const rom = guest.rom();
  const lines = new Map<Oracle, string[]>();
  for (const oracle of guest.oracles) if (oracle.available) lines.set(oracle, (await oracle.run(rom)).split('\n'));
  return lines;
}

describe.each(guests)('$name', (guest) => {
  test.skipIf(!guest.oracles.some(({ available }) => available))('prints the same', { timeout: 120_000 }, async () => {
    const theirs = await linesOf(guest);
    const ours = runOnCpu(guest.rom()).split('\n');
    expect(compare(ours, theirs, guest.disputes).slice(0, 10)).toEqual([]);
    for (const lines of theirs.values()) expect(lines.length).toBe(ours.length);
  });
});

test('a difference is found', () => {
  const theirs = new Map([[bochs, ['mov ds: 1', 'lar: 2']]]);
  expect(compare(['mov ds: 1', 'lar: 3'], theirs, [])).toEqual(['expected "lar: 2", got "lar: 3"']);
});
