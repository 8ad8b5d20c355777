/** One turn of an engine at the kernels of one bit. */
import { type Command, type EngineName, imageCommand, scaleOf } from './engines.ts';
import { type BuiltGuest, selectInImage } from './guest-build.ts';
import { runGuest } from './guest-run.ts';
import type { Measurement } from './kernels.ts';
import type { Results } from './results.ts';

interface Turn {
  readonly guest: BuiltGuest;
  readonly measurement: Measurement;
  /** Added to the scale that the engine has by itself. */
  readonly extraScale: number;
  readonly results: Results;
}

/** Boots a machine anew: what it compiles on the way is a part of the time. */
export async function measure({ engine, ...turn }: Turn & { readonly engine: EngineName }): Promise<void> {
  const { guest, measurement, extraScale, results } = turn;
  const command = await commandOf(engine, guest, measurement, scaleOf(engine, measurement) + extraScale);
  if (command !== undefined) results.addRun(engine, guest.bits, await runGuest(command));
}

/** The sums that engines with less to do must come to, where the host's processor does not do as little by itself. */
export async function measureReferences({
  engines,
  ...turn
}: Turn & { readonly engines: readonly EngineName[] }): Promise<void> {
  const { guest, measurement, extraScale, results } = turn;
  const scales = new Set(engines.map((engine) => scaleOf(engine, measurement)));
  if (engines.includes('native')) scales.delete(scaleOf('native', measurement));
  for (const scale of scales) {
    const command = await commandOf('native', guest, measurement, scale + extraScale);
    if (command !== undefined) results.addReference(await runGuest(command));
  }
}

async function commandOf(
  engine: EngineName,
  { bits, image, program }: BuiltGuest,
  { bit }: Measurement,
  scale: number,
): Promise<Command | undefined> {
  const mask = 2 ** bit;
  if (engine === 'native') return program === undefined ? undefined : [program, String(mask), String(scale)];
  if (image === undefined) return undefined;
  await selectInImage(image, mask, scale);
  return imageCommand(engine, bits, image);
}
