/** Kernels that are quick on an interpreter, on our machine from its packages: they come to the sums that the host's processor comes to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand } from '@drift-os/hypervisor';
import { afterAll, describe, expect, it } from 'vitest';
import { availableEngines, engineNames, imageCommand, measures } from './engines.ts';
import { buildGuest, selectInImage } from './guest-build.ts';
import { runGuest } from './guest-run.ts';
import { type Bits, kernels, measurementsOf } from './kernels.ts';
import { Skips } from './skips.ts';

const folder = await mkdtemp(join(tmpdir(), 'drift-bench-'));
afterAll(() => rm(folder, { recursive: true }));
const skips = new Skips();
const engines = await availableEngines(engineNames, skips);
const tools = (await findCommand('gcc')) !== undefined && (await findCommand('nasm')) !== undefined;
const some = kernels.filter(({ name }) => ['tlb_fill', 'trap', 'memset_rep', 'qsort', 'smp_stream'].includes(name));
/** memcpy_alias goes from 20 rounds to 2, qsort from 3 to 1: no count becomes 0. */
const SCALE = 3;

describe.skipIf(!tools)('the benchmark guest', () => {
  it.for([64, 32] as const)('comes to the same sums on every engine, %i bits', async (bits: Bits) => {
    const guest = await buildGuest(bits, folder, skips);
    const { image, program } = guest ?? {};
    if (image === undefined || program === undefined) return;
    for (const measurement of measurementsOf(some, [bits])) {
      const mask = 2 ** measurement.bit;
      await selectInImage(image, mask, SCALE);
      const native = await runGuest([program, String(mask), String(SCALE)]);
      const sums = ({ times }: typeof native) =>
        times.map(({ kernel, repetitions, sum }) => [kernel, repetitions, sum]);
      expect(native.times.map(({ kernel }) => kernel)).toEqual(
        expect.arrayContaining(measurement.kernels.map(({ name }) => name)),
      );
      for (const engine of engines) {
        if (engine === 'native' || !measures(engine, measurement)) continue;
        // It takes a minute for the others.
        if (engine === 'bochs' && !measurement.kernels.some(({ name }) => name === 'trap')) continue;
        const run = await runGuest(imageCommand(engine, bits, image));
        expect(run.defect, engine).toBeUndefined();
        expect(sums(run), engine).toEqual(sums(native));
      }
    }
  });

  it('does less where its counts are scaled, and nothing twice', async () => {
    const guest = await buildGuest(64, folder, skips);
    if (guest?.program === undefined) return;
    const [whole, part] = await Promise.all([
      runGuest([guest.program, '4100', '0']),
      runGuest([guest.program, '4100', '3']),
    ]);
    const counts = ({ times }: typeof whole) =>
      Object.fromEntries(times.map((each) => [each.kernel, each.repetitions]));
    expect(counts(whole)).toMatchObject({ memset_rep: 200, memcpy_alias: 20, read_u32: 100, trap: 100_000 });
    expect(counts(part)).toMatchObject({ memset_rep: 25, memcpy_alias: 2, read_u32: 12, trap: 12_500 });
  });
});
