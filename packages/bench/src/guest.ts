/** The rings between two workers of Drift itself: an image with two applications, and the ring in C linked in as native code. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage } from '@drift-os/boot';
import { type Accelerator, runOnQemu } from '@drift-os/hypervisor';
import { Assembler, eax, type ObjectModule, readElfObject } from '@drift-os/toolchain';
import { BenchError } from './bench-error.ts';
import { compileGuestRing, hasCCompiler } from './c-compiler.ts';
import { type Measurement, readMeasurement } from './measurement.ts';

export interface GuestOptions {
  /** Default 'auto'. */
  readonly accelerator?: 'auto' | Accelerator;
  /** Milliseconds for all of it. Default 300,000. */
  readonly timeout?: number;
}

export interface GuestMeasurements {
  readonly measurements: readonly Measurement[];
  readonly accelerator: Accelerator;
}

/** Thread/C, and a core for each side. */
const CORES = 3;
const FUNCTIONS = [
  'prepare',
  'ping',
  'echo',
  ...['Words', 'Batches', 'Records'].flatMap((of) => [`produce${of}`, `consume${of}`]),
];

/** @throws BenchError, and what the hypervisor or the image builder throws. */
export async function measureInGuest(options: GuestOptions = {}): Promise<GuestMeasurements> {
  const applications = ['ring-right', 'ring-left'].map((name) => ({
    name,
    entry: fileURLToPath(new URL(`../assembly/${name}.ts`, import.meta.url)),
  }));
  const { disk } = await buildImage({
    applications,
    objects: [await ringInC()],
    autostart: [
      { application: 'ring-right', worker: 1 },
      { application: 'ring-left', worker: 2 },
    ],
  });
  await using machine = await runOnQemu({
    image: disk,
    cores: CORES,
    memory: '128M',
    accelerator: options.accelerator ?? 'auto',
  });
  await machine.waitFor('ring-bench: done', { timeout: options.timeout ?? 300_000 });
  if (machine.output.includes('ring-bench: WRONG')) {
    throw new BenchError('FAILED', `A ring lost or changed what went through it:\n${machine.output}`);
  }
  const measurements = machine.output.split('\n').flatMap((line) => readMeasurement(line) ?? []);
  return { measurements, accelerator: machine.accelerator };
}

/** gcc's object; without a C compiler one whose `prepare` says that there is no such ring. */
async function ringInC(): Promise<ObjectModule> {
  if (!(await hasCCompiler())) return noRing();
  const folder = await mkdtemp(join(tmpdir(), 'drift-bench-'));
  try {
    const path = join(folder, 'ring-workload.o');
    await compileGuestRing(path);
    return readElfObject('ringc', await readFile(path));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function noRing(): ObjectModule {
  const assembler = new Assembler({ name: 'ringc', mode: 64 });
  for (const name of FUNCTIONS) {
    assembler.global(`ringc.${name}`);
    assembler.label(`ringc.${name}`);
  }
  assembler.emit('xor', eax, eax);
  assembler.emit('ret');
  return assembler.finish();
}
