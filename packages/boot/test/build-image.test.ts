import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as layout from '@drift-os/abi/layout/image-directory';
import { IMAGE } from '@drift-os/abi/layout/memory-map';
import { compileAssemblyScript } from '@drift-os/asc';
import { findCommand } from '@drift-os/hypervisor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BuiltImage, buildImage, ImageError, type ImageOptions, SECTOR_BYTES } from '../src/index.ts';

const counter: string = fileURLToPath(new URL('guest/counter.ts', import.meta.url));
const folder: string = mkdtempSync(join(tmpdir(), 'build-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options: ImageOptions = {
  applications: [
    { name: 'counter', entry: counter, stackBytes: 16384 },
    { name: 'second', entry: counter },
  ],
  buildName: 'test build',
  autostart: [{ application: 'counter', worker: 2 }, { application: 'second' }],
  standOff: [{ spinTurns: 10, pauseTurns: 20, pauseLimit: 64, mwait: true, timedMicroseconds: 0 }],
  channelCapacity: 8192,
};

const noQemuImg: boolean = (await findCommand('qemu-img')) === undefined;
if (noQemuImg)
  console.log('skipped: qemu-img on the disk. qemu-img is not installed; on Debian: sudo apt-get install qemu-utils');

/** Memory as the loader leaves it, read out of the disk by its header. */
function loaded(disk: Uint8Array) {
  const header = new DataView(disk.buffer, disk.byteOffset + SECTOR_BYTES, SECTOR_BYTES);
  const memory = new Uint8Array(header.getUint32(36, true));
  for (let index = 0; index < header.getUint32(40, true); index++) {
    const field = (at: number) => header.getUint32(48 + index * 16 + at, true);
    const from = header.getUint32(12, true) * SECTOR_BYTES + field(0);
    memory.set(disk.subarray(from, from + field(8)), field(4));
  }
  const u32 = (at: number) => new DataView(memory.buffer).getUint32(at, true);
  const text = (at: number) => new TextDecoder().decode(memory.subarray(at + 4, at + 4 + u32(at)));
  return { u32, text, directory: header.getUint32(28, true) };
}

async function refusal(given: ImageOptions): Promise<string> {
  try {
    await buildImage(given);
  } catch (error) {
    if (error instanceof ImageError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'built';
}

describe('buildImage', () => {
  let image: BuiltImage;
  beforeAll(async () => {
    image = await buildImage(options);
  }, 60_000);

  test('gives a disk, an ELF file, a map, and the sizes of the modules', () => {
    expect(image.disk.length % 0x100000).toBe(0);
    expect([...image.elf.subarray(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    expect(image.map).toContain('kernel-c.kmain');
    expect(image.modules.map(({ name, kind }) => [name, kind])).toEqual([
      ['kernel-c', 'kernel-c'],
      ['kernel-w', 'kernel-w'],
      ['counter', 'application'],
      ['second', 'application'],
    ]);
    for (const { textBytes } of image.modules) expect(textBytes).toBeGreaterThan(0);
    // Its strings and buffers, neither whole WebAssembly pages nor asc's stack of references for a garbage collector.
    const dataBytes = image.modules[2]?.dataBytes ?? 0;
    expect(dataBytes).toBeGreaterThan(0);
    expect(dataBytes).toBeLessThan(0x1000);
  });

  test('gives the same bytes each time', async () => {
    const again = await buildImage(options);
    expect(again.disk).toEqual(image.disk);
    expect(again.elf).toEqual(image.elf);
  }, 60_000);

  test('carries its name and configuration to Thread/C', () => {
    const { u32, text, directory } = loaded(image.disk);
    expect(text(u32(directory + layout.DIRECTORY_BUILD_NAME_AT))).toBe('test build');
    expect(text(u32(directory + layout.DIRECTORY_CONFIGURATION_AT)).split('\n')).toEqual([
      'standOff=0:10,20,64,1,0',
      'autostart=counter@2',
      'autostart=second@0',
      'channelCapacity=8192',
    ]);
  });

  test('gives each application data of its own, zero in the image, and a pristine copy', () => {
    const { u32, text, directory } = loaded(image.disk);
    const modules = u32(directory + layout.DIRECTORY_MODULES_AT);
    const [first, second] = [2, 3].map((index) => {
      const at = modules + index * layout.MODULE_BYTES;
      const field = (offset: number) => u32(at + offset);
      const initial = field(layout.MODULE_DATA_INITIAL_AT);
      return {
        name: text(field(layout.MODULE_NAME_AT)),
        data: field(layout.MODULE_DATA_AT),
        end: field(layout.MODULE_DATA_AT) + field(layout.MODULE_DATA_BYTES_AT),
        inPlace: u32(field(layout.MODULE_DATA_AT)),
        hasInitial: field(layout.MODULE_DATA_INITIAL_BYTES_AT) > 0 && initial > 0,
        init: field(layout.MODULE_INIT_AT),
        stackBytes: field(layout.MODULE_STACK_BYTES_AT),
      };
    });
    expect(first).toMatchObject({ name: 'counter', data: IMAGE, inPlace: 0, hasInitial: true, stackBytes: 16384 });
    expect(second).toMatchObject({ name: 'second', inPlace: 0, hasInitial: true, stackBytes: 0 });
    expect(second?.data).toBeGreaterThanOrEqual(first?.end ?? Number.POSITIVE_INFINITY);
    expect(first?.init).not.toBe(second?.init);
  });

  test('takes prebuilt modules where they were built for, and puts the others behind them', async () => {
    const memoryBase = IMAGE + 0x20000;
    const runtime = '@drift-os/kernel-w/sdk/runtime';
    const { wasm } = await compileAssemblyScript({ entry: counter, memoryBase, runtime, features: ['threads'] });
    const prebuilt = join(folder, 'prebuilt.wasm');
    writeFileSync(prebuilt, wasm);
    const { disk } = await buildImage({
      applications: [
        { name: 'compiled', entry: counter },
        { name: 'prebuilt', entry: prebuilt },
      ],
    });
    const { u32, directory } = loaded(disk);
    const dataOf = (index: number) =>
      u32(u32(directory + layout.DIRECTORY_MODULES_AT) + index * layout.MODULE_BYTES + layout.MODULE_DATA_AT);
    expect(dataOf(3)).toBe(memoryBase);
    expect(dataOf(2)).toBeGreaterThan(memoryBase);
  }, 60_000);

  test.skipIf(noQemuImg)('qemu-img (qemu-utils) reads and converts the disk', () => {
    const raw = join(folder, 'drift.img');
    writeFileSync(raw, image.disk);
    const info = JSON.parse(
      execFileSync('qemu-img', ['info', '--output=json', '-f', 'raw', raw], { encoding: 'utf8' }),
    ) as {
      'virtual-size': number;
    };
    expect(info['virtual-size']).toBe(image.disk.length);
    const qcow2 = join(folder, 'drift.qcow2');
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, qcow2]);
    expect(execFileSync('qemu-img', ['compare', raw, qcow2], { encoding: 'utf8' })).toContain('identical');
  });
});

describe('buildImage refuses', () => {
  const at = { spinTurns: 0, pauseTurns: 0, pauseLimit: 1, mwait: false, timedMicroseconds: 0 };
  test.each<[string, ImageOptions, RegExp]>([
    ['a name with blanks', { applications: [{ name: 'a b', entry: counter }] }, /^APPLICATION_NAME "a b" is no name/],
    ["a kernel's name", { applications: [{ name: 'kernel-w', entry: counter }] }, /^APPLICATION_NAME two modules are/],
    [
      'an entry that is not there',
      { applications: [{ name: 'a', entry: '/none.ts' }] },
      /^APPLICATION_ENTRY a: cannot read/,
    ],
    [
      'an entry of another kind',
      { applications: [{ name: 'a', entry: 'a.c' }] },
      /^APPLICATION_ENTRY a: a\.c is neither/,
    ],
    ['autostart of nothing', { autostart: [{ application: 'x' }] }, /^CONFIGURATION autostart: no application x/],
    ['a worker that cannot be', { standOff: [{ ...at, worker: 1.5 }] }, /^CONFIGURATION worker 1\.5/],
    ['turns that are no number', { standOff: [{ ...at, spinTurns: Number.NaN }] }, /^CONFIGURATION stand-off NaN/],
    ['a capacity that is no power of two', { channelCapacity: 5000 }, /^CONFIGURATION channelCapacity 5000/],
  ])('%s', async (_, given, reason) => {
    expect(await refusal(given)).toMatch(reason);
  });

  test('a prebuilt module whose data lies where the kernels are', async () => {
    const runtime = '@drift-os/kernel-w/sdk/runtime';
    const { wasm } = await compileAssemblyScript({ entry: counter, runtime, features: ['threads'] });
    const entry = join(folder, 'low.wasm');
    writeFileSync(entry, wasm);
    expect(await refusal({ applications: [{ name: 'low', entry }] })).toMatch(
      /^APPLICATION_PLACE low: static data at 0x400/,
    );
  });
});
