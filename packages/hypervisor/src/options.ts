/** What a caller may ask of a machine, and the checks that do not need a hypervisor. */
import { open } from 'node:fs/promises';
import { HypervisorError } from './errors.ts';

/** A number of MiB or GiB: '64M', '5G'. */
export type MemorySize = `${number}${'M' | 'G'}`;

export interface RunOptions {
  /** Raw disk image: a path, or its bytes. It is never modified; what the guest writes is dropped at the end. */
  readonly image: string | Uint8Array;
  /** Guest memory. Default '512M'. */
  readonly memory?: MemorySize;
  /** Path or name of the hypervisor's program, where it is not the usual one. */
  readonly program?: string;
  /** What happens when the guest resets itself (a triple fault does, too). Default 'end': the machine ends. */
  readonly onReset?: 'end' | 'restart';
}

export type Accelerator = 'kvm' | 'tcg';

export interface QemuOptions extends RunOptions {
  /** Logical processors, 1 to 255. Default 2. */
  readonly cores?: number;
  /** Chipset: 'pc' is i440FX with IDE, 'q35' is ICH9 with AHCI. Default 'pc'. */
  readonly machine?: 'pc' | 'q35';
  /** 'auto' takes KVM where `probeKvm` finds it usable. Default 'auto'. */
  readonly accelerator?: 'auto' | Accelerator;
  /** As QEMU's `-cpu` takes it. Default 'max'. */
  readonly cpu?: string;
  /**
   * 'pipe': the serial line is text for this program. 'terminal': it is joined to this process's terminal, with QEMU's Ctrl-A keys.
   * Default 'pipe'.
   */
  readonly serial?: 'pipe' | 'terminal';
  /** Listen for gdb on this TCP port of the loopback interface; the guest waits for gdb when `waitForGdb` is set. */
  readonly gdbPort?: number;
  readonly waitForGdb?: boolean;
  /** Further QEMU arguments, for what no option above covers. */
  readonly extraArguments?: readonly string[];
}

export interface BochsOptions extends RunOptions {
  /** A model of `bochs --help cpu`. Default 'corei7_haswell_4770', which has AVX2. */
  readonly cpu?: string;
  /** Instructions to a simulated second. Default 50 million. */
  readonly instructionsPerSecond?: number;
}

/** Memory in MiB. @throws HypervisorError OPTION_INVALID. */
export function memoryMebibytes(size: string): number {
  const match = /^([1-9][0-9]{0,6})([MG])$/.exec(size);
  if (match === null) throw invalid('memory', size, "a number of MiB or GiB such as '512M' or '5G'");
  return Number(match[1]) * (match[2] === 'G' ? 1024 : 1);
}

/** @throws HypervisorError OPTION_INVALID unless `value` is an integer from `least` to `most`. */
export function checkInteger(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(name, String(value), `a whole number from ${least} to ${most}`);
}

/** @throws HypervisorError OPTION_INVALID unless `value` is one of `allowed`. */
export function checkChoice<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw invalid(name, value, `one of ${allowed.join(', ')}`);
}

const SECTOR_BYTES = 512;

/** Its first sector. @throws HypervisorError OPTION_INVALID unless there are at least 512 bytes. */
export async function checkImage(image: string | Uint8Array): Promise<Uint8Array> {
  const sector = typeof image === 'string' ? await firstSector(image) : image.subarray(0, SECTOR_BYTES);
  if (sector.length === SECTOR_BYTES) return sector;
  throw invalid('image', nameOf(image), 'at least one sector of 512 bytes');
}

/**
 * For a disk that is to be booted; a machine may have others beside it.
 *
 * @throws HypervisorError OPTION_INVALID unless its first sector ends in 55h AAh, without which no BIOS boots from it.
 */
export async function checkBootable(image: string | Uint8Array): Promise<void> {
  const sector = await checkImage(image);
  if (sector[510] === 0x55 && sector[511] === 0xaa) return;
  const wanted = 'a raw disk image with a boot sector (its bytes 510 and 511 are not 55h AAh)';
  throw invalid('image', nameOf(image), wanted);
}

function nameOf(image: string | Uint8Array): string {
  return typeof image === 'string' ? image : `${image.length} bytes`;
}

async function firstSector(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(new Uint8Array(SECTOR_BYTES), 0, SECTOR_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw invalid('image', path, 'the path of a disk image', { cause });
  }
}

function invalid(name: string, value: string, wanted: string, options?: ErrorOptions): HypervisorError {
  const message = `Option ${name} is ${JSON.stringify(value)}; it must be ${wanted}.`;
  return new HypervisorError('OPTION_INVALID', message, options);
}
