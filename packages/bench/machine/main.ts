/** `pnpm bench:machine`: one guest on our machine, on QEMU's translator, on v86 and natively, in turns, with ratios and targets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Boot, preparedBoots, timeBoot } from './boots.ts';
import { availableEngines, type Command, type EngineName, imageCommand } from './engines.ts';
import { buildGuest, type BuiltGuest } from './guest-build.ts';
import { runGuest } from './guest-run.ts';
import { maskOf } from './kernels.ts';
import { type Options, readOptions, UsageError } from './options.ts';
import { bootTable, kernelTable, targetTable } from './report.ts';
import { Results } from './results.ts';
import { Skips } from './skips.ts';
import { targetsOf } from './targets.ts';

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function main(options: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'drift-bench-'));
  try {
    const skips = new Skips();
    const engines = await availableEngines(options.engines, skips);
    const mask = maskOf(options.kernels);
    const guests: BuiltGuest[] = [];
    for (const bits of mask === 0 ? [] : options.bits) {
      const guest = await buildGuest(bits, folder, mask, skips);
      if (guest !== undefined) guests.push(guest);
    }
    const boots = options.boots ? await preparedBoots(folder, skips) : [];
    const results = new Results(options.kernels);
    for (let round = 0; round < options.rounds; round++) {
      for (const engine of engines) {
        // It takes as long as all rounds of the others together.
        if (engine === 'ours-interpreter' && round > 0 && engines.length > 1) continue;
        process.stderr.write(`Round ${round + 1} of ${options.rounds}: ${engine}\n`);
        await turn(engine, { guests, mask, boots, results });
      }
    }
    await report(options, engines, boots, skips, results);
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Work {
  readonly guests: readonly BuiltGuest[];
  readonly mask: number;
  readonly boots: readonly Boot[];
  readonly results: Results;
}

async function turn(engine: EngineName, { guests, mask, boots, results }: Work): Promise<void> {
  for (const guest of guests) {
    const command = guestCommand(engine, guest, mask);
    if (command !== undefined) results.addRun(engine, guest.bits, await runGuest(command));
  }
  for (const boot of boots) {
    const command = boot.command(engine);
    if (command !== undefined) results.addBoot(engine, boot.name, await timeBoot(command, boot.until));
  }
}

function guestCommand(engine: EngineName, { bits, image, program }: BuiltGuest, mask: number): Command | undefined {
  if (engine === 'native') return program === undefined ? undefined : [program, String(mask)];
  if (engine === 'v86' && bits === 64) return undefined;
  return image === undefined ? undefined : imageCommand(engine, bits, image);
}

async function report(
  options: Options,
  engines: readonly EngineName[],
  boots: readonly Boot[],
  skips: Skips,
  results: Results,
): Promise<void> {
  const [cpu] = cpus();
  const host = `${cpu?.model ?? 'unknown'}, ${cpus().length} processors, Node ${process.version}`;
  console.log(`\n${host}, ${options.rounds} rounds; time over native in ×\n`);
  for (const bits of options.bits) {
    const with32 = engines.filter((engine) => engine !== 'v86' || bits === 32);
    if (options.kernels.length > 0) console.log(kernelTable(results, bits, with32, options.kernels));
  }
  const booting = engines.filter((engine) => boots.some((boot) => boot.command(engine) !== undefined));
  if (boots.length > 0)
    console.log(
      bootTable(
        results,
        booting,
        boots.map(({ name }) => name),
      ),
    );
  const ours = (['ours-jit', 'ours-interpreter'] as const).find((engine) => engines.includes(engine));
  const targets = ours === undefined ? [] : targetsOf(results, ours);
  if (ours !== undefined) console.log(`Judged: ${ours}\n\n${targetTable(targets)}`);
  for (const defect of results.defects) console.log(`WRONG: ${defect}`);
  for (const wrong of results.wrongSums) console.log(`WRONG SUM: ${wrong}`);
  for (const [what, why] of Object.entries(skips.all)) console.log(`Skipped: ${what}: ${why}.`);
  if (results.defects.length > 0 || results.wrongSums.length > 0) process.exitCode = 1;
  if (options.json === undefined) return;
  const { samples, boots: bootTimes, defects, wrongSums } = results;
  const all = {
    host,
    rounds: options.rounds,
    samples,
    boots: bootTimes,
    targets,
    defects,
    wrongSums,
    skipped: skips.all,
  };
  await writeFile(options.json, `${JSON.stringify(all, null, 2)}\n`);
}
