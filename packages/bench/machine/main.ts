/** `pnpm bench:machine`: one guest on our machine, on QEMU's translator, v86, Bochs and natively, in turns, with ratios and targets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Boot, preparedBoots, timeBoot } from './boots.ts';
import { availableEngines, type EngineName, isMeasuredOnce, measures } from './engines.ts';
import { buildGuest, type BuiltGuest } from './guest-build.ts';
import { type Measurement, measurementsOf } from './kernels.ts';
import { measure, measureReferences } from './measure.ts';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { bootTable, kernelTable, targetTable } from './report.ts';
import { Results } from './results.ts';
import { Skips } from './skips.ts';
import { targetsOf } from './targets.ts';

/** Ctrl-C: what has been measured is reported. A second one ends the program. */
let stopped = false;

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else await main(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function main(options: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'drift-bench-'));
  try {
    const begun = performance.now();
    process.once('SIGINT', () => {
      stopped = true;
    });
    const skips = new Skips();
    const engines = await availableEngines(options.engines, skips);
    const results = new Results(options.kernels);
    await measureKernels(options, engines, await builtGuests(options, folder, skips), results);
    const boots = options.boots && !stopped ? await preparedBoots(folder, options.linux) : [];
    await measureBoots(options, engines, boots, results);
    await report(options, engines, boots, skips, results, (performance.now() - begun) / 1000);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function builtGuests(options: Options, folder: string, skips: Skips): Promise<BuiltGuest[]> {
  const guests: BuiltGuest[] = [];
  for (const bits of options.kernels.length === 0 ? [] : options.bits) {
    const guest = await buildGuest(bits, folder, skips);
    if (guest !== undefined) guests.push(guest);
  }
  return guests;
}

/** All engines take turns at each kernel, so that whatever disturbs the host for a while disturbs all. */
async function measureKernels(
  { rounds, bits, kernels, extraScale }: Options,
  engines: readonly EngineName[],
  guests: readonly BuiltGuest[],
  results: Results,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const measurement of measurementsOf(kernels, bits)) {
      const guest = guests.find((each) => each.bits === measurement.bits);
      if (guest === undefined || stopped) continue;
      note(`Round ${round + 1} of ${rounds}, ${measurement.bits} bits: ${namesOf(measurement)}`);
      const able = engines.filter((engine) => measures(engine, measurement));
      for (const engine of able) {
        if (round > 0 && isMeasuredOnce(engine) && engines.length > 1) continue;
        await measure({ engine, guest, measurement, extraScale, results });
      }
      if (round === 0) await measureReferences({ engines: able, guest, measurement, extraScale, results });
    }
  }
}

function namesOf({ kernels }: Measurement): string {
  return kernels.map(({ name }) => name).join(', ');
}

async function measureBoots(
  { bootRounds }: Options,
  engines: readonly EngineName[],
  boots: readonly Boot[],
  results: Results,
): Promise<void> {
  for (let round = 0; round < (boots.length === 0 ? 0 : bootRounds); round++) {
    if (stopped) return;
    note(`Boot ${round + 1} of ${bootRounds}`);
    for (const boot of boots) {
      for (const engine of engines) {
        const command = boot.command(engine);
        if (command !== undefined) results.addBoot(engine, boot.name, await timeBoot(command, boot.until));
      }
    }
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function report(
  options: Options,
  engines: readonly EngineName[],
  boots: readonly Boot[],
  skips: Skips,
  results: Results,
  seconds: number,
): Promise<void> {
  const [cpu] = cpus();
  const host = `${cpu?.model ?? 'unknown'}, ${cpus().length} processors, Node ${process.version}`;
  console.log(
    `\n${host}, ${options.rounds} rounds${stopped ? ', ended early,' : ''} in ${seconds.toFixed(0)} s; × is time over native, per repetition`,
  );
  if (options.extraScale > 0) console.log('Quick: kernels are so short that compiling and noise are a part of them.');
  console.log('');
  for (const bits of options.bits) {
    const measured = measurementsOf(options.kernels, [bits]);
    const able = engines.filter((engine) => measured.some((measurement) => measures(engine, measurement)));
    if (measured.length > 0) console.log(kernelTable(results, bits, able, options.kernels));
  }
  const booting = engines.filter((engine) => boots.some((boot) => boot.command(engine) !== undefined));
  const names = boots.map(({ name }) => name);
  if (boots.length > 0) console.log(bootTable(results, booting, names));
  const ours = (['ours-jit', 'ours-interpreter'] as const).find((engine) => engines.includes(engine));
  const targets = ours === undefined ? [] : targetsOf(results, ours);
  if (ours !== undefined) console.log(`Judged: ${ours}\n\n${targetTable(targets)}`);
  for (const defect of results.defects) console.log(`WRONG: ${defect}`);
  for (const wrong of results.wrongSums) console.log(`WRONG SUM: ${wrong}`);
  for (const [what, why] of Object.entries(skips.all)) console.log(`Skipped: ${what}: ${why}.`);
  if (results.defects.length > 0 || results.wrongSums.length > 0) process.exitCode = 1;
  if (options.json === undefined) return;
  const { samples, boots: bootTimes, defects, wrongSums } = results;
  const { rounds } = options;
  const all = { host, rounds, seconds, samples, boots: bootTimes, targets, defects, wrongSums, skipped: skips.all };
  await writeFile(options.json, `${JSON.stringify(all, null, 2)}\n`);
}
