/** A disk booted on what the tests run on: the PC of our own, or a hypervisor for a second opinion. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MemorySize, runOnBochs, runOnQemu } from '@drift-os/hypervisor';
import { createMachine, type DiskOptions } from '@drift-os/machine';
import { SECTOR_BYTES } from '../src/disk-header.ts';

/** What all of them can do. */
export interface BootMachine {
  readonly output: string;
  waitFor(pattern: string | RegExp, options?: { readonly timeout?: number }): Promise<{ readonly text: string }>;
  send(text: string): unknown;
  screenText(): string | Promise<string>;
  /** Guest-physical memory; not on Bochs. */
  readMemory(address: number, bytes: number): Promise<Uint8Array>;
  /** Resolves to true when the guest has powered off. */
  readonly poweredOff: Promise<boolean>;
  stop(): Promise<unknown>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type On = 'machine' | 'qemu' | 'bochs';

export interface BootOptions {
  readonly cores?: number;
  readonly memory?: MemorySize;
  /** Of QEMU, the chipset. */
  readonly machine?: 'pc' | 'q35';
  /** Of QEMU. */
  readonly cpu?: string;
  /** Of QEMU. */
  readonly extraArguments?: readonly string[];
  /** A sector of the disk that cannot be read, the first time or ever. */
  readonly faulty?: { readonly sector: number; readonly once: boolean };
}

/** Boots `disk`, on one core and 64 MiB unless told otherwise. The guest may reset itself. */
export function bootMachine(on: On, disk: Uint8Array, options: BootOptions = {}): Promise<BootMachine> {
  if (on === 'machine') return bootOnOwn(disk, options);
  return on === 'qemu' ? bootOnQemu(disk, options) : bootOnBochs(disk, options);
}

async function bootOnOwn(image: Uint8Array, { cores = 1, memory = '64M', faulty }: BootOptions): Promise<BootMachine> {
  const disk = faulty === undefined ? image : { disk: faultyDisk(image, faulty) };
  const machine = await createMachine({ disks: [disk], cores, memory });
  return Object.assign(machine, {
    readMemory: async (address: number, bytes: number) => {
      const target = new Uint8Array(bytes);
      if (!machine.memory.read(address, target)) throw new Error(`${address.toString(16)}h is no memory`);
      return target;
    },
    poweredOff: machine.ended.then(({ reason }) => reason === 'power-off'),
  });
}

/** Its writes are lost. */
function faultyDisk(image: Uint8Array, { sector, once }: NonNullable<BootOptions['faulty']>): DiskOptions['disk'] {
  let failed = false;
  return {
    sectors: image.length / SECTOR_BYTES,
    readOnly: true,
    read: (first, target) => {
      const hit = first <= sector && sector < first + target.length / SECTOR_BYTES;
      if (hit && !(once && failed)) {
        failed = true;
        throw new Error('this sector cannot be read');
      }
      target.set(image.subarray(first * SECTOR_BYTES, first * SECTOR_BYTES + target.length));
    },
    write: () => {},
    flush: () => {},
  };
}

async function bootOnQemu(image: Uint8Array, options: BootOptions): Promise<BootMachine> {
  const { cores = 1, memory = '64M', machine: chipset, cpu, faulty, extraArguments = [] } = options;
  // The BIOS goes on to the disk that fails, because there is nothing on the machine's own.
  const folder = faulty === undefined ? undefined : await mkdtemp(join(tmpdir(), 'drift-boot-'));
  const faultArguments = folder === undefined || faulty === undefined ? [] : await faultyDrive(folder, image, faulty);
  const machine = await runOnQemu({
    image: folder === undefined ? image : new Uint8Array(0x10_0000),
    cores,
    memory,
    accelerator: 'tcg',
    onReset: 'restart',
    extraArguments: [...faultArguments, ...extraArguments],
    ...(chipset === undefined ? {} : { machine: chipset }),
    ...(cpu === undefined ? {} : { cpu }),
  });
  if (folder !== undefined) void machine.exitStatus.then(() => rm(folder, { recursive: true }));
  return Object.assign(machine, { poweredOff: machine.exitStatus.then(({ code }) => code === 0) });
}

async function faultyDrive(
  folder: string,
  image: Uint8Array,
  { sector, once }: NonNullable<BootOptions['faulty']>,
): Promise<string[]> {
  const path = join(folder, 'disk.img');
  await writeFile(path, image);
  const fault = `inject-error.0.event=none,inject-error.0.iotype=read,inject-error.0.sector=${sector},inject-error.0.once=${once ? 'on' : 'off'}`;
  const drive = `driver=blkdebug,node-name=faulty,image.driver=file,image.filename=${path},${fault}`;
  return ['-blockdev', drive, '-device', 'ide-hd,drive=faulty,bootindex=0,rerror=report'];
}

async function bootOnBochs(image: Uint8Array, { memory = '64M', cores = 1 }: BootOptions): Promise<BootMachine> {
  if (cores !== 1) throw new Error("Debian's Bochs has one core.");
  const machine = await runOnBochs({ image, memory, onReset: 'restart' });
  return Object.assign(machine, {
    readMemory: async () => {
      throw new Error('Bochs does not tell of its memory.');
    },
    poweredOff: machine.exitStatus.then(({ code }) => code === 0),
  });
}
