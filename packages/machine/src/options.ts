/** What a machine can be made of. */
import {
  BufferDisk,
  type Clock,
  type Device,
  type DeviceEvents,
  type Disk,
  type GuestMemory,
  type IdeDriveOptions,
  type InterruptLine,
  type MemoryWindow,
  OverlayDisk,
  type PciFunction,
  type PortWindow,
} from '@drift-os/devices';
import { MachineError } from './machine-error.ts';
import type { MemorySize } from './memory-size.ts';

export interface DiskOptions {
  /** Sectors somewhere on the host, or an image in memory, which is not changed. */
  readonly disk: Disk | Uint8Array;
  readonly kind?: 'disk' | 'cd';
  /** Writes go to the disk itself. Default: they stay in the machine. */
  readonly writeThrough?: boolean;
}

export interface LinuxOptions {
  /** A bzImage. */
  readonly kernel: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly commandLine?: string;
}

/** What a device of the user's own may use: the contract of @drift-os/devices. */
export interface Attachment {
  readonly clock: Clock;
  readonly memory: GuestMemory;
  readonly events: DeviceEvents;
  /** A line to an ISA interrupt request, 0 to 15 without 2; several devices may share one. */
  irq(request: number): InterruptLine;
  /** Puts registers at ports, 0 to 65,535. */
  ports(name: string, first: number, count: number, window: PortWindow): void;
  /** Puts registers into memory, where neither RAM nor another device is. */
  registers(name: string, first: number, length: number, window: MemoryWindow): void;
  /** Plugs a PCI function into the next free slot. */
  pci(pci: PciFunction): void;
}

/**
 * A device of the user's own: called once, when the machine is composed. What it returns, if anything, is reset, saved and restored with the
 * machine.
 */
export type AttachDevice = (machine: Attachment) => Device<unknown> | undefined;

/**
 * A device of the user's own, for a machine with a thread for each core: it is made on core 0's. The module's export of that name is called with the
 * machine and `data`.
 */
export interface DeviceModule {
  /** Absolute address of a module: `new URL('./my-device.js', import.meta.url)`. */
  readonly module: URL | string;
  /** Default `default`. */
  readonly name?: string;
  /** Anything that can be posted to a thread. */
  readonly data?: unknown;
}

/** What a DeviceModule exports. */
export type AttachDeviceWith = (machine: Attachment, data: unknown) => Device<unknown> | undefined;

export interface MachineOptions {
  /** 1 to 32. Default 1. */
  readonly cores?: number;
  /** 2M to 3G. Default 128M. */
  readonly memory?: MemorySize;
  /** Up to four, on the IDE channels in order; the first is booted from. */
  readonly disks?: readonly (DiskOptions | Uint8Array)[];
  /** Boots this kernel instead of a disk. */
  readonly linux?: LinuxOptions;
  /**
   * turns: all cores in one thread. parallel: each core on a Worker of its own, devices on core 0's; needs SharedArrayBuffer (a page must be
   * cross-origin isolated), and is `turns` where that is missing. Its time is the host's. Default `turns`.
   */
  readonly execution?: 'turns' | 'parallel';
  /**
   * Keep x86's order of loads and stores on hosts that do not: slower. Only for `parallel`. Default: on hosts that are not known to be x86.
   */
  readonly strictMemoryOrder?: boolean;
  /** Devices of your own; in parallel only those that are modules. */
  readonly devices?: readonly (AttachDevice | DeviceModule)[];
  /** A BIOS image, such as SeaBIOS. Default: Drift's own. */
  readonly bios?: Uint8Array;
  /** For a BIOS that wants one: SeaBIOS' vgabios-stdvga.bin. */
  readonly vgaBios?: Uint8Array;
  /**
   * virtual: an instruction takes 4 ns, waiting takes none, and every run is the same. host: the guest's time is the host's, and a guest that
   * waits costs nothing. Default host.
   */
  readonly time?: 'virtual' | 'host';
  /**
   * Nanoseconds of virtual time that an instruction takes, 1 to 1,000,000. Default 4. More of them let a guest that waits in a loop for a time to pass
   * wait for fewer instructions.
   */
  readonly instructionTime?: number;
  /** What the real-time clock shows at the start. Default: now, and 2020-01-01 in virtual time. */
  readonly startTime?: Date;
  /**
   * Code that runs often is compiled to WebAssembly; false: all is interpreted. Default true: in virtual time at once, so that every run is the same;
   * in turns in the host's time on a thread of its own, once there is much to compile.
   */
  readonly jit?: boolean;
  /** Told, once for each, when the guest uses a register, port, address or MSR that is not there. */
  readonly report?: (message: string) => void;
  /** Stay where the machine is until `run`. */
  readonly paused?: boolean;
  /** When the guest resets the machine: begin again (default), or end. */
  readonly onReset?: 'restart' | 'end';
}

