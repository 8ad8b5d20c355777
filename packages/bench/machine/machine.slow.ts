/** Kernels that are quick on an interpreter, on our machine from its packages: they come to the sums that the host's processor comes to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand } from '@drift-os/hypervisor';
import { afterAll, describe, expect, it } from 'vitest';
import { availableEngines, imageCommand } from './engines.ts';
import { buildGuest } from './guest-build.ts';
import { runGuest } from './guest-run.ts';
import { type Bits, kernels, maskOf } from './kernels.ts';
import { Skips } from './skips.ts';

const folder = await mkdtemp(join(tmpdir(), 'drift-bench-'));
afterAll(() => rm(folder, { recursive: true }));
const mask = maskOf(kernels.filter(({ name }) => ['tlb_fill', 'trap', 'memset_rep', 'qsort'].includes(name)));
const skips = new Skips();
const engines = await availableEngines(['ours-jit', 'ours-interpreter', 'tcg', 'v86'], skips);
const tools = (await findCommand('gcc')) !== undefined && (await findCommand('nasm')) !== undefined;

describe.skipIf(!tools)('the benchmark guest', () => {
  it.for([64, 32] as const)('comes to the same sums on every engine, %i bits', async (bits: Bits) => {
    const guest = await buildGuest(bits, folder, mask, skips);
    if (guest?.image === undefined || guest.program === undefined) return;
    const native = await runGuest([guest.program, String(mask)]);
    expect(native.times.map(({ kernel }) => kernel)).toContain('memcpy_alias');
    for (const engine of engines) {
      if (bits === 64 && engine === 'v86') continue;
      const run = await runGuest(imageCommand(engine, bits, guest.image));
      expect(run.defect, engine).toBeUndefined();
      const sums = ({ times }: typeof run) => times.map(({ kernel, sum }) => [kernel, sum]);
      expect(sums(run), engine).toEqual(sums(native));
      for (const { seconds } of run.times) expect(seconds).toBeGreaterThan(0);
    }
  });
});
