/** The options of `pnpm bench:machine`. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LinuxGuest } from './boots.ts';
import { type EngineName, engineNames } from './engines.ts';
import { type Bits, type Kernel, kernels } from './kernels.ts';

export interface Options {
  readonly rounds: number;
  /** Boots of operating systems. */
  readonly bootRounds: number;
  /** What every scale is larger by: see scaleOf. */
  readonly extraScale: number;
  readonly engines: readonly EngineName[];
  readonly bits: readonly Bits[];
  readonly kernels: readonly Kernel[];
  readonly boots: boolean;
  readonly linux: LinuxGuest | undefined;
  readonly json: string | undefined;
}

const kernelNames = kernels.map(({ name }) => name);

export const USAGE: string = `Usage: pnpm bench:machine [options]

Runs one guest on our machine, on other machines and natively, in turns, and prints times, ratios and targets.

  --quick                     one round, an eighth of the work: for a look, not for a judgement
  --rounds N                  of the kernels; default 3. The interpreter and Bochs have one, with less to do
  --only KERNEL,...|none      default all: ${kernelNames.join(', ')}
  --skip PEER,...             of ${engineNames.join(', ')}
  --bits N,...                of 64, 32; default both
  --boots yes|no              whether Drift is booted too; default: when all kernels are measured, or none
  --linux KERNEL INITRD [TEXT]  boots Linux too, until TEXT is on its serial line; default "# "
  --json FILE                 everything that was measured, also into a file
  --help                      this
`;

const BOOT_ROUNDS = 5;
const QUICK_SCALE = 3;

/** What was given cannot be; the message says how it can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @returns undefined: help was asked for. @throws UsageError */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parsed(args);
  if (values.help) return undefined;
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UsageError(`--rounds is '${values.rounds}'; it must be a whole number, 1 or more.`);
  }
  const skipped = values.skip === undefined ? [] : choose('skip', values.skip, engineNames);
  const bits = choose('bits', values.bits, ['64', '32']);
  const only = values.only === undefined ? kernelNames : values.only === 'none' ? [] : listed('only', values.only);
  const all = only.length === kernelNames.length || only.length === 0;
  const linux = linuxOf(values.linux, positionals);
  const boots = values.boots === undefined ? all : choose('boots', values.boots, ['yes', 'no'])[0] === 'yes';
  return {
    rounds,
    bootRounds: values.quick ? 1 : BOOT_ROUNDS,
    extraScale: values.quick ? QUICK_SCALE : 0,
    engines: engineNames.filter((name) => !skipped.includes(name)),
    bits: bits.map((text) => (text === '64' ? 64 : 32)),
    kernels: kernels.filter(({ name }) => only.includes(name)),
    boots: boots || linux !== undefined,
    linux,
    json: values.json,
  };
}

function linuxOf(kernel: string | undefined, positionals: readonly string[]): LinuxGuest | undefined {
  const [initrd, until = '# ', ...more] = positionals;
  if (kernel === undefined && initrd === undefined) return undefined;
  if (kernel === undefined) throw new UsageError(`'${initrd}' is no option.\n${USAGE}`);
  if (initrd === undefined || more.length > 0) throw new UsageError(`--linux takes KERNEL INITRD [TEXT].\n${USAGE}`);
  for (const file of [kernel, initrd])
    if (!existsSync(file)) throw new UsageError(`--linux: there is no file ${file}.`);
  return { kernel, initrd, until };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: args.filter((arg) => arg !== '--'),
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        only: { type: 'string' },
        skip: { type: 'string' },
        bits: { type: 'string', default: '64,32' },
        boots: { type: 'string' },
        linux: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

const listed = (option: string, text: string): string[] => choose(option, text, kernelNames);

function choose<T extends string>(option: string, text: string, choices: readonly T[]): T[] {
  return text.split(',').map((word) => {
    const found = choices.find((choice) => choice === word);
    if (found !== undefined) return found;
    throw new UsageError(`--${option} has '${word}'; there is ${choices.join(', ')}.\n${USAGE}`);
  });
}
