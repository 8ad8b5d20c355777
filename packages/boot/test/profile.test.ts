/** A profile of Drift on the machine: functions by the image's own table, calls by its frame sizes. */
import { createMachine, readSymbols } from '@drift-os/machine';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, imageFunctions } from '../src/index.ts';
import { buildGuest } from './guest.ts';

describe('the functions of an image', () => {
  let image: BuiltImage;
  beforeAll(async () => {
    image = await buildGuest([]);
  }, 240_000);

  it('are in its ELF file, at the same addresses and as long', () => {
    const functions = imageFunctions(image.disk) ?? [];
    const elf = new Map(readSymbols(image.elf).map(({ address, bytes }) => [address, bytes]));
    expect(functions.length).toBeGreaterThan(100);
    const others = functions.filter(({ address, bytes }) => elf.get(address) !== bytes);
    expect(others.map(({ name }) => name)).toEqual([]);
    expect(functions.map(({ name }) => name)).toEqual(expect.arrayContaining(['_startC', 'assembly/main/kmain']));
    expect(imageFunctions(new Uint8Array(1 << 20))).toBeUndefined();
  });

  it('make calls of samples, from the entry of each kernel on', { timeout: 240_000 }, async () => {
    const functions = imageFunctions(image.disk) ?? [];
    await using machine = await createMachine({
      disks: [image.disk],
      cores: 2,
      memory: '64M',
      time: 'virtual',
      paused: true,
    });
    const profile = machine.profile({ interval: 500, functions });
    machine.run();
    await machine.waitFor('drift> ', { timeout: 240_000 });
    await machine.pause();
    const { shared, profiles } = profile.toSpeedscope('drift');
    const calls = profiles.map(({ samples }) =>
      samples.map((stack) => stack.map((frame) => shared.frames[frame]?.name ?? '').join(' > ')),
    );
    const [control = [], worker = []] = calls;
    expect(control).toContainEqual(expect.stringMatching(/^_startC > assembly\/main\/kmain > \S+ > \S+/));
    // What is not assembly, and has made its frame, is called by somebody.
    const ofWorker = worker.filter((stack) => stack.includes('assembly/'));
    const complete = ofWorker.filter((stack) => stack.startsWith('workerEntry > assembly/main/kmain'));
    expect(ofWorker.length).toBeGreaterThan(10);
    expect(complete.length / ofWorker.length).toBeGreaterThan(0.9);
  });
});
