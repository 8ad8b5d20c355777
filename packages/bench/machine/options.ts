/** The options of `pnpm bench:machine`. */
import { parseArgs } from 'node:util';
import type { EngineName } from './engines.ts';
import { type Bits, type Kernel, kernels } from './kernels.ts';

export interface Options {
  readonly rounds: number;
  readonly engines: readonly EngineName[];
  readonly bits: readonly Bits[];
  readonly kernels: readonly Kernel[];
  readonly boots: boolean;
  readonly json: string | undefined;
}

const USAGE = `Usage: pnpm bench:machine [options]

  --rounds N                  turns of every engine; default 3. The interpreter has one turn only, unless it is alone
  --engines NAME,...          of ours, tcg, v86, native; default all
  --tier TIER                 of our machine: interpreter, jit or both; default both
  --bits N,...                of 64, 32; default both
  --kernels NAME,...|none     default all: ${kernels.map(({ name }) => name).join(', ')}
  --boots yes|no              whether operating systems are booted too; default: when all kernels are measured
  --json FILE                 everything that was measured, also into a file
`;

/** What was given cannot be; the message says how it can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const { values } = parsed(args);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new UsageError(`--rounds is '${values.rounds}'; it must be 1 or more.`);
  const tier = choose('tier', values.tier, ['interpreter', 'jit', 'both'])[0];
  const engines = choose('engines', values.engines, ['ours', 'tcg', 'v86', 'native']);
  const bits = choose('bits', values.bits, ['64', '32']);
  const names = values.kernels === undefined ? undefined : values.kernels === 'none' ? [] : values.kernels.split(',');
  for (const name of names ?? [])
    choose(
      'kernels',
      name,
      kernels.map((kernel) => kernel.name),
    );
  const boots =
    values.boots === undefined ? names === undefined : choose('boots', values.boots, ['yes', 'no'])[0] === 'yes';
  return {
    rounds,
    engines: engines.flatMap((engine): readonly EngineName[] => {
      if (engine !== 'ours') return [engine];
      return [
        ...(tier === 'interpreter' ? [] : ['ours-jit' as const]),
        ...(tier === 'jit' ? [] : ['ours-interpreter' as const]),
      ];
    }),
    bits: bits.map((text) => (text === '64' ? 64 : 32)),
    kernels: kernels.filter(({ name }) => names?.includes(name) ?? true),
    boots,
    json: values.json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '3' },
        engines: { type: 'string', default: 'ours,tcg,v86,native' },
        tier: { type: 'string', default: 'both' },
        bits: { type: 'string', default: '64,32' },
        kernels: { type: 'string' },
        boots: { type: 'string' },
        json: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function choose<T extends string>(option: string, text: string, choices: readonly T[]): T[] {
  return text.split(',').map((word) => {
    const found = choices.find((choice) => choice === word);
    if (found !== undefined) return found;
    throw new UsageError(`--${option} has '${word}'; there is ${choices.join(', ')}.\n${USAGE}`);
  });
}