const SECTOR_BYTES = 512;
const MAX_CORES = 32;
const MAX_DISKS = 4;
const MAX_INSTRUCTION_TIME = 1_000_000;

/** @throws MachineError BAD_OPTION */
export function checkCores(cores: number): number {
  if (!Number.isInteger(cores) || cores < 1 || cores > MAX_CORES) {
    throw new MachineError('BAD_OPTION', `cores: ${cores} is not a whole number from 1 to ${MAX_CORES}.`);
  }
  return cores;
}

/** @throws MachineError BAD_OPTION */
export function checkInstructionTime(nanoseconds: number): number {
  if (!Number.isInteger(nanoseconds) || nanoseconds < 1 || nanoseconds > MAX_INSTRUCTION_TIME) {
    const range = `a whole number of nanoseconds from 1 to ${MAX_INSTRUCTION_TIME}`;
    throw new MachineError('BAD_OPTION', `instructionTime: ${nanoseconds} is not ${range}.`);
  }
  return nanoseconds;
}

/** A drive before it is made. */
export interface Drive {
  readonly kind: 'disk' | 'cd';
  /** An image has whole sectors. */
  readonly disk: Disk | Uint8Array;
  /** Writes stay in the machine. */
  readonly overlay: boolean;
}

/** @throws MachineError BAD_OPTION or BAD_IMAGE */
export function checkDrives(disks: readonly (DiskOptions | Uint8Array)[]): Drive[] {
  if (disks.length > MAX_DISKS) {
    throw new MachineError('BAD_OPTION', `disks: ${disks.length} are given; two IDE channels hold four.`);
  }
  return disks.map((each, number) => {
    const { disk, kind = 'disk', writeThrough = false } = each instanceof Uint8Array ? { disk: each } : each;
    const whole = disk instanceof Uint8Array ? wholeSectors(disk, number) : disk;
    return { kind, disk: whole, overlay: kind === 'disk' && !writeThrough };
  });
}

export function drivesOf(all: readonly Drive[]): {
  readonly drives: IdeDriveOptions[];
  /** What keeps the writes to the disks that are not written through. */
  readonly overlays: (OverlayDisk | undefined)[];
} {
  const overlays: (OverlayDisk | undefined)[] = [];
  const drives = all.map(({ kind, disk, overlay: isOverlaid }): IdeDriveOptions => {
    const host = disk instanceof Uint8Array ? new BufferDisk(disk) : disk;
    const overlay = isOverlaid ? new OverlayDisk(host) : undefined;
    overlays.push(overlay);
    return { kind, disk: overlay ?? host };
  });
  return { drives, overlays };
}

function wholeSectors(image: Uint8Array, number: number): Uint8Array {
  if (image.length === 0 || image.length % SECTOR_BYTES !== 0) {
    throw new MachineError(
      'BAD_IMAGE',
      `Disk ${number} has ${image.length} bytes, which is no whole number of sectors of 512. Give a raw disk image.`,
    );
  }
  return image;
}
