/** `drift bench rings`: Drift's compiled rings beside a ring in C, between two threads of this host and between two workers. */
import { BenchError, type Comparison, compare, measureInGuest, measureNative, reportText } from '@drift-os/bench';
import { readArguments, readChoice, readNumber } from './command-line.ts';
import { EXIT_OK, UsageError } from './exit-codes.ts';
import { note, print, printJson } from './output.ts';

const OPTIONS = {
  native: { type: 'boolean' },
  guest: { type: 'boolean' },
  rounds: { type: 'string' },
  accel: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
} as const;

interface Result {
  readonly place: 'native' | 'guest';
  /** How it was measured, for people. */
  readonly heading: string;
  readonly accelerator?: string;
  readonly comparisons: readonly Comparison[];
}

export async function benchCommand(args: readonly string[]): Promise<number> {
  const given = readArguments('bench', args, OPTIONS);
  if (given.positionals.length !== 1 || given.positionals[0] !== 'rings') {
    throw new UsageError("bench takes one name; there is 'rings'.", 'bench');
  }
  const rounds = readNumber('bench', 'rounds', given.value('rounds'));
  const accelerator = readChoice('bench', 'accel', given.value('accel'), ['auto', 'kvm', 'tcg']) ?? 'auto';
  const seconds = readNumber('bench', 'timeout', given.value('timeout')) ?? 300;
  const both = given.flag('native') === given.flag('guest');
  const results: Result[] = [];
  const add = async (result: Result): Promise<void> => {
    results.push(result);
    if (!given.flag('json')) await print(`${reportText(result.heading, result.comparisons)}\n`);
  };
  if (both || given.flag('native')) {
    const native = await nativeResult(rounds, both);
    if (native !== undefined) await add(native);
  }
  if (both || given.flag('guest')) await add(await guestResult(accelerator, seconds));
  if (given.flag('json')) await printJson({ results });
  return EXIT_OK;
}

/** When the guest is measured too, a host that cannot measure natively gets a note instead of an error. */
async function nativeResult(rounds: number | undefined, optional: boolean): Promise<Result | undefined> {
  try {
    const measurements = await measureNative(rounds === undefined ? {} : { rounds });
    const heading = 'Natively: two threads of a process, each on a core of its own';
    return { place: 'native', heading, comparisons: compare(measurements) };
  } catch (error) {
    if (!optional || !(error instanceof BenchError) || error.code === 'FAILED') throw error;
    note(`not measured natively: ${error.message}`);
    return undefined;
  }
}

async function guestResult(accelerator: 'auto' | 'kvm' | 'tcg', seconds: number): Promise<Result> {
  const measured = await measureInGuest({ accelerator, timeout: seconds * 1000 });
  const comparisons = compare(measured.measurements);
  if (comparisons.every(({ c }) => c === undefined))
    note('gcc is not installed: the guest has no ring in C to compare with.');
  const how = measured.accelerator === 'kvm' ? 'KVM' : 'TCG, which translates both to the same slower code';
  return {
    place: 'guest',
    heading: `In the guest: two workers (${how})`,
    accelerator: measured.accelerator,
    comparisons,
  };
}
